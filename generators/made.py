"""Drawing of what makers make: which maker, and what it is given.

Claim: each maker of MAKERS is drawn as often as its weight says, with arguments of the roles that it takes,
some of which others name as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from generators import callables, limits, trackers
from generators.builder import Builder
from generators.draw import Weighted
from generators.makers import MAKERS
from generators.members import more
from generators.nodes import ConstantNode, MadeNode, ObjectNode, TensorNode
from generators.roles import (
    ANY,
    DICT,
    FLAG,
    FUNCTION,
    INT,
    LIST,
    OBJECT,
    SEQUENCE,
    SET,
    TENSOR,
    TEXT,
    TUPLE,
    Maker,
    Role,
)

Drawn = Callable[[Builder, int], "int | None"]
"""Draws an argument at a depth; None where there can be none here."""


def draw_made(builder: Builder, depth: int) -> int:
    """A new value of any maker, and what it is made of."""
    return made(builder, None, depth, _NEW)


def draw_existing(builder: Builder, source: int, depth: int) -> int:
    """A value of any maker that may exist beforehand, at the source: all that it is made of exists too."""
    return made(builder, source, depth, _EXISTING)


def existing(builder: Builder, source: int, name: str) -> int:
    """A value of one maker, at the source."""
    return made(builder, source, 0, Weighted([(1, name)]))


def made(builder: Builder, source: int | None, depth: int, names: Weighted[str]) -> int:
    """A value of one of the makers; a constant where what it needs is not to be had."""
    name = builder.draw.weighted(names)
    arguments = _arguments(builder, MAKERS[name], depth, existing=source is not None)
    if arguments is None:
        return builder.add(ConstantNode(None, source))
    return builder.add(MadeNode(name, arguments, source))


def _arguments(builder: Builder, maker: Maker, depth: int, *, existing: bool) -> tuple[int, ...] | None:
    roles = list(maker.takes)
    if maker.rest is not None:
        roles += [maker.rest for _ in itertools.islice(more(builder), limits.FEW.high)]
    found: list[int] = []
    for role in roles:
        argument = _argument(builder, role, depth, existing=existing)
        if argument is None:
            return None
        found.append(argument)
    return tuple(found)


def _argument(builder: Builder, role: Role, depth: int, *, existing: bool) -> int | None:
    reuse = builder.draw.chance(limits.REUSE_ARGUMENT)
    if existing or reuse:
        there = [*builder.existing] if existing else [*builder.opened, *builder.shareable]
        found = [at for at in there if role.accepts(builder.nodes[at])]
        if found:
            return builder.draw.choice(found)
        if existing:
            return _CONSTANTS[role](builder) if role in _CONSTANTS else None
    return _DRAWN[role](builder, depth)


def _constant(values: tuple[object, ...]) -> Callable[[Builder], int]:
    return lambda builder: builder.add(ConstantNode(builder.draw.choice(values)))  # type: ignore[arg-type]


_CONSTANTS: Mapping[Role, Callable[[Builder], int]] = {
    INT: _constant((0, 1, 2, -1, 7)),
    FLAG: _constant((True, False)),
    TEXT: _constant(("", "a", "{} and {}")),
}


def _sequence(builder: Builder, depth: int) -> int:
    return builder.draw.choice((trackers.draw_list, trackers.draw_tuple))(builder, depth + 1)


def _dict(builder: Builder, depth: int) -> int:
    return builder.draw.choice((trackers.draw_dict, trackers.draw_ordered_dict))(builder, depth + 1)


def _object(builder: Builder, depth: int) -> int | None:
    found = [at for at in builder.existing if isinstance(builder.nodes[at], ObjectNode)]
    return builder.draw.choice(found) if found else None


def _tensor(builder: Builder, depth: int) -> int:
    found = [at for at in builder.shareable if isinstance(builder.nodes[at], TensorNode)]
    return found[0] if found else builder.add(TensorNode(0))


_DRAWN: Mapping[Role, Drawn] = {
    ANY: lambda builder, depth: builder.node(depth + 1),
    LIST: lambda builder, depth: trackers.draw_list(builder, depth + 1),
    TUPLE: lambda builder, depth: trackers.draw_tuple(builder, depth + 1),
    SEQUENCE: _sequence,
    DICT: _dict,
    SET: lambda builder, depth: trackers.draw_set(builder, depth + 1),
    FUNCTION: lambda builder, depth: callables.draw_function(builder, depth + 1),
    OBJECT: _object,
    TENSOR: _tensor,
    **{role: lambda builder, depth, draw=draw: draw(builder) for role, draw in _CONSTANTS.items()},  # type: ignore[misc]
}
"""How an argument of each role is drawn anew."""

_NEW: Weighted[str] = Weighted([(maker.weight, name) for name, maker in MAKERS.items() if maker.new])
_EXISTING: Weighted[str] = Weighted(
    [(maker.weight, name) for name, maker in MAKERS.items() if maker.existing != "never" and maker.weight]
)
