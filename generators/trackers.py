"""Containers that the emitted code has to build: list, tuple, dict.

Claim: any node may stand in any place of any container, dict keys being constants or tuples of constants
that no two of are one key.
"""

from __future__ import annotations

from collections.abc import Hashable

from generators.builder import Builder
from generators.case import DictNode, ListNode, TupleNode
from generators.members import key, more


def _children(builder: Builder, depth: int) -> tuple[int, ...]:
    return tuple(builder.node(depth + 1) for _ in more(builder))


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
            items.append((index, builder.node(depth + 1)))
    return builder.add(DictNode(tuple(items)))
