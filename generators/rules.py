"""The well-formedness rules of a Case.

Claim: a case that `problems()` finds nothing wrong with can be made real by plain Python, and every target
either emits code for it or refuses it by name; a case with a problem is named by field, never by traceback.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Callable, Hashable, Iterator
from typing import TypeGuard

from generators import limits
from generators.call_rules import call_problems
from generators.case import (
    OPERATIONS,
    REBINDING,
    SOURCE_LINKS,
    TAKING,
    Attribute,
    Case,
    ClosureCell,
    Default,
    DictItem,
    DictKey,
    Effect,
    Element,
    GlobalName,
    Item,
    ModeOnStack,
    NamedSource,
    Options,
    Problem,
    RandomValue,
    Superclass,
    TupleIteratorItem,
    sources_in,
)
from generators.contents import ImpossibleEffectError, after
from generators.existing_rules import existing_problems, source_problems
from generators.forms import is_sparse
from generators.graph import depths, unfolded
from generators.keys import equals_itself, hashable, node_identity
from generators.kinds import can_be_called, kind_problems, module_in_a_dict
from generators.links import LINKS, children, earlier
from generators.makers import is_made_aside
from generators.nodes import (
    FUNCTION_NAMES,
    GRAPH_OUTPUTS,
    LOGGED,
    DefaultDictNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    InstanceNode,
    MadeNode,
    Node,
    OrderedDictNode,
    SetNode,
    base_of,
    is_stored_later,
)
from generators.stacks import ImpossibleStepError, Model
from generators.steps import FRAME_NAMES
from generators.taking import take


class CaseError(ValueError):
    """A case that cannot be used: ill-formed, of an unknown schema, or not JSON at all.

    `where` is the path of the offending field (empty for the whole file), `what` says what is wrong there
    and what was expected. Usual causes: a file edited by hand; a file of a newer stackproof.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.where = where
        self.what = what


def check(case: Case) -> Case:
    """The case itself; raises CaseError for the first problem found."""
    for where, what in problems(case):
        raise CaseError(where, what)
    return case


def problems(case: Case) -> Iterator[Problem]:
    """Every problem of the case, in the order of the rules. A later rule may take earlier ones as kept,
    so only the first problem of a broken case is sure to be a cause and not a consequence."""
    for rule in RULES:
        found = False
        for problem in rule(case):
            found = True
            yield problem
        if found:
            return


def _sizes(case: Case) -> Iterator[Problem]:
    for where, count, limit in (
        ("nodes", len(case.nodes), limits.FILE_SCRIPT_NODES if case.kind == "script" else limits.FILE_NODES),
        ("sources", len(case.sources), limits.FILE_SOURCES),
        ("roots", len(case.roots), _NONE if case.kind == "script" else limits.FILE_ROOTS),
        ("effects", len(case.effects), _NONE if case.kind == "script" else limits.FILE_EFFECTS),
        ("steps", len(case.steps), limits.FILE_STEPS if case.kind == "script" else _NONE),
    ):
        if count not in limit:
            yield where, f"{count} entries; expected {limit.low} to {limit.high} ({limit.reason})"


_NONE = limits.Limit(0, 0, "a case of this kind has none")


def _indices(case: Case) -> Iterator[Problem]:
    for at, node in enumerate(case.nodes):
        for child in earlier(node):
            if not 0 <= child < at:
                told = f"names node {child}; here {node.kind} names only earlier nodes (0 to {at - 1})"
                yield f"nodes[{at}]", told
        for child in children(node):
            if not 0 <= child < len(case.nodes):
                yield f"nodes[{at}]", f"there is no node {child}"
        if node.source is not None and not 0 <= node.source < len(case.sources):
            yield f"nodes[{at}].source", f"there is no source {node.source}"
        if isinstance(node, GRAPH_OUTPUTS) and node.output not in limits.FILE_OUTPUTS:
            yield f"nodes[{at}].output", f"{node.output} is not in 0 to {limits.FILE_OUTPUTS.high}"
    for at, source in enumerate(case.sources):
        for field in (field for field, what in SOURCE_LINKS[type(source)] if what == "source"):
            if not 0 <= getattr(source, field) < at:
                told = f"{getattr(source, field)} is not an earlier source (0 to {at - 1})"
                yield f"sources[{at}].{field}", told
        if isinstance(source, DictItem) and not 0 <= source.key < len(case.nodes):
            yield f"sources[{at}].key", f"there is no node {source.key}"
        if isinstance(source, NUMBERED) and source.index not in limits.FILE_ITEM_INDEX:
            yield f"sources[{at}].index", f"{source.index} is not in 0 to {limits.FILE_ITEM_INDEX.high}"
    for at, pair in enumerate(case.options.overrides):
        for index in pair:
            if not 0 <= index < len(case.sources):
                yield f"options.overrides[{at}]", f"there is no source {index}"
    places = [(f"roots[{at}]", index) for at, index in enumerate(case.roots)]
    places += [(f"{field}.{name}", index) for _, field, name, index in case.bindings()]
    places += [(f"options.temporaries[{at}]", index) for at, index in enumerate(case.options.temporaries)]
    places += [(f"options.lazy[{at}]", index) for at, index in enumerate(case.options.lazy)]
    places += [(f"options.logged[{at}]", index) for at, index in enumerate(case.options.logged)]
    for at, effect in enumerate(case.effects):
        named = (("on", effect.on), ("key", effect.key), ("value", effect.value))
        places += [(f"effects[{at}].{field}", index) for field, index in named if index is not None]
        if effect.index is not None and effect.index < 0:
            yield f"effects[{at}].index", f"{effect.index} is no position from 0 up"
    for where, index in places:
        if not 0 <= index < len(case.nodes):
            yield where, f"there is no node {index}"


def _names(case: Case) -> Iterator[Problem]:
    reserved: dict[str, tuple[str, ...]] = {}
    places = [(f"{field}.{name}", name) for _, field, name, _ in case.bindings()]
    reserved.update(
        (f"{field}.{name}", limits.RESERVED_LOCALS)
        for _, field, name, _ in case.bindings()
        if field != "globals"
    )
    for at, source in enumerate(case.sources):
        if isinstance(source, (*NamedSource, Attribute)):
            places.append((f"sources[{at}].name", source.name))
        if isinstance(source, NamedSource) and not isinstance(source, GlobalName):
            reserved[f"sources[{at}].name"] = limits.RESERVED_LOCALS
        elif isinstance(source, Default) and isinstance(source.place, str):
            places.append((f"sources[{at}].place", source.place))
    for at, node in enumerate(case.nodes):
        for field, shape in LINKS[type(node)]:
            if shape == "named":
                places += [(f"nodes[{at}].{field}.{name}", name) for name, _ in getattr(node, field)]
        if isinstance(node, FunctionNode):
            told = {f"nodes[{at}].attributes.{name}": () for name in FUNCTION_NAMES}
            reserved.update(told)
    for at, effect in enumerate(case.effects):
        if effect.name is not None:
            places.append((f"effects[{at}].name", effect.name))
        if effect.operation == "rebind_cell":
            # the name of a local, as that of the cell itself
            reserved[f"effects[{at}].name"] = limits.RESERVED_LOCALS
    for where, name in places:
        # Python folds identifiers of one meaning into one, which a file must not have twice
        plain = unicodedata.normalize("NFKC", name) == name
        if not (name.isidentifier() and plain) or keyword.iskeyword(name):
            yield where, f"{name!r} is not a plain identifier"
        elif len(name) not in limits.FILE_NAME:
            yield where, f"a name has at most {limits.FILE_NAME.high} characters"
        elif name.startswith(reserved.get(where, limits.RESERVED_PREFIXES)):
            yield where, f"{name!r} is reserved: {limits.RESERVED_REASON}"
    for where, names in (
        ("globals", [name for name, _ in case.globals]),
        ("locals", [name for _, field, name, _ in case.bindings() if field != "globals"]),
        *(
            (f"nodes[{at}].{field}", [name for name, _ in getattr(node, field)])
            for at, node in enumerate(case.nodes)
            for field, shape in LINKS[type(node)]
            if shape == "named"
        ),
    ):
        if len(set(names)) != len(names):
            yield where, "a name is there twice"


def _depth(case: Case) -> Iterator[Problem]:
    for at, depth in enumerate(depths(case.nodes)):
        if depth not in limits.FILE_DEPTH:
            limit = limits.FILE_DEPTH
            yield f"nodes[{at}]", f"is {depth} levels deep; at most {limit.high} are allowed ({limit.reason})"


def _unfolded(case: Case) -> Iterator[Problem]:
    limit = limits.FILE_UNFOLDED
    for at, size in enumerate(unfolded(case.nodes)):
        if size not in limit:
            yield (
                f"nodes[{at}]",
                f"unfolds to {size} nodes where sharing is not counted; "
                f"at most {limit.high} are allowed ({limit.reason})",
            )
            return


def _keys(case: Case) -> Iterator[Problem]:
    can_be_key = hashable(case.nodes)
    for at, node in enumerate(case.nodes):
        if isinstance(node, DictNode | OrderedDictNode | DefaultDictNode):
            keys = [key for key, _ in node.items]
        elif isinstance(node, InstanceNode) and node.pairs:
            keys = [key for key, _ in node.pairs]
        elif isinstance(node, SetNode | FrozensetNode) or _is_set(node):
            keys = list(node.items)
        else:
            continue
        seen: dict[Hashable, int] = {}
        for position, key in enumerate(keys):
            where = f"nodes[{at}].items[{position}]"
            if not can_be_key[key]:
                yield where, f"node {key} is not hashable"
            elif (first := seen.setdefault(node_identity(case.nodes, key), position)) != position:
                yield where, f"equals item {first}, and {node.kind} holds one of them"


def _is_set(node: Node) -> TypeGuard[InstanceNode]:
    return isinstance(node, InstanceNode) and base_of(node) == "set"


def _looked_up(effect: Effect) -> list[int]:
    """The nodes of the keys and elements that an effect names."""
    value = effect.value if effect.operation in HASHED else None
    return [index for index in (effect.key, value) if index is not None]


NUMBERED = (
    *(Item, DictKey, ClosureCell, TupleIteratorItem),
    *(Element, RandomValue, Superclass, ModeOnStack),
)
"""Sources with a position."""

HASHED = frozenset({"add", "discard"})
"""Effects whose value is an element."""


def _effects(case: Case) -> Iterator[Problem]:
    can_be_key = hashable(case.nodes)
    apart = any(is_stored_later(node) or is_made_aside(node) for node in case.nodes)
    if not case.options.value_from_source and (case.effects or apart):
        # what is stored is stored after the scope in which it is off, so that a value both returned and
        # stored would have two meanings
        yield (
            "options.value_from_source",
            "has to be true where there is an effect, cell, or new ordered or default dict",
        )
    if not case.options.value_from_source and any(
        isinstance(node, MadeNode) and node.name == "attributes" for node in case.nodes
    ):
        # what holds the attributes of an object is found through the object, which only can be loaded
        yield "options.value_from_source", "has to be true where the `__dict__` of an object is named"
    if not case.options.replay and any(effect.operation in TAKING for effect in case.effects):
        # what is taken from a value that was changed would not be what that holds in the end
        yield "options.replay", "has to be true where an effect takes what another value holds"
    for at, effect in enumerate(case.effects):
        if effect.operation in REBINDING and effect.on not in _bound(case, effect):
            fields = " or ".join(REBINDING[effect.operation])
            yield (
                f"effects[{at}].name",
                f"node {effect.on} is not what {effect.name!r} is bound to in {fields}",
            )
        elif effect.key is not None and not can_be_key[effect.key]:
            yield f"effects[{at}].key", f"node {effect.key} is not hashable"
        elif effect.operation not in OPERATIONS:
            yield f"effects[{at}].operation", f"is none of {', '.join(OPERATIONS)}"
        elif effect.operation in HASHED and effect.value is not None and not can_be_key[effect.value]:
            yield f"effects[{at}].value", f"node {effect.value} is not hashable"
        elif not all(equals_itself(case.nodes, index) for index in _looked_up(effect)):
            # which of several equal ones is meant would be a matter of identity, and constants have none
            yield f"effects[{at}]", "looks for a NaN, which equals nothing"
        else:
            takes = OPERATIONS[effect.operation][1]
            for field in ("index", "key", "name", "value"):
                if (getattr(effect, field) is not None) != (field in takes):
                    told = f"{effect.operation} takes {', '.join(takes) or 'nothing more'}"
                    yield f"effects[{at}].{field}", told


def _bound(case: Case, effect: Effect) -> list[int]:
    """The node that the variable of an effect that binds one anew is bound to beforehand."""
    fields = REBINDING[effect.operation]
    return [index for _, field, name, index in case.bindings() if field in fields and name == effect.name]


def _possible(case: Case) -> Iterator[Problem]:
    try:
        after(case)
    except ImpossibleEffectError as error:
        yield f"effects[{error.at}]", error.what


def _options(case: Case) -> Iterator[Problem]:
    if case.options.passes not in (1, 2):
        yield "options.passes", f"{case.options.passes} is neither 1 nor 2"
    if len(set(case.options.temporaries)) != len(case.options.temporaries):
        yield "options.temporaries", "a node is there twice"
    if len(set(case.options.lazy)) != len(case.options.lazy):
        yield "options.lazy", "a node is there twice"
    for at, index in enumerate(case.options.lazy):
        if case.nodes[index].source is None:
            yield f"options.lazy[{at}]", f"node {index} has no source: the frame made it, and so its tracker"
    if case.options.lazy and not case.options.value_from_source:
        # a compiler that rebuilds what it could load looks at all of it first
        yield "options.value_from_source", "has to be true where a tracker is lazy"
    for at, index in enumerate(case.options.logged):
        if not isinstance(case.nodes[index], LOGGED):
            # the compiler puts off no call with anything else
            yield f"options.logged[{at}]", f"node {index} is a {case.nodes[index].kind}, which is not logged"
    if case.options.logged and (case.options.export or not case.options.value_from_source):
        # only exported graphs are rebuilt from contents
        yield "options.logged", "an exported graph logs nothing"
    if case.options.export and module_in_a_dict(case.nodes) and not any(map(is_sparse, case.nodes)):
        yield "options.export", "the __dict__ of an object that holds a module is not exported"
    if case.options.resumed and case.options.export:
        yield "options.resumed", "an exported graph is whole"
    if case.options.called and (case.kind != "tree" or not can_be_called(case.nodes, case.roots[-1])):
        told = "only the last root of a tree is called, and only a function none of whose cells is empty"
        yield "options.called", told
    replaced = [source for source, _ in case.options.overrides]
    if len(set(replaced)) != len(replaced):
        yield "options.overrides", "a source is overridden twice"
    leads_to = case.source_targets()
    for at, (source, other) in enumerate(case.options.overrides):
        if case.same_object(leads_to[source]) != case.same_object(leads_to[other]):
            told = f"source {other} does not lead to the object that source {source} leads to"
            yield f"options.overrides[{at}]", told
        elif _leads_through(case, other, replaced):
            yield (
                f"options.overrides[{at}]",
                f"source {other}, or one that it is based on, is overridden itself",
            )


def _script(case: Case) -> Iterator[Problem]:
    if case.kind != "script":
        return
    if case.options != Options(passes=1, temporaries=case.options.temporaries):
        yield "options", "a script is carried out once, and has no options but temporaries"
    for _, where, name, _ in case.bindings():
        if name in FRAME_NAMES:
            yield f"{where}.{name}", "is a name that the frame of every script has for something else"
    model = Model(case.nodes, dict(case.locals))
    for at, step in enumerate(case.steps):
        try:
            take(model, step)
        except ImpossibleStepError as error:
            yield f"steps[{at}].{error.field}" if error.field else f"steps[{at}]", error.what
            return
    if not model.finished():
        yield "steps", "a callable with its NULL is left on the stack"
    for index in case.options.temporaries:
        if index in model.unmarkable:
            yield "options.temporaries", f"node {index} may not be marked: {model.unmarkable[index]}"


def _leads_through(case: Case, source: int, others: list[int]) -> bool:
    """Is the source, or one that it is based on, one of the others?"""
    return source in others or any(
        _leads_through(case, base, others) for base in sources_in(case.sources[source])
    )


RULES: tuple[Callable[[Case], Iterator[Problem]], ...] = (
    _sizes,
    _indices,
    _names,
    kind_problems,
    _depth,
    _unfolded,
    source_problems,
    existing_problems,
    _keys,
    _effects,
    _possible,
    _options,
    _script,
    call_problems,
)
