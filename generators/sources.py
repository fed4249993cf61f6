"""Existing values and the sources that lead to them: locals, globals, attributes, items, dict items.

Claim: every existing value is bound or is reached through a chain of links from a binding, and all that it
holds exists too; aliases between inputs (one existing object inside two others) are drawn often.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable

from generators import limits
from generators.builder import Builder
from generators.case import (
    SLICE_FIELDS,
    Attribute,
    DictItem,
    GlobalName,
    Item,
    LocalName,
    Source,
)
from generators.constants import scalar
from generators.draw import Weighted
from generators.graph_outputs import graph_output
from generators.members import more, plain_key
from generators.nodes import (
    ALIASED,
    FIELDS,
    AliasNode,
    ConstantNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    IteratorNode,
    ListNode,
    NamedTupleNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    TupleNode,
)
from generators.trackers import bounds, maxlen, opened


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
        return builder.draw.choice(builder.existing or builder.opened_existing)
    bound[free[0]] = -1  # taken: the value is drawn below, and may bind names itself
    bound[free[0]] = _bound(builder, builder.add_source(kind(free[0])), depth)
    return bound[free[0]]


def _bound(builder: Builder, source: int, depth: int) -> int:
    """What is at `source`: a value, or one that another source leads to as well."""
    second = builder.draw.chance(limits.ALIAS)
    found = [at for at in builder.existing if type(builder.nodes[at]) in ALIASED] if second else []
    if found:
        return builder.add(AliasNode(builder.draw.choice(found), source))
    return _value(builder, source, depth)


def _value(builder: Builder, source: int, depth: int) -> int:
    """A new node at `source`, of any kind that can exist beforehand."""
    leaf = depth >= limits.DEPTH.high or builder.full()
    return builder.draw.weighted(_LEAVES if leaf else _KINDS)(builder, source, depth)


def _child(builder: Builder, link: Source, depth: int) -> int:
    """What an existing container holds at `link`: another existing object, one that is being drawn around
    it, or a new value reached by it."""
    inside = builder.draw.chance(limits.NAME_OPEN)
    if inside and builder.opened_existing:
        return builder.draw.choice(builder.opened_existing)
    reuse = builder.draw.chance(limits.REUSE_NODE)
    if reuse and builder.existing:
        return builder.draw.choice(builder.existing)
    return _bound(builder, builder.add_source(link), depth + 1)


def _part(builder: Builder, depth: int) -> int:
    """What an existing value holds where no source of ours leads: an existing object, or a constant."""
    reuse = builder.draw.chance(limits.REUSE_BINDING)
    if reuse and builder.existing:
        return builder.draw.choice(builder.existing)
    return builder.add(ConstantNode(scalar(builder.draw)))


def _constant(builder: Builder, source: int, depth: int) -> int:
    return builder.add(ConstantNode(scalar(builder.draw), source))


def _tensor(builder: Builder, source: int, depth: int) -> int:
    return builder.add(graph_output(builder, source))


def _items(builder: Builder, source: int, depth: int) -> tuple[int, ...]:
    return tuple([_child(builder, Item(source, at), depth) for at in more(builder)])


def _list(builder: Builder, source: int, depth: int) -> int:
    return opened(builder, ListNode((), source), lambda: ListNode(_items(builder, source, depth), source))


def _deque(builder: Builder, source: int, depth: int) -> int:
    def finish() -> DequeNode:
        items = _items(builder, source, depth)
        return DequeNode(items, maxlen(builder, len(items)), source)

    return opened(builder, DequeNode((), None, source), finish)


def _tuple(builder: Builder, source: int, depth: int) -> int:
    return builder.add(TupleNode(_items(builder, source, depth), source))


def _pairs(builder: Builder, source: int, depth: int) -> tuple[tuple[int, int], ...]:
    taken: set[Hashable] = set()
    items = []
    for _ in more(builder):
        index = plain_key(builder, taken)
        if index is not None:
            items.append((index, _child(builder, DictItem(source, index), depth)))
    return tuple(items)


def _dict(builder: Builder, source: int, depth: int) -> int:
    return opened(builder, DictNode((), source), lambda: DictNode(_pairs(builder, source, depth), source))


def _ordered_dict(builder: Builder, source: int, depth: int) -> int:
    return opened(
        builder,
        OrderedDictNode((), source),
        lambda: OrderedDictNode(_pairs(builder, source, depth), source),
    )


def _constants(builder: Builder) -> tuple[int, ...]:
    taken: set[Hashable] = set()
    drawn = (plain_key(builder, taken) for _ in more(builder))
    return tuple([index for index in drawn if index is not None])


def _set(builder: Builder, source: int, depth: int) -> int:
    return builder.add(SetNode(_constants(builder), source))


def _frozenset(builder: Builder, source: int, depth: int) -> int:
    return builder.add(FrozensetNode(_constants(builder), source))


def _range(builder: Builder, source: int, depth: int) -> int:
    return builder.add(RangeNode(*bounds(builder), source))


def _slice(builder: Builder, source: int, depth: int) -> int:
    members = []
    for name in SLICE_FIELDS:
        value = builder.draw.choice((None, 0, 1, -1, 2))
        members.append(builder.add(ConstantNode(value, builder.add_source(Attribute(source, name)))))
    return builder.add(SliceNode(tuple(members), source))


def _attributes(
    builder: Builder, source: int, depth: int, names: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    places = itertools.islice(more(builder), len(names))
    return tuple([(names[at], _child(builder, Attribute(source, names[at]), depth)) for at in places])


def _named_tuple(builder: Builder, source: int, depth: int) -> int:
    held = _attributes(builder, source, depth, FIELDS)
    return builder.add(NamedTupleNode(tuple([index for _, index in held]), source))


def _object(builder: Builder, source: int, depth: int) -> int:
    return opened(
        builder,
        ObjectNode((), source),
        lambda: ObjectNode(_attributes(builder, source, depth, limits.ATTRIBUTE_NAMES), source),
    )


def _function(builder: Builder, source: int, depth: int) -> int:
    return builder.add(FunctionNode(source=source))


def _partial(builder: Builder, source: int, depth: int) -> int:
    function = _function(builder, builder.add_source(Attribute(source, "func")), depth)
    arguments = tuple([_part(builder, depth) for _ in itertools.islice(more(builder), limits.FEW.high)])
    return builder.add(PartialNode(function, arguments, (), source))


def _iterator(builder: Builder, source: int, depth: int) -> int:
    items = tuple([_part(builder, depth) for _ in more(builder)])
    position = 1 if items and builder.draw.chance(limits.TAKE_ITEM) else 0
    return builder.add(IteratorNode(items, position, "tuple", source))


_Family = Callable[[Builder, int, int], int]
_LEAVES: Weighted[_Family] = Weighted([(60, _constant), (40, _tensor)])
_KINDS: Weighted[_Family] = Weighted(
    [
        (12, _constant),
        (12, _tensor),
        (16, _list),
        (10, _tuple),
        (11, _dict),
        (13, _object),
        (4, _set),
        (3, _frozenset),
        (3, _slice),
        (2, _range),
        (4, _named_tuple),
        (4, _ordered_dict),
        (5, _deque),
        (2, _function),
        (2, _partial),
        (2, _iterator),
    ]
)
