"""The rules of what exists beforehand: its sources lead to it, and all that it holds exists too.

Claim: what these let pass is reached by loading its source, whatever the case does later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from generators import limits
from generators.case import (
    MADE_BY_LOADING,
    SOURCE_LINKS,
    Case,
    ChainedSource,
    DictItem,
    DictItemByKey,
    DictKey,
    Problem,
)
from generators.compiler_rules import compiler_source_problems
from generators.links import children
from generators.nodes import (
    AliasNode,
    ConstantNode,
    ModuleNode,
    ObjectNode,
    WeakRefNode,
)
from generators.source_kinds import WAYS


def source_problems(case: Case) -> Iterator[Problem]:
    """The problems of the sources: those that lead nowhere, too far, or to what others lead to as well."""
    leads_to = case.source_targets()
    links: list[int] = []
    for at, source in enumerate(case.sources):
        ways = WAYS.get(type(source))
        how = getattr(source, "how", "")
        if ways is not None and how not in ways:
            yield f"sources[{at}].how", f"{how!r} is none of {', '.join(map(repr, ways))}"
            return
        links.append(links[source.base] + 1 if isinstance(source, ChainedSource) else 0)
        if links[at] not in limits.FILE_CHAIN:
            limit = limits.FILE_CHAIN
            yield f"sources[{at}]", f"is {links[at]} links long; at most {limit.high} ({limit.reason})"
            return
        if leads_to[at] is None:
            yield f"sources[{at}]", _dead_source(case, at)
        elif isinstance(source, DictItem) and not isinstance(case.nodes[source.key], ConstantNode):
            yield f"sources[{at}].key", f"node {source.key} is no constant"
        elif isinstance(source, DictItemByKey) and not isinstance(case.sources[source.by], DictKey):
            yield f"sources[{at}].by", f"source {source.by} is no dict's key"
        else:
            yield from compiler_source_problems(case, at)
    yield from _made_twice(case)
    for at, node in enumerate(case.nodes):
        if node.source is not None and leads_to[node.source] not in (at, None):
            yield (
                f"nodes[{at}].source",
                f"source {node.source} leads to node {leads_to[node.source]}, not to this node",
            )
        if isinstance(node, ObjectNode | ModuleNode | AliasNode | WeakRefNode) and node.source is None:
            yield f"nodes[{at}].source", f"{node.kind} exists beforehand, so it needs a source"


def _made_twice(case: Case) -> Iterator[Problem]:
    """Equal sources are one to a codegen, which may keep what it loads: what is made by loading has one."""
    known: list[object] = []
    first: dict[object, int] = {}
    for at, source in enumerate(case.sources):
        fields = [
            known[value] if (field, "source") in SOURCE_LINKS[type(source)] else value
            for field, value in dataclasses.asdict(source).items()
        ]
        known.append(first.setdefault((source.kind, *fields), at))
        if known[at] != at and isinstance(source, MADE_BY_LOADING):
            yield f"sources[{at}]", f"is source {known[at]} once more; what is made by loading has one source"


def _dead_source(case: Case, at: int) -> str:
    source = case.sources[at]
    given = {"base": getattr(source, "base", None)}
    return _DEAD[source.kind].format(**{**given, **dataclasses.asdict(source)})


_DEAD = {
    "local": "no local {name!r} is bound in `locals`",
    "global": "no global {name!r} is bound in `globals`",
    "cell_variable": "no cell variable {name!r} is bound in `cells`",
    "free_variable": "no free variable {name!r} is bound in `free`",
    "import": "no node is the module {name!r} and has this source",
    "attribute": "source {base} leads to nothing with an attribute {name!r} that is a node",
    "item": "source {base} leads to no list, tuple or deque with an item {index}",
    "slice_item": "no node of this source has the items {start}:{stop}:{step} of a list or tuple at {base}",
    "dict_item": "source {base} leads to no dict with the key at node {key}",
    "dict_key": "source {base} leads to no dict with a key at position {index}",
    "dict_item_by_key": "source {base} leads to no dict with the key that source {by} gives",
    "default": "source {base} leads to no function with a default {place!r}",
    "closure_cell": "source {base} leads to no function with a cell {index}",
    "cell_contents": "source {base} leads to no cell with something in it",
    "type": "no node of this source is the class of an object or named tuple at source {base}",
    "weakref_call": "source {base} leads to no weak reference",
    "tuple_iterator_item": "source {base} leads to no iterator over a tuple with an item {index} left",
    "wrapped": "source {base} leads to nothing that is marked {how!r}",
    "global_referent": "source {base} leads to no weak reference",
    "gradient": "source {base} leads to no parameter",
    "element": "source {base} leads to no set of one element",
    "random_value": "source {base} leads to no tuple with an item {index}",
    "superclass": "no node of this source is class {index} in the order of the class at source {base}",
    "class_member": "no node of this source is what the class at source {base} has as {name!r}",
    "subclasses": "no node of this source is the list of classes derived from the class at source {base}",
    "mode_on_stack": "no node of this source is a mode",
    "tensor_property": "no node of this source is the {name} ({index}) of a tensor at source {base}",
}
"""Kind of source -> why it leads nowhere."""


def existing_problems(case: Case) -> Iterator[Problem]:
    """What exists beforehand, or is bound or changed as if it did, and holds or is what does not."""
    for at, node in enumerate(case.nodes):
        if node.source is None:
            continue
        for child in children(node):
            if not case.exists(child):
                yield f"nodes[{at}]", f"exists beforehand, but its child {child} {_why_not(case, child)}"
    for _, field, name, index in case.bindings():
        if not case.exists(index):
            told = f"is bound to node {index}, which {_why_not(case, index)} and so does not exist beforehand"
            yield f"{field}.{name}", told
    for at, effect in enumerate(case.effects):
        if case.is_made_by_loading(case.nodes[effect.on]):
            yield (
                f"effects[{at}].on",
                f"node {effect.on} is made by loading: nothing else is there to be changed",
            )


def _why_not(case: Case, index: int) -> str:
    return "has no source" if case.nodes[index].source is None else "is made by loading"
