"""Existing values and the sources that lead to them: locals, globals, attributes, items, dict items.

Claim: every existing value is bound or is reached through a chain of links from a binding, and all that it
holds exists too; aliases between inputs (one existing object inside two others) are drawn often.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from generators import limits
from generators.builder import Builder
from generators.case import (
    Attribute,
    ConstantNode,
    DictItem,
    DictNode,
    GlobalName,
    Item,
    ListNode,
    LocalName,
    ObjectNode,
    Source,
    TensorNode,
    TupleNode,
)
from generators.constants import scalar
from generators.draw import Weighted
from generators.graph_outputs import output
from generators.members import key, more


def draw_node(builder: Builder, depth: int) -> int:
    """An existing node: one that is there already, or a new one bound to a name of its own."""
    reuse = builder.draw.chance(limits.REUSE_BINDING)
    if reuse and builder.existing:
        return builder.draw.choice(builder.existing)
    if builder.draw.chance(limits.GLOBAL_BINDING):
        names, bound, kind = limits.GLOBAL_NAMES, builder.globals, GlobalName
    else:
        names, bound, kind = limits.LOCAL_NAMES, builder.locals, LocalName  # type: ignore[assignment]
    free = [name for name in names if name not in bound]
    if not free:
        return builder.draw.choice(builder.existing)
    bound[free[0]] = -1  # taken: the value is drawn below, and may bind names itself
    bound[free[0]] = _value(builder, builder.add_source(kind(free[0])), depth)
    return bound[free[0]]


def _value(builder: Builder, source: int, depth: int) -> int:
    """A new node at `source`, of any kind that can exist beforehand."""
    leaf = depth >= limits.DEPTH.high or builder.full()
    return builder.draw.weighted(_LEAVES if leaf else _KINDS)(builder, source, depth)


def _child(builder: Builder, link: Source, depth: int) -> int:
    """What an existing container holds at `link`: another existing object, or a new value reached by it."""
    reuse = builder.draw.chance(limits.REUSE_NODE)
    if reuse and builder.existing:
        return builder.draw.choice(builder.existing)
    return _value(builder, builder.add_source(link), depth + 1)


def _constant(builder: Builder, source: int, depth: int) -> int:
    return builder.add(ConstantNode(scalar(builder.draw), source))


def _tensor(builder: Builder, source: int, depth: int) -> int:
    return builder.add(TensorNode(output(builder), source))


def _items(builder: Builder, source: int, depth: int) -> tuple[int, ...]:
    return tuple(_child(builder, Item(source, at), depth) for at in more(builder))


def _list(builder: Builder, source: int, depth: int) -> int:
    return builder.add(ListNode(_items(builder, source, depth), source))


def _tuple(builder: Builder, source: int, depth: int) -> int:
    return builder.add(TupleNode(_items(builder, source, depth), source))


def _dict(builder: Builder, source: int, depth: int) -> int:
    taken: set[Hashable] = set()
    items = []
    for _ in more(builder):
        index = key(builder, taken, sourced=True)
        if index is not None:
            items.append((index, _child(builder, DictItem(source, index), depth)))
    return builder.add(DictNode(tuple(items), source))


def _object(builder: Builder, source: int, depth: int) -> int:
    attributes = []
    for at in more(builder):
        if at == len(limits.ATTRIBUTE_NAMES):
            break
        name = limits.ATTRIBUTE_NAMES[at]
        attributes.append((name, _child(builder, Attribute(source, name), depth)))
    return builder.add(ObjectNode(tuple(attributes), source))


_Family = Callable[[Builder, int, int], int]
_LEAVES: Weighted[_Family] = Weighted([(60, _constant), (40, _tensor)])
_KINDS: Weighted[_Family] = Weighted(
    [(14, _constant), (14, _tensor), (24, _list), (14, _tuple), (17, _dict), (17, _object)]
)
