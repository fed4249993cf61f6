"""What is plainer for a reader: kinds of nodes, the values of the fields that name no nodes, whole cases.

Claim: every kind of node has its place in PLAINNESS, and what the functions here give is plainer by that
order or by `field_weight`.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from generators.case import OPERATIONS, SOURCE_KINDS, Case, Options
from generators.instances import USER_CLASSES
from generators.links import children
from generators.nodes import (
    SUBCLASSES,
    SYMBOLIC_TYPES,
    ArrayNode,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    ContextManagerNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    GeneratorNode,
    InstanceNode,
    IteratorNode,
    ListNode,
    MadeNode,
    ModuleNode,
    NamedTupleNode,
    Node,
    NumberNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    TupleNode,
)
from generators.steps import STEPS, VIAS, Step
from harness.reducer.draft import effect_nodes

SIMPLEST = (0, None, False)
"""Constants that a reader takes for a placeholder, simplest first."""

SIMPLEST_OF_TYPE: dict[type, tuple[Any, ...]] = {
    bool: (True,),
    int: (1, 2),
    float: (0.0, 1.0),
    complex: (0j,),
    str: ("", "a"),
    bytes: (b"",),
}
"""The simplest constants of a type, for where the type matters."""

PLAINNESS = (
    "constant",
    "tensor",
    "symbolic",
    "number",
    "ndarray",
    "tensor_subclass",
    "library",
    "list",
    "tuple",
    "dict",
    "range",
    "slice",
    "set",
    "frozenset",
    "named_tuple",
    "deque",
    "ordered_dict",
    "iterator",
    "cell",
    "function",
    "partial",
    "object",
    "structseq",
    "defaultdict",
    "instance",
    "context_manager",
    "made",
    "generator",
    "bound_method",
    "module",
    "weakref",
    "alias",
)
"""Kinds of nodes, the plainest first."""

FEW_OUTPUTS = 4
"""Numbers of graph outputs that are tried."""


def field_weight(node: Node) -> int:
    """0 for a node whose fields say nothing worth reading."""
    weigh = _FIELD_WEIGHT.get(type(node))
    return 0 if weigh is None else int(weigh(node))


def _simpler_constants(node: ConstantNode) -> tuple[Any, ...]:
    """The constants that are simpler than this one, the simplest first."""
    listed = SIMPLEST + SIMPLEST_OF_TYPE.get(type(node.value), ())
    mine = (type(node.value), repr(node.value)) if _is_short(node.value) else None
    for rank, value in enumerate(listed):
        if mine == (type(value), repr(value)):
            return listed[:rank]
    return listed


def _is_short(value: object) -> bool:
    # Python refuses to print more than 4,300 digits
    return not isinstance(value, int) or value.bit_length() < 64


_FIELD_WEIGHT: dict[type[Any], Callable[[Any], int]] = {
    ConstantNode: lambda node: len(_simpler_constants(node)),
    RangeNode: lambda node: (node.start != 0) + (node.stop != 0) + (node.step != 1),
    DequeNode: lambda node: 0 if node.maxlen is None else 1 + node.maxlen,
    IteratorNode: lambda node: node.position + (node.over != "list"),
    FunctionNode: lambda node: int(node.doc is not None),
    CellNode: lambda node: int(node.variable is not None),
    InstanceNode: lambda node: len(_plainer_classes(node)),
    DefaultDictNode: lambda node: int(node.factory != "none"),
    GeneratorNode: lambda node: (node.function is not None) + node.context_manager,
    ContextManagerNode: lambda node: int(node.name != "null"),
    ModuleNode: lambda node: int(node.by_key),
    **dict.fromkeys((TensorNode, ArrayNode), lambda node: node.output),
    SubclassNode: lambda node: node.output + SUBCLASSES.index(node.subclass),
    NumberNode: lambda node: node.output + (not node.unwrap),
    SymbolicNode: lambda node: node.output + SYMBOLIC_TYPES.index(node.type),
}


def _as_list(node: Any) -> tuple[Node, ...]:
    return (ListNode(node.items, node.source),)


def _as_tensor(node: Any) -> tuple[Node, ...]:
    return (TensorNode(node.output, node.source),)


def _plainer_output(node: Any) -> tuple[dict[str, Any], ...]:
    return tuple([{"output": output} for output in range(min(node.output, FEW_OUTPUTS))])


def _as_tuple_or_list(node: Any) -> tuple[Node, ...]:
    return TupleNode(node.items, node.source), ListNode(node.items, node.source)


def _list_of_values(node: Any) -> tuple[Node, ...]:
    named = node.attributes if isinstance(node, ObjectNode) else node.items
    return (ListNode(tuple([value for _, value in named]), node.source),)


def _lists_of_a_dict(node: Any) -> tuple[Node, ...]:
    both = tuple([index for pair in node.items for index in pair])
    return *_list_of_values(node), ListNode(both, node.source)


def _contents_of_an_instance(node: InstanceNode) -> tuple[Node, ...]:
    found: list[Node] = [ListNode(children(node), node.source)]
    if node.attributes and node.source is not None:
        found.append(ObjectNode(node.attributes, node.source))
    base = USER_CLASSES[node.name].base
    if base in _AS_ITS_BASE:
        found.append(_AS_ITS_BASE[base](node))
    return tuple(found)


_AS_ITS_BASE: dict[str, Callable[[Any], Node]] = {
    "list": lambda node: ListNode(node.items, node.source),
    "tuple": lambda node: TupleNode(node.items, node.source),
    "set": lambda node: SetNode(node.items, node.source),
    "deque": lambda node: DequeNode(node.items, None, node.source),
    "dict": lambda node: DictNode(node.pairs, node.source),
    "ordered_dict": lambda node: OrderedDictNode(node.pairs, node.source),
    "defaultdict": lambda node: DefaultDictNode(node.pairs, "none", node.source),
}
"""What an instance is without a class and attributes of its own, by its base."""


def _list_of_parts(node: Any) -> tuple[Node, ...]:
    if isinstance(node, PartialNode):
        parts = (node.function, *node.arguments, *(index for _, index in node.keywords))
    else:
        parts = children(dataclasses.replace(node, closure=()))
    return (ListNode(parts, node.source),)


_PLAINER_KINDS: dict[type[Any], Callable[[Any], tuple[Node, ...]]] = {
    TupleNode: _as_list,
    SetNode: _as_list,
    DequeNode: _as_list,
    FrozensetNode: _as_tuple_or_list,
    NamedTupleNode: _as_tuple_or_list,
    SliceNode: _as_tuple_or_list,
    IteratorNode: _as_tuple_or_list,
    DictNode: _lists_of_a_dict,
    OrderedDictNode: lambda node: (*_lists_of_a_dict(node), DictNode(node.items, node.source)),
    DefaultDictNode: lambda node: (*_lists_of_a_dict(node), DictNode(node.items, node.source)),
    StructSequenceNode: _as_tuple_or_list,
    BoundMethodNode: lambda node: (ListNode((node.of,), node.source),),
    GeneratorNode: lambda node: (
        *_as_tuple_or_list(node),
        *(() if node.context_manager else (IteratorNode(node.items, 0, "tuple"),)),
    ),
    ContextManagerNode: lambda node: (ObjectNode((), node.source),),
    MadeNode: lambda node: (
        ListNode(node.arguments, node.source),
        TupleNode(node.arguments, node.source),
        *(() if node.source is None else (ObjectNode((), node.source),)),
    ),
    ModuleNode: lambda node: (ListNode((), node.source), ObjectNode(node.attributes, node.source)),
    ObjectNode: _list_of_values,
    InstanceNode: _contents_of_an_instance,
    FunctionNode: _list_of_parts,
    PartialNode: _list_of_parts,
    SymbolicNode: _as_tensor,
    **dict.fromkeys((NumberNode, ArrayNode), _as_tensor),
    SubclassNode: lambda node: () if node.attributes else _as_tensor(node),
}
"""Kind -> plainer nodes with the same members."""

_PLAINER_FIELDS: dict[type[Any], Callable[[Any], tuple[dict[str, Any], ...]]] = {
    ConstantNode: lambda node: tuple([{"value": value} for value in _simpler_constants(node)]),
    RangeNode: lambda node: (
        {"start": 0, "stop": 1, "step": 1},
        {"start": 0},
        {"stop": 0},
        {"step": 1},
    ),
    DequeNode: lambda node: ({"maxlen": None}, {"maxlen": len(node.items)}),
    IteratorNode: lambda node: ({"position": 0}, {"position": 1}, {"over": "list"}),
    FunctionNode: lambda node: ({"doc": None},),
    CellNode: lambda node: ({"variable": None},),
    InstanceNode: lambda node: tuple([{"name": name} for name in _plainer_classes(node)]),
    DefaultDictNode: lambda node: ({"factory": "none"},),
    GeneratorNode: lambda node: ({"function": None}, {"context_manager": False}),
    ContextManagerNode: lambda node: ({"name": "null", "arguments": ()},),
    ModuleNode: lambda node: ({"by_key": False},),
    **dict.fromkeys((TensorNode, ArrayNode), _plainer_output),
    SubclassNode: lambda node: (
        *({"subclass": name} for name in SUBCLASSES[: SUBCLASSES.index(node.subclass)]),
        *_plainer_output(node),
    ),
    NumberNode: lambda node: ({"unwrap": True}, *_plainer_output(node)),
    SymbolicNode: lambda node: (
        *({"type": name} for name in SYMBOLIC_TYPES[: SYMBOLIC_TYPES.index(node.type)]),
        *_plainer_output(node),
    ),
}
"""Kind -> plainer values of its own fields."""


def _plainer_classes(node: InstanceNode) -> list[str]:
    """The classes before its own that are made from the same."""
    names = list(USER_CLASSES)
    base = USER_CLASSES[node.name].base
    return [name for name in names[: names.index(node.name)] if USER_CLASSES[name].base == base]


def plainer_kinds(node: Node) -> tuple[Node, ...]:
    """Nodes of plainer kinds with the same members, the plainest first."""
    plainer = _PLAINER_KINDS.get(type(node))
    return () if plainer is None else plainer(node)


def plainer_fields(node: Node) -> Iterator[Node]:
    """Nodes of the same kind with the same members, and something plainer in the other fields."""
    plainer = _PLAINER_FIELDS.get(type(node))
    for changes in plainer(node) if plainer is not None else ():
        yield dataclasses.replace(node, **changes)


# --- of a whole case ----------------------------------------------------------------------------------


def weight(case: Case) -> tuple[int, ...]:
    """What the reducer makes smaller, the most important first: steps; nodes that are no constants; edges,
    roots, sources, effects, overrides, conversions; how often nodes are named again, nodes; how much a
    reader has to know of the kinds of nodes, sources and effects; fields that are not plain; options that are
    not the default."""
    nodes, options, default = case.nodes, case.options, Options()
    return (
        len(case.steps),
        sum(not isinstance(node, ConstantNode) for node in nodes),
        sum(len(children(node)) for node in nodes),
        len(case.roots),
        len(case.sources),
        len(case.effects),
        len(options.overrides),
        len(case.as_tensor),
        sum(count - 1 for at, count in uses(case).items() if not isinstance(nodes[at], ConstantNode)),
        len(nodes),
        sum(_KINDS[node.kind] for node in nodes),
        sum(_SOURCES[source.kind] for source in case.sources),
        sum(_OPERATIONS[effect.operation] + (effect.index or 0) for effect in case.effects),
        sum(field_weight(node) for node in nodes),
        sum(step_weight(step) for step in case.steps),
        len(options.temporaries) + len(options.lazy) + len(options.logged),
        (options.passes != default.passes)
        + (options.value_from_source != default.value_from_source)
        + (options.inlined != default.inlined)
        + (options.export != default.export)
        + (options.profile != default.profile)
        + (options.realized != default.realized)
        + (options.replay != default.replay)
        + (options.resumed != default.resumed)
        + (options.reported != default.reported)
        + (options.modes != default.modes)
        + (options.called != default.called),
    )


def step_weight(step: Step) -> int:
    """How much a reader has to know of the step: its operation, and fields that are not plain."""
    fields = (step.null, step.ex, step.from_source is False, step.inner is False)
    return (
        _STEPS[step.operation]
        + sum(map(bool, fields))
        + len(step.nodes)
        + len(step.names)
        + (step.count or 0)
        + (VIAS.index(step.via) if step.via in VIAS else 0)
    )


_STEPS = {operation: 0 if operation == "tracker" else 1 for operation in STEPS}
_KINDS = {kind: rank for rank, kind in enumerate(PLAINNESS)}
_SOURCES = {kind: rank for rank, kind in enumerate(SOURCE_KINDS)}
_OPERATIONS = {operation: rank for rank, operation in enumerate(OPERATIONS)}


def uses(case: Case) -> Counter[int]:
    """How often each node is named by nodes, as a root, by effects and by steps."""
    found = Counter([child for node in case.nodes for child in children(node)])
    found.update(case.roots)
    found.update([at for effect in case.effects for at in effect_nodes(effect)])
    found.update([at for step in case.steps for at in step.nodes])
    return found
