"""The well-formedness rules of single kinds of nodes.

Claim: what is said here of a kind is what Python itself, or Dynamo's trackers, demand of such a value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from generators import limits
from generators.case import REBINDING, Case, ClassMember, Effect, Subclasses
from generators.forms import form_of, is_sparse
from generators.instances import MAPPINGS, SEQUENCES, USER_CLASSES
from generators.library import LIBRARY_CLASSES, LIBRARY_MEMBERS, LIBRARY_MODULES
from generators.links import children
from generators.makers import MAKERS
from generators.nodes import (
    ALIASED,
    FACTORIES,
    FIELDS,
    FUNCTION_NAMES,
    GRAPH_OUTPUTS,
    MANAGERS,
    METHODS,
    REFERENCED,
    STRUCT_SIZES,
    SUBCLASSES,
    SYMBOLIC_TYPES,
    AliasNode,
    ArrayNode,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    ContextManagerNode,
    DefaultDictNode,
    DequeNode,
    FrozensetNode,
    FunctionNode,
    GeneratorNode,
    InstanceNode,
    IteratorNode,
    LibraryNode,
    MadeNode,
    ModuleNode,
    NamedTupleNode,
    Node,
    NumberNode,
    ObjectNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    WeakRefNode,
    proxy_form,
)
from generators.roles import is_of_constants

Problem = tuple[str, str]
"""A field of the node (or the empty text) and what is wrong there."""


def kind_problems(case: Case) -> Iterator[Problem]:
    """The problems of the nodes by kind, and the rules on cells, which only a closure names, and proxies."""
    yield from _proxies(case)
    for at, node in enumerate(case.nodes):
        rule = _RULES.get(type(node))
        for field, told in rule(case, node) if rule is not None else ():
            yield f"nodes[{at}].{field}" if field else f"nodes[{at}]", told
        held = set(children(node))
        if isinstance(node, FunctionNode):
            held = set(children(dataclasses.replace(node, closure=())))
        for child in sorted(held):
            if isinstance(case.nodes[child], CellNode):
                yield f"nodes[{at}]", f"names cell {child}; only a function's closure names a cell"
    for where, index in _values(case):
        if isinstance(case.nodes[index], CellNode):
            yield where, f"node {index} is a cell, which is no value"


def _proxies(case: Case) -> Iterator[Problem]:
    forms: dict[int, str | None] = {}
    for at, node in enumerate(case.nodes):
        if isinstance(node, GRAPH_OUTPUTS):
            form = proxy_form(node)
            first = forms.setdefault(node.output, form)
            if first != form:
                yield f"nodes[{at}].output", f"proxy {node.output} is a {first} elsewhere, and not a {form}"


def _values(case: Case) -> Iterator[tuple[str, int]]:
    yield from ((f"roots[{at}]", index) for at, index in enumerate(case.roots))
    yield from ((f"{field}.{name}", index) for _, field, name, index in case.bindings())
    for at, effect in enumerate(case.effects):
        yield from ((f"effects[{at}]", index) for index in _named(effect))


def _named(effect: Effect) -> list[int]:
    return [index for index in (effect.on, effect.key, effect.value) if index is not None]


def _output_among(case: Case, items: tuple[int, ...]) -> bool:
    return any(isinstance(case.nodes[case.same_object(item) or 0], GRAPH_OUTPUTS) for item in items)


def _elements(case: Case, node: SetNode | FrozensetNode) -> Iterator[Problem]:
    constant = case.is_constant()
    one = case.nodes[node.items[0]] if len(node.items) == 1 else None
    alone = isinstance(node, SetNode) and isinstance(one, ObjectNode)
    if node.source is not None and not all(constant[item] for item in node.items) and not alone:
        # Dynamo tracks other frozensets as objects of a class, refuses tensors in a set, and loads what else
        # is in one by its position
        yield "items", f"an existing {node.kind} holds constants only, but a set may hold one object"


def _slice(case: Case, node: SliceNode) -> Iterator[Problem]:
    if len(node.items) != 3:
        yield "items", f"{len(node.items)} entries; a slice has start, stop and step"
    if _output_among(case, node.items):
        # Dynamo takes a number out of a tensor there, and guards on the value of a symbolic one
        yield "items", "a slice holds no graph outputs"


def _range(case: Case, node: RangeNode) -> Iterator[Problem]:
    if node.step == 0:
        yield "step", "the step of a range is not 0"
    for field in ("start", "stop", "step"):
        if getattr(node, field) not in limits.FILE_RANGE:
            yield field, f"is not in {limits.FILE_RANGE.low} to {limits.FILE_RANGE.high}"


def _named_tuple(case: Case, node: NamedTupleNode) -> Iterator[Problem]:
    if len(node.items) > len(FIELDS):
        yield "items", f"{len(node.items)} entries; there are classes of up to {len(FIELDS)} fields"


def _deque(case: Case, node: DequeNode) -> Iterator[Problem]:
    if node.maxlen is not None and not len(node.items) <= node.maxlen <= limits.FILE_NODES.high:
        yield "maxlen", f"{node.maxlen} is not in {len(node.items)} (the items) to {limits.FILE_NODES.high}"


def _function(case: Case, node: FunctionNode) -> Iterator[Problem]:
    for cell in node.closure:
        if not isinstance(case.nodes[cell], CellNode):
            yield "closure", f"node {cell} is a {case.nodes[cell].kind}; a closure holds cells"
    if node.source is None and any(case.nodes[cell].source is not None for cell in node.closure):
        yield "closure", "a new function closes over new cells"
    for field in ("closure", "defaults", "keyword_defaults", "annotations", "attributes"):
        if len(getattr(node, field)) > limits.FILE_PARAMETERS.high:
            yield field, f"more than {limits.FILE_PARAMETERS.high} entries ({limits.FILE_PARAMETERS.reason})"

    for name, value in node.attributes:
        named = case.nodes[value]
        is_text = isinstance(named, ConstantNode) and type(named.value) is str
        if name in FUNCTION_NAMES[:3] and (node.source is not None or not is_text):
            yield f"attributes.{name}", "is set on new functions, and a constant string"


def _partial(case: Case, node: PartialNode) -> Iterator[Problem]:
    if not isinstance(case.nodes[node.function], FunctionNode):
        yield "function", f"node {node.function} is a {case.nodes[node.function].kind}, not a function"


def _iterator(case: Case, node: IteratorNode) -> Iterator[Problem]:
    if node.over not in ("list", "tuple"):
        yield "over", f"{node.over!r} is neither 'list' nor 'tuple'"
    elif node.source is not None and node.over != "tuple":
        # Dynamo knows nothing of an existing iterator over a list but that it is an object
        yield "over", "an existing iterator runs over a tuple"
    if not 0 <= node.position <= len(node.items):
        yield "position", f"{node.position} items taken of {len(node.items)}"


def _default_dict(case: Case, node: DefaultDictNode) -> Iterator[Problem]:
    if node.factory not in FACTORIES:
        yield "factory", f"{node.factory!r} is none of {', '.join(FACTORIES)}"


def _struct_sequence(case: Case, node: StructSequenceNode) -> Iterator[Problem]:
    if len(node.items) not in STRUCT_SIZES:
        sizes = ", ".join(map(str, STRUCT_SIZES))
        yield "items", f"{len(node.items)} entries; there are classes of {sizes} fields"


def _bound_method(case: Case, node: BoundMethodNode) -> Iterator[Problem]:
    bound_to = case.nodes[node.of]
    names = METHODS.get(type(bound_to), ())
    if node.name not in names:
        known = f"has the methods {', '.join(names)}" if names else "has no method that is known"
        yield "name", f"node {node.of} is a {bound_to.kind}, which {known}"
    attributes = [name for name, _ in bound_to.attributes] if isinstance(bound_to, ObjectNode) else []
    if node.name in [*attributes, *(effect.name for effect in case.effects if effect.on == node.of)]:
        yield "name", f"node {node.of} has an attribute of that name, which hides the method"


def _generator(case: Case, node: GeneratorNode) -> Iterator[Problem]:
    if node.source is not None:
        yield "source", "a generator has no source: its frame cannot be shared"
    if node.function is None:
        return
    made_by = case.nodes[node.function]
    if not isinstance(made_by, FunctionNode) or made_by.source is None:
        yield "function", f"node {node.function} is no existing function"


def _context_manager(case: Case, node: ContextManagerNode) -> Iterator[Problem]:
    if node.name not in MANAGERS:
        yield "name", f"{node.name!r} is none of {', '.join(MANAGERS)}"
        return
    if len(node.arguments) != MANAGERS[node.name]:
        yield "arguments", f"{len(node.arguments)} entries; {node.name!r} takes {MANAGERS[node.name]}"
    for argument in node.arguments:
        held = case.nodes[argument]
        if not isinstance(held, ConstantNode) or type(held.value) is not bool:
            yield "arguments", f"node {argument} is neither True nor False"


def _made(case: Case, node: MadeNode) -> Iterator[Problem]:
    maker = MAKERS.get(node.name)
    if maker is None:
        yield "name", f"{node.name!r} is none of {', '.join(MAKERS)}"
        return
    if node.source is not None and maker.existing == "never":
        yield "source", f"{node.name!r} makes no values that exist beforehand"
    if node.source is None and maker.stands == "beforehand":
        yield "source", f"what {node.name!r} makes is there beforehand only, at a source"
    if maker.stands == "on the stack" and not _is_on_the_stack(case, node):
        yield "name", f"what {node.name!r} makes stands on the stack alone: it is a root and nothing else"
    if len(node.arguments) < len(maker.takes):
        yield "arguments", f"{len(node.arguments)} entries; {node.name!r} takes {len(maker.takes)}"
    for at, argument in enumerate(node.arguments):
        role = maker.role(at)
        if role is None:
            yield "arguments", f"{len(node.arguments)} entries; {node.name!r} takes {len(maker.takes)}"
            return
        if not role.accepts(case.nodes[case.same_object(argument) or 0]):
            yield f"arguments[{at}]", f"node {argument} is not {role.told}, which {node.name!r} takes there"
        elif node.source is not None and maker.constant and not is_of_constants(case.nodes, argument):
            # Dynamo knows no other such value
            yield f"arguments[{at}]", f"of an existing {node.name!r} node {argument} has to be of constants"


def can_be_called(nodes: Sequence[Node], at: int) -> bool:
    """Is the node a function that gives back something when it is called with nothing?"""
    node = nodes[at]
    if not isinstance(node, FunctionNode):
        return False
    cells = [nodes[cell] for cell in node.closure]
    return all(not isinstance(cell, CellNode) or cell.contents is not None for cell in cells)


def _is_on_the_stack(case: Case, node: MadeNode) -> bool:
    """Is the node a root, and does nothing else name it?"""
    named: set[int | None] = {child for other in case.nodes for child in children(other)}
    named |= {at for effect in case.effects for at in (effect.value, effect.key)}
    places = [at for at, other in enumerate(case.nodes) if other is node]
    return all(at in case.roots and at not in named for at in places)


def _cell(case: Case, node: CellNode) -> Iterator[Problem]:
    if node.variable is None:
        return
    if node.source is not None:
        yield "variable", "a cell of the frame is found by its name and has no source"
    bound = [
        index for _, field, name, index in case.bindings() if name == node.variable and field != "globals"
    ]
    fields = [field for _, field, name, _ in case.bindings() if name == node.variable]
    if not {"cells", "free"}.intersection(fields):
        yield "variable", f"{node.variable!r} is bound in neither `cells` nor `free`"
    elif node.contents not in bound:
        yield "contents", f"node {node.contents} is not what {node.variable!r} is bound to"
    if sum(isinstance(other, CellNode) and other.variable == node.variable for other in case.nodes) > 1:
        yield "variable", f"another node is the cell {node.variable!r}"


def _instance(case: Case, node: InstanceNode) -> Iterator[Problem]:
    kind = USER_CLASSES.get(node.name)
    if kind is None:
        yield "name", f"{node.name!r} is none of {', '.join(USER_CLASSES)}"
        return
    if node.items and kind.base not in SEQUENCES:
        yield "items", f"an instance of {node.name} holds no items"
    if node.pairs and kind.base not in MAPPINGS:
        yield "pairs", f"an instance of {node.name} holds no pairs"
    if node.source is None and kind.existing_only:
        yield "source", f"an instance of {node.name} exists beforehand, so it needs a source"
    names = [name for name, _ in node.attributes]
    at = next(at for at, other in enumerate(case.nodes) if other is node)
    changes = [effect for effect in case.effects if effect.on == at and effect.operation not in REBINDING]
    stored = [effect.name for effect in changes if effect.name is not None]
    if kind.slots:
        for name in [*names, *stored]:
            if name not in limits.ATTRIBUTE_NAMES:
                yield "attributes", f"{node.name} has no slot {name!r}"
    elif any(hasattr(dict, name) or hasattr(list, name) for name in [*names, *stored]):
        yield "attributes", "an attribute has the name of a method"


def _module(case: Case, node: ModuleNode) -> Iterator[Problem]:
    for name, child in node.attributes:
        if not isinstance(case.nodes[child], ModuleNode):
            yield f"attributes.{name}", f"node {child} is a {case.nodes[child].kind}, not a module"


def _tensor(case: Case, node: TensorNode) -> Iterator[Problem]:
    if is_sparse(node) and not (case.options.export and case.kind == "tree"):
        # Dynamo traces those nowhere else
        yield "output", f"proxy {node.output} is a sparse tensor, which only an exported graph has"


def _array(case: Case, node: ArrayNode) -> Iterator[Problem]:
    if not form_of(node.output).is_array:
        yield "output", f"no array is made of the tensor of proxy {node.output}"


def _number(case: Case, node: NumberNode) -> Iterator[Problem]:
    if not form_of(node.output).is_number:
        yield "output", f"no number is a tensor like that of proxy {node.output}"


def _subclass(case: Case, node: SubclassNode) -> Iterator[Problem]:
    if not form_of(node.output).is_strided:
        yield "output", f"proxy {node.output} is a sparse tensor, of which no subclass is made"
    if node.subclass not in SUBCLASSES:
        yield "subclass", f"{node.subclass!r} is none of {', '.join(SUBCLASSES)}"
    if node.attributes and node.source is not None:
        yield "attributes", "a tensor that exists beforehand has none"
    if node.attributes and case.kind != "tree":
        yield "attributes", f"a {case.kind} sets none"


def _symbolic(case: Case, node: SymbolicNode) -> Iterator[Problem]:
    if node.type not in SYMBOLIC_TYPES:
        yield "type", f"{node.type!r} is none of {', '.join(SYMBOLIC_TYPES)}"


def module_in_a_dict(nodes: Sequence[Node]) -> bool:
    """Is the `__dict__` of an object asked for that holds a module?

    Dynamo refuses to export that: a module of an exported graph has a key, and what is in a `__dict__` is
    looked at too late for one.
    """
    held = [
        nodes[node.arguments[0]] for node in nodes if isinstance(node, MadeNode) and node.name == "attributes"
    ]
    return any(
        isinstance(node, ObjectNode) and any(isinstance(nodes[at], ModuleNode) for _, at in node.attributes)
        for node in held
    )


def _library(case: Case, node: LibraryNode) -> Iterator[Problem]:
    known = LIBRARY_CLASSES + LIBRARY_MODULES + LIBRARY_MEMBERS
    if node.name not in known:
        yield "name", f"{node.name!r} is none of {', '.join(known)}"
    elif node.name in LIBRARY_MEMBERS:
        where = None if node.source is None else case.sources[node.source]
        if not isinstance(where, ClassMember | Subclasses):
            yield "source", "is reached through its class alone"
    elif node.source is None and node.name in LIBRARY_MODULES:
        yield "source", "a module exists beforehand, so it needs a source"


def _weak_reference(case: Case, node: WeakRefNode) -> Iterator[Problem]:
    if not isinstance(case.nodes[node.of], (*REFERENCED, TensorNode)):
        yield "of", f"a {case.nodes[node.of].kind} is not referred to weakly here"


def _alias(case: Case, node: AliasNode) -> Iterator[Problem]:
    aliased = case.nodes[node.of]
    if type(aliased) not in ALIASED:
        yield "of", f"node {node.of} is a {aliased.kind}, of which there is one tracker only"
    elif aliased.source is None and not isinstance(aliased, ConstantNode):
        yield "of", f"node {node.of} has no source and so does not exist beforehand"
    elif case.is_made_by_loading(aliased):
        yield "of", f"node {node.of} is made by loading and so does not exist beforehand"


_RULES: dict[type[Any], Callable[[Case, Any], Iterator[Problem]]] = {
    SetNode: _elements,
    FrozensetNode: _elements,
    SliceNode: _slice,
    RangeNode: _range,
    NamedTupleNode: _named_tuple,
    DequeNode: _deque,
    LibraryNode: _library,
    WeakRefNode: _weak_reference,
    FunctionNode: _function,
    PartialNode: _partial,
    IteratorNode: _iterator,
    DefaultDictNode: _default_dict,
    StructSequenceNode: _struct_sequence,
    BoundMethodNode: _bound_method,
    GeneratorNode: _generator,
    ContextManagerNode: _context_manager,
    ModuleNode: _module,
    MadeNode: _made,
    CellNode: _cell,
    InstanceNode: _instance,
    AliasNode: _alias,
    SymbolicNode: _symbolic,
    TensorNode: _tensor,
    ArrayNode: _array,
    NumberNode: _number,
    SubclassNode: _subclass,
}
