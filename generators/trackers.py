"""Containers that the emitted code has to build, and slices, ranges and iterators.

Claim: any node may stand in any place of any container where Python and Dynamo allow it: keys and elements
are hashable and no two of one container are one, a slice holds no graph outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from generators import limits
from generators.builder import Builder
from generators.constants import scalar
from generators.members import children, elements, pairs
from generators.nodes import (
    FACTORIES,
    FIELDS,
    GRAPH_OUTPUTS,
    STRUCT_SIZES,
    AliasNode,
    ConstantNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    IteratorNode,
    ListNode,
    NamedTupleNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    TupleNode,
)


def opened(builder: Builder, empty: Any, finish: Callable[[], Any]) -> int:
    """A container that may hold itself: often finished before it is added, at times open meanwhile."""
    if builder.draw.chance(limits.OPEN_CONTAINER):
        at = builder.open(empty)
        return builder.close(at, finish())
    return builder.add(finish())


def draw_list(builder: Builder, depth: int) -> int:
    """A new list node and what is in it."""
    return opened(builder, ListNode(), lambda: ListNode(children(builder, depth)))


def draw_tuple(builder: Builder, depth: int) -> int:
    """A new tuple node and what is in it."""
    return builder.add(TupleNode(children(builder, depth)))


def draw_dict(builder: Builder, depth: int) -> int:
    """A new dict node, its keys and its values."""
    return opened(builder, DictNode(), lambda: DictNode(pairs(builder, depth)))


def draw_ordered_dict(builder: Builder, depth: int) -> int:
    """A new ordered dict node, its keys and its values."""
    return opened(builder, OrderedDictNode(), lambda: OrderedDictNode(pairs(builder, depth)))


def draw_default_dict(builder: Builder, depth: int) -> int:
    """A new defaultdict node, its factory, its keys and its values."""
    factory = builder.draw.choice(FACTORIES)
    return opened(
        builder, DefaultDictNode((), factory), lambda: DefaultDictNode(pairs(builder, depth), factory)
    )


def draw_struct_sequence(builder: Builder, depth: int) -> int:
    """A new struct sequence node and what is in its fields."""
    items = struct_fields(builder, lambda at: builder.node(depth + 1))
    return builder.add(StructSequenceNode(items))


def struct_fields(builder: Builder, field: Callable[[int], int]) -> tuple[int, ...]:
    """The fields of a struct sequence: those after the second are the first two once more."""
    some = [field(at) for at in range(STRUCT_SIZES[0])]
    more_fields = builder.draw.choice(STRUCT_SIZES) - len(some)
    return (*some, *some[:more_fields])


def draw_set(builder: Builder, depth: int) -> int:
    """A new set node and its elements."""
    return builder.add(SetNode(elements(builder)))


def draw_frozenset(builder: Builder, depth: int) -> int:
    """A new frozenset node and its elements."""
    return builder.add(FrozensetNode(elements(builder)))


def draw_named_tuple(builder: Builder, depth: int) -> int:
    """A new named tuple node and what is in it."""
    return builder.add(NamedTupleNode(children(builder, depth)[: len(FIELDS)]))


def draw_deque(builder: Builder, depth: int) -> int:
    """A new deque node, of limited length or not, and what is in it."""

    def finish() -> DequeNode:
        items = children(builder, depth)
        return DequeNode(items, maxlen(builder, len(items)))

    return opened(builder, DequeNode(), finish)


def maxlen(builder: Builder, count: int) -> int | None:
    """The limit of a deque of `count` items, if it has one."""
    if not builder.draw.chance(limits.LIMITED_DEQUE):
        return None
    return count + builder.draw.integer(limits.MAXLEN_SPARE.low, limits.MAXLEN_SPARE.high)


def draw_slice(builder: Builder, depth: int) -> int:
    """A new slice node and its three members."""
    return builder.add(SliceNode(tuple([_slice_member(builder, depth) for _ in range(3)])))


def _slice_member(builder: Builder, depth: int) -> int:
    if builder.draw.chance(limits.ODD_SLICE_MEMBER):
        index = builder.node(depth + 1)
        node = builder.nodes[index]
        aliased = builder.nodes[node.of] if isinstance(node, AliasNode) else node
        if not isinstance(aliased, GRAPH_OUTPUTS):
            return index
    return builder.add(ConstantNode(builder.draw.choice((None, 0, 1, -1, 2))))


def bounds(builder: Builder) -> tuple[int, int, int]:
    """Start, stop and step of a range."""
    low, high = limits.RANGE_BOUND.low, limits.RANGE_BOUND.high
    draw = builder.draw
    return draw.integer(low, high), draw.integer(low, high), draw.choice((1, -1, 2, -3))


def draw_range(builder: Builder, depth: int) -> int:
    """A new range node."""
    return builder.add(RangeNode(*bounds(builder)))


def draw_iterator(builder: Builder, depth: int, over: str | None = None) -> int:
    """A new iterator node, and what it gives; `over` a tuple or a list where that is said."""
    items = children(builder, depth)
    position = 0
    while position < min(len(items), limits.CHILDREN.high) and builder.draw.chance(limits.TAKE_ITEM):
        position += 1
    by_chance = "tuple" if builder.draw.chance(limits.OVER_TUPLE) else "list"
    return builder.add(IteratorNode(items, position, over or by_chance))


def draw_chain(builder: Builder, depth: int) -> int:
    """Containers in containers, many levels deep, around one node."""
    index = builder.node(depth)
    for _ in range(builder.draw.integer(limits.DEEP.low, limits.DEEP.high)):
        kind = builder.draw.choice((ListNode, TupleNode, DequeNode, DictNode))
        if kind is DictNode:
            node: Any = DictNode(((builder.add(ConstantNode(scalar(builder.draw))), index),))
        else:
            node = kind((index,))
        index = builder.add(node)
    return index


_RING_KINDS: tuple[Any, ...] = (
    *(ListNode, TupleNode, DequeNode, DictNode, NamedTupleNode, IteratorNode, FunctionNode) * 3,
    PartialNode,
)
"""What rings are of; compilers refuse a partial in one, and so it is the rarest."""


def draw_ring(builder: Builder, depth: int) -> int:
    """Containers in containers, the innermost of which holds the outermost; what it gives lies anywhere on
    the ring."""
    outermost = builder.open(ListNode())
    index = outermost
    ring = [outermost]
    for _ in range(builder.draw.integer(limits.RING_LENGTH.low, limits.RING_LENGTH.high) - 1):
        kind = builder.draw.choice(_RING_KINDS)
        beside = (builder.node(limits.DEPTH.high),) if builder.draw.chance(limits.REUSE_NODE) else ()
        if kind is DictNode:
            node: Any = DictNode(((builder.add(ConstantNode(scalar(builder.draw))), index),))
        elif kind is PartialNode:
            node = PartialNode(builder.add(FunctionNode()), (index, *beside))
        elif kind is FunctionNode:
            node = FunctionNode((), beside, ((limits.ATTRIBUTE_NAMES[0], index),))
        else:
            node = kind((index, *beside))
        index = builder.add(node)
        ring.append(index)
    builder.close(outermost, ListNode((index,)))
    return builder.draw.choice(ring)
