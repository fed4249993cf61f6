"""Instances of users' classes, new and existing.

Claim: every class of USER_CLASSES is drawn, holding what its base may hold, with attributes and without.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator

from generators import limits
from generators.builder import Builder
from generators.case import Attribute, DictItemByKey, DictKey, Item, Source
from generators.constants import scalar
from generators.draw import Weighted
from generators.instances import MAPPINGS, SEQUENCES, USER_CLASSES
from generators.keys import key_identity
from generators.members import children, elements, more, pairs, plain_key
from generators.nodes import ConstantNode, InstanceNode, Node

_NEW: Weighted[str] = Weighted(
    [
        (18 if name == "FrozenRecord" else 10, name)
        for name, kind in USER_CLASSES.items()
        if not kind.existing_only
    ]
)
_EXISTING: Weighted[str] = Weighted(
    # codegens rebuild no other
    [(30 if name == "FrozenRecord" else 10, name) for name in USER_CLASSES]
)


def draw_instance(builder: Builder, depth: int) -> int:
    """A new instance of any class that the frame can make one of, and what it holds."""
    name = builder.draw.weighted(_NEW)
    base = USER_CLASSES[name].base

    def finish() -> Node:
        inside = elements(builder) if base == "set" else children(builder, depth) if base in SEQUENCES else ()
        entries = pairs(builder, depth) if base in MAPPINGS else ()
        return InstanceNode(
            name, inside, entries, _attributes(builder, name, lambda at: builder.node(depth + 1))
        )

    if base != "tuple" and builder.draw.chance(limits.OPEN_CONTAINER):
        return builder.close(builder.open(InstanceNode(name)), finish())
    return builder.add(finish())


def existing_instance(
    builder: Builder,
    source: int,
    name: str | None,
    part: Callable[[], int],
    member: Callable[[Source], int],
) -> int:
    """An instance at the source, of the class `name` or of any. `part` draws what it holds where no source
    leads, `member` what is at a link."""
    name = builder.draw.weighted(_EXISTING) if name is None else name
    base = USER_CLASSES[name].base
    inside: tuple[int, ...] = ()
    entries: tuple[tuple[int, int], ...] = ()
    if base == "set":
        inside = tuple(_keys(builder))
    elif base in ("list", "tuple"):
        inside = tuple([member(Item(source, at)) for at in more(builder)])
    elif base in SEQUENCES:
        inside = tuple([part() for _ in more(builder)])
    elif base in ("dict", "ordered_dict"):
        entries = tuple(_entries(builder, source, member))
    elif base in MAPPINGS:
        entries = tuple([(key, part()) for key in _keys(builder)])
    hidden = USER_CLASSES[name].through_dict
    named = _attributes(
        builder, name, lambda at: part() if hidden else member(Attribute(source, limits.ATTRIBUTE_NAMES[at]))
    )
    return builder.add(InstanceNode(name, inside, entries, named, source))


def _entries(builder: Builder, source: int, member: Callable[[Source], int]) -> Iterator[tuple[int, int]]:
    """Keys, each loaded by its position, and what the dict has under them."""
    taken: set[Hashable] = set()
    for position in more(builder):
        value = scalar(builder.draw)
        identity = key_identity(value)
        if value != value or identity in taken:
            return
        taken.add(identity)
        by = builder.add_source(DictKey(source, position))
        key = builder.add(ConstantNode(value, by))
        yield key, member(DictItemByKey(source, by))


def _keys(builder: Builder) -> Iterator[int]:
    taken: set[Hashable] = set()
    for _ in more(builder):
        index = plain_key(builder, taken)
        if index is not None:
            yield index


def _attributes(builder: Builder, name: str, member: Callable[[int], int]) -> tuple[tuple[str, int], ...]:
    names = limits.ATTRIBUTE_NAMES
    wanted = USER_CLASSES[name].base == "object" or builder.draw.chance(limits.EXTRA_ATTRIBUTES)
    places = itertools.islice(more(builder), len(names)) if wanted else ()
    return tuple([(names[at], member(at)) for at in places])
