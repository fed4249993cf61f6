"""Drawing of what makers make: which maker, and what it is given.

Claim: each maker of MAKERS is drawn as often as its weight says, with arguments of the roles that it takes,
some of which others name as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from generators import callables, limits, trackers
from generators.builder import Builder
from generators.case import GlobalName
from generators.draw import Weighted
from generators.makers import MAKERS
from generators.makers_contexts import DECORATED, DECORATING, DECORATOR, ENTERED, MANAGER
from generators.members import more
from generators.nodes import (
    BoundMethodNode,
    ConstantNode,
    FunctionNode,
    MadeNode,
    Node,
    ObjectNode,
    TensorNode,
)
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


def made(builder: Builder, source: int | None, depth: int, names: Weighted[str]) -> int:
    """A value of one of the makers; a constant where what it needs is not to be had."""
    name = builder.draw.weighted(names)
    arguments = _arguments(builder, MAKERS[name], depth, existing=source is not None)
    if arguments is None:
        return builder.add(ConstantNode(None, source))
    return builder.add(MadeNode(name, arguments, source))


def draw_entered(builder: Builder) -> int | None:
    """What stands on the stack for the exit of a manager: no other node names it."""
    return _new(builder, "entered", 0)


def draw_looked_into(builder: Builder) -> int | None:
    """A value that no frame makes and a compiler looks into, bound to a global; None: no name is free."""
    name = builder.draw.choice(LOOKED_INTO)
    arguments: list[int] = []
    if name == "sdpa_params":
        tensor = _globally(builder, lambda source: TensorNode(0, source))
        if tensor is None:
            return None
        arguments.append(tensor)
    elif name == "hooks" and builder.draw.chance(limits.WITH_HOOKS):
        function = _globally(builder, lambda source: FunctionNode(source=source))
        arguments += [] if function is None else [function]
    return _globally(builder, lambda source: MadeNode(name, tuple(arguments), source))


def _new(builder: Builder, name: str, depth: int) -> int | None:
    arguments = _arguments(builder, MAKERS[name], depth, existing=False)
    return None if arguments is None else builder.add(MadeNode(name, arguments))


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


def _of_one(names: tuple[str, ...]) -> Drawn:
    """A value of one of the makers, each as likely."""

    def draw(builder: Builder, depth: int) -> int | None:
        return _new(builder, builder.draw.choice(names), depth)

    return draw


def _globally(builder: Builder, node: Callable[[int], Node]) -> int | None:
    """A node that is bound to a global name of its own; None where all names are taken."""
    free = [name for name in limits.GLOBAL_NAMES if name not in builder.globals]
    if not free:
        return None
    builder.globals[free[0]] = builder.add(node(builder.add_source(GlobalName(free[0]))))
    return builder.globals[free[0]]


def _to_decorate(builder: Builder, depth: int) -> int | None:
    """What is decorated: in this order of simplicity."""
    kind = builder.draw.integer(0, 3)
    if kind == 0:
        return callables.draw_function(builder, depth + 1)
    if kind == 1:
        return _globally(builder, lambda source: FunctionNode(source=source))
    if kind == 2:
        return _globally(builder, lambda source: MadeNode("skipped_function", (), source))
    holder = _object(builder, depth)
    if holder is None:
        holder = _globally(builder, lambda source: ObjectNode((), source))
    return None if holder is None else builder.add(BoundMethodNode(holder, "method"))


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
    DECORATOR: _of_one(DECORATING),
    MANAGER: _of_one(ENTERED),
    DECORATED: _to_decorate,
    **{role: lambda builder, depth, draw=draw: draw(builder) for role, draw in _CONSTANTS.items()},  # type: ignore[misc]
}
"""How an argument of each role is drawn anew."""

LOOKED_INTO = tuple(
    name for name, maker in MAKERS.items() if maker.stands == "beforehand" and maker.existing != "loaded"
)
"""Makers of what exists beforehand alone, and may have to be rebuilt."""

_NEW: Weighted[str] = Weighted(
    [(maker.weight, name) for name, maker in MAKERS.items() if maker.stands == "anywhere"]
)
_EXISTING: Weighted[str] = Weighted(
    [(maker.weight, name) for name, maker in MAKERS.items() if maker.existing != "never"]
)
