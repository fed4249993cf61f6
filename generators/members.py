"""What every container draws: how many members, and the keys of a dict.

Claim: no two keys of one dict are one key, and no size is drawn ahead of the members.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from generators import limits
from generators.builder import Builder
from generators.case import ConstantNode, TupleNode
from generators.constants import scalar
from generators.keys import key_identity


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
