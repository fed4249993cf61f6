"""Call cases: the arguments of the compiled function, over shared and nested sources.

Claim: `call_case(draw)` gives a well-formed case from either driver; in most of them two arguments share a
part of their way, and what is nested is drawn by name, so that chains of three links are common.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable
from typing import TypeAlias

from generators import families, limits, sources
from generators.builder import Builder
from generators.call_rules import can_be_tensor, must_be_tensor
from generators.case import (
    PROFILES,
    Attribute,
    Case,
    ChainedSource,
    DictItem,
    GlobalName,
    Item,
    LocalName,
    Options,
    Wrapped,
)
from generators.compiler_values import draw_argument
from generators.constants import scalar
from generators.draw import Draw, Weighted
from generators.graph_outputs import number_output, output
from generators.members import plain_key
from generators.nodes import (
    FIELDS,
    ArrayNode,
    ConstantNode,
    DequeNode,
    DictNode,
    ListNode,
    NamedTupleNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    TensorNode,
    TupleNode,
)


def call_case(draw: Draw) -> Case:
    """A well-formed case of kind `call`."""
    builder = Builder(draw, families.draw_node)
    arguments = [_nested(builder, [])]
    while len(arguments) < limits.ARGUMENTS.high and draw.chance(limits.MORE_ARGUMENTS):
        arguments.append(draw.weighted(_ARGUMENTS)(builder, arguments))
    options = Options(profile=draw.weighted(_PROFILES))
    case = dataclasses.replace(builder.case(arguments, [], options), kind="call")
    return dataclasses.replace(case, as_tensor=_conversions(draw, case))


def _conversions(draw: Draw, case: Case) -> tuple[int, ...]:
    numbers = [at for at, index in enumerate(case.roots) if can_be_tensor(case, index)]
    chosen = [at for at in numbers if draw.chance(limits.AS_TENSOR)]
    return tuple([at for at in numbers if at in chosen or must_be_tensor(case, case.roots[at])])


# --- what an argument is: a node, given those before it ------------------------------------------------


def _inside(builder: Builder, arguments: list[int]) -> int:
    """Anything that exists, mostly deep in what other arguments are parts of."""
    return builder.draw.choice(builder.existing)


def _again(builder: Builder, arguments: list[int]) -> int:
    return builder.draw.choice(arguments)


def _holder(builder: Builder, arguments: list[int]) -> int:
    """What an argument is reached through, or else the argument itself."""
    at = builder.draw.choice(arguments)
    source = builder.nodes[at].source
    entry = None if source is None else builder.sources[source]
    if not isinstance(entry, ChainedSource):
        return at
    holders = [index for index in builder.existing if builder.nodes[index].source == entry.base]
    return holders[0] if holders else at


def _any(builder: Builder, arguments: list[int]) -> int:
    """An existing value as any other case has it."""
    return sources.draw_node(builder, 0)


def _nested(builder: Builder, arguments: list[int]) -> int:
    """What is innermost in containers of one or two members, the outermost bound to a name of its own."""
    names = [(builder.locals, LocalName(name)) for name in limits.LOCAL_NAMES if name not in builder.locals]
    names += [
        (builder.globals, GlobalName(name))  # type: ignore[misc]
        for name in limits.GLOBAL_NAMES
        if name not in builder.globals
    ]
    if not names:
        return builder.draw.choice(builder.existing)
    bound, entry = builder.draw.choice(names)
    levels = builder.draw.integer(limits.NESTED.low, limits.NESTED.high)
    innermost = len(builder.existing)
    bound[entry.name] = _level(builder, builder.add_source(entry), levels)
    return builder.existing[innermost]


def _level(builder: Builder, source: int, levels: int) -> int:
    """A container at `source` that holds `levels` more, or what is innermost."""
    if levels == 0 or builder.full():
        return builder.add(builder.draw.weighted(_INNERMOST)(builder, source))
    return builder.draw.choice(_CONTAINERS)(builder, source, levels)


def _members(builder: Builder, links: list[Item | Attribute | DictItem], levels: int) -> list[int]:
    """What is at the links: at the first the next level, at others less or what was there before."""
    members = []
    for at, link in enumerate(links):
        earlier = builder.draw.chance(limits.EARLIER_MEMBER)
        if at > 0 and earlier:
            members.append(builder.draw.choice(builder.existing))
        else:
            below = (
                levels - 1
                if at == 0
                else builder.draw.integer(limits.BESIDE.low, min(levels - 1, limits.BESIDE.high))
            )
            members.append(_level(builder, builder.add_source(link), below))
    return members


def _count(builder: Builder) -> range:
    return range(1 + builder.draw.chance(limits.SECOND_MEMBER))


def _items(builder: Builder, source: int, levels: int) -> tuple[int, ...]:
    return tuple(_members(builder, [Item(source, at) for at in _count(builder)], levels))


def _pairs(builder: Builder, source: int, levels: int) -> tuple[tuple[int, int], ...]:
    taken: set[Hashable] = set()
    keys = []
    for at in _count(builder):
        drawn = plain_key(builder, taken)
        keys.append(builder.add(ConstantNode(f"k{at}")) if drawn is None else drawn)
    return tuple(zip(keys, _members(builder, [DictItem(source, key) for key in keys], levels), strict=True))


def _attributes(
    builder: Builder, source: int, levels: int, names: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    links: list[Item | Attribute | DictItem] = [Attribute(source, names[at]) for at in _count(builder)]
    return tuple(zip(names, _members(builder, links, levels), strict=False))


_Container: TypeAlias = Callable[[Builder, int, int], int]
_CONTAINERS: tuple[_Container, ...] = (
    lambda builder, source, levels: builder.add(ListNode(_items(builder, source, levels), source)),
    lambda builder, source, levels: builder.add(TupleNode(_items(builder, source, levels), source)),
    lambda builder, source, levels: builder.add(DictNode(_pairs(builder, source, levels), source)),
    lambda builder, source, levels: builder.add(
        ObjectNode(_attributes(builder, source, levels, limits.ATTRIBUTE_NAMES), source)
    ),
    lambda builder, source, levels: builder.add(
        NamedTupleNode(tuple([at for _, at in _attributes(builder, source, levels, FIELDS)]), source)
    ),
    lambda builder, source, levels: builder.add(DequeNode(_items(builder, source, levels), None, source)),
    lambda builder, source, levels: builder.add(OrderedDictNode(_pairs(builder, source, levels), source)),
)


def _marked(builder: Builder, source: int, how: str) -> int:
    return builder.add_source(Wrapped(source, how))


def _number(builder: Builder, source: int) -> Node:
    return ConstantNode(builder.draw.choice((0, 1.0, -1, -0.0, 0.1, 2**63 - 1, -(2**63), 2**53 + 1)), source)


_PROFILES: Weighted[str] = Weighted([*zip((55, 35, 10), PROFILES, strict=True)])
_INNERMOST: Weighted[Callable[[Builder, int], Node]] = Weighted(
    [
        (40, lambda builder, source: TensorNode(output(builder), source)),
        (30, _number),
        (4, lambda builder, source: ConstantNode(True, _marked(builder, source, "symbolic_bool"))),
        (4, lambda builder, source: ConstantNode(7, _marked(builder, source, "dynamic_int"))),
        (5, lambda builder, source: ArrayNode(number_output(builder), _marked(builder, source, "array"))),
        (15, lambda builder, source: ConstantNode(scalar(builder.draw), source)),
        (10, lambda builder, source: ListNode((), source)),
    ]
)

_ARGUMENTS: Weighted[Callable[[Builder, list[int]], int]] = Weighted(
    [
        (46, _inside),
        (10, _again),
        (14, _holder),
        (14, _nested),
        (12, _any),
        (14, lambda builder, arguments: draw_argument(builder)),
    ]
)
