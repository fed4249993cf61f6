"""Containers that the emitted code has to build: list, tuple, dict.

Claim: any node may stand in any place of any container, dict keys being constants or tuples of constants
that no two of are one key.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from generators import families, limits
from generators.builder import Builder
from generators.case import ConstantNode, DictNode, ListNode, TupleNode
from generators.constants import scalar
from generators.rules import key_identity


def more(builder: Builder) -> Iterator[int]:
    """Positions 0, 1, … for as long as another child is wanted."""
    for position in range(limits.CHILDREN.high):
        if builder.full() or not builder.draw.chance(limits.MORE_CHILDREN):
            return
        yield position


def key(builder: Builder, taken: set[Hashable], *, sourced: bool = False) -> int | None:
    """A new key node for a dict whose keys so far are `taken`; None where the draw is one of them.

    With `sourced` a source is to lead through the key, so it must be a constant that a look-up finds: no
    tuple (Dynamo's own sources hold constants there), and nothing unequal to itself.
    """
    value = scalar(builder.draw)
    if sourced and value != value:
        return None
    if not sourced and builder.draw.chance(limits.TUPLE_KEY):
        identity: Hashable = (key_identity(value),)
        if identity in taken:
            return None
        taken.add(identity)
        return builder.add(TupleNode((builder.add(ConstantNode(value)),)))
    identity = key_identity(value)
    if identity in taken:
        return None
    taken.add(identity)
    return builder.add(ConstantNode(value))


def _children(builder: Builder, depth: int) -> tuple[int, ...]:
    return tuple(families.draw_node(builder, depth + 1) for _ in more(builder))


def draw_list(builder: Builder, depth: int) -> int:
    """A new list node and what is in it."""
    return builder.add(ListNode(_children(builder, depth)))


def draw_tuple(builder: Builder, depth: int) -> int:
    """A new tuple node and what is in it."""
    return builder.add(TupleNode(_children(builder, depth)))


def draw_dict(builder: Builder, depth: int) -> int:
    """A new dict node, its keys and its values."""
    taken: set[Hashable] = set()
    items = []
    for _ in more(builder):
        index = key(builder, taken)
        if index is not None:
            items.append((index, families.draw_node(builder, depth + 1)))
    return builder.add(DictNode(tuple(items)))
