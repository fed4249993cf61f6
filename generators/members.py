"""What every container draws: how many members, and the keys of a dict or elements of a set.

Claim: no two keys of one dict are one key, and no size is drawn ahead of the members (but for wide
containers, whose members repeat).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from generators import limits
from generators.builder import Builder
from generators.constants import scalar
from generators.draw import Weighted
from generators.graph_outputs import output
from generators.keys import HASHABLE, hashable, node_identity
from generators.makers_values import NAMED_KEYS, NAMES, VALUES
from generators.nodes import ConstantNode, FrozensetNode, MadeNode, Node, TensorNode, TupleNode


def more(builder: Builder) -> Iterator[int]:
    """Positions 0, 1, … for as long as another child is wanted."""
    for position in range(limits.CHILDREN.high):
        chance = limits.FEW_CHILDREN if builder.lean else limits.MORE_CHILDREN
        if builder.full() or not builder.draw.chance(chance):
            return
        yield position


def children(builder: Builder, depth: int) -> tuple[int, ...]:
    """The items of a new container at `depth`; once in a while more than 255."""
    if builder.draw.chance(limits.WIDE_CONTAINER):
        variety = builder.draw.integer(limits.WIDE_VARIETY.low, limits.WIDE_VARIETY.high)
        some = [builder.node(limits.DEPTH.high) for _ in range(variety)]
        count = builder.draw.integer(limits.WIDE.low, limits.WIDE.high)
        return tuple([some[at % variety] for at in range(count)])
    return tuple([builder.node(depth + 1) for _ in more(builder)])


def pairs(builder: Builder, depth: int) -> tuple[tuple[int, int], ...]:
    """The items of a new dict of either kind at `depth`; once in a while more than 255."""
    if builder.draw.chance(limits.WIDE_CONTAINER):
        value = builder.node(limits.DEPTH.high)
        count = builder.draw.integer(limits.WIDE.low, limits.WIDE.high)
        return tuple([(builder.add(ConstantNode(at)), value) for at in range(count)])
    taken: set[Hashable] = set()
    items = []
    for _ in more(builder):
        index = key(builder, taken)
        if index is not None:
            items.append((index, builder.node(depth + 1)))
    return tuple(items)


def elements(builder: Builder) -> tuple[int, ...]:
    """The elements of a new set or frozenset; once in a while more than 255."""
    if builder.draw.chance(limits.WIDE_CONTAINER):
        count = builder.draw.integer(limits.WIDE.low, limits.WIDE.high)
        return tuple([builder.add(ConstantNode(at)) for at in range(count)])
    taken: set[Hashable] = set()
    return tuple([index for index in (key(builder, taken) for _ in more(builder)) if index is not None])


def key(builder: Builder, taken: set[Hashable]) -> int | None:
    """A node that can be a key beside those `taken`; None where the draw is one of them."""
    index = builder.draw.weighted(_KEYS)(builder)
    identity = node_identity(builder.nodes, index)
    if identity in taken:
        return None
    taken.add(identity)
    return index


def plain_key(builder: Builder, taken: set[Hashable]) -> int | None:
    """As `key`, a constant that a look-up finds: a source may lead through it, so it equals itself."""
    value = scalar(builder.draw)
    if value != value or value in taken:
        return None
    taken.add(value)
    return builder.add(ConstantNode(value))


def _constant(builder: Builder) -> int:
    return builder.add(ConstantNode(scalar(builder.draw)))


def _tuple(builder: Builder) -> int:
    return builder.add(TupleNode((_constant(builder),)))


def _frozenset(builder: Builder) -> int:
    return builder.add(FrozensetNode((_constant(builder),)))


def _object(builder: Builder) -> int:
    """What is there already and is hashable, or a tensor."""
    can_be_key = hashable(builder.nodes)
    found = [at for at in builder.shareable if can_be_key[at] and type(builder.nodes[at]) in HASHABLE]
    reuse = builder.draw.chance(limits.REUSE_NODE)
    if found and reuse:
        return builder.draw.choice(found)
    tensor: Node = TensorNode(output(builder))
    return builder.add(tensor)


def _named(builder: Builder) -> int:
    """A member of an enum, or another value of which every process has one."""
    maker = builder.draw.choice(NAMED_KEYS)
    (role,) = VALUES[maker].takes
    name = builder.add(ConstantNode(builder.draw.choice(NAMES[role])))
    return builder.add(MadeNode(maker, (name,)))


_PLAIN_KEY = 100 - limits.TUPLE_KEY - limits.FROZENSET_KEY - limits.OBJECT_KEY - limits.NAMED_KEY
_KEYS: Weighted[Callable[[Builder], int]] = Weighted(
    [
        (_PLAIN_KEY, _constant),
        (limits.TUPLE_KEY, _tuple),
        (limits.FROZENSET_KEY, _frozenset),
        (limits.OBJECT_KEY, _object),
        (limits.NAMED_KEY, _named),
    ]
)
