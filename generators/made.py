"""Drawing of what makers make: which maker, and what it is given.

Claim: each maker of MAKERS is drawn as often as its weight says, with arguments of the roles that it takes,
some of which others name as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from generators import callables, graph_outputs, limits, trackers
from generators.builder import Builder
from generators.case import GlobalName
from generators.constants import scalar
from generators.draw import Weighted
from generators.library import LIBRARY_CLASSES
from generators.makers import MAKERS
from generators.makers_callables import CALLABLE, CALLABLES, FORMAT, SIMPLE, SLOT, SLOTS, TEXTS, WHOLE_SYMBOL
from generators.makers_contexts import DECORATED, DECORATING, DECORATOR, ENTERED, MANAGER
from generators.makers_exceptions import ERROR_NAME, ERROR_NAMES, EXCEPTION
from generators.makers_odd import ODD_NAME, ODD_NAMES
from generators.makers_torch import HELD, ONE_OF_EACH
from generators.makers_values import NAMES
from generators.members import more
from generators.nodes import (
    BoundMethodNode,
    ConstantNode,
    FunctionNode,
    LibraryNode,
    ListNode,
    MadeNode,
    Node,
    ObjectNode,
    SymbolicNode,
    TensorNode,
)
from generators.roles import (
    ANY,
    DICT,
    ELEMENT,
    FLAG,
    FUNCTION,
    HOLDER,
    INT,
    ITERABLE,
    LIST,
    NUMBER,
    OBJECT,
    PREDICATE,
    RANGE,
    SEQUENCE,
    SET,
    SIZE,
    TENSOR,
    TEXT,
    TUPLE,
    Maker,
    Role,
    is_of_constants,
)

Drawn = Callable[[Builder, int], "int | None"]
"""Draws an argument at a depth; None where there can be none here."""


def draw_made(builder: Builder, depth: int) -> int:
    """A new value of any maker, and what it is made of."""
    return made(builder, None, depth, _NEW)


def draw_existing(builder: Builder, source: int, depth: int) -> int:
    """A value of any maker that may exist beforehand, at the source: all that it is made of exists too."""
    return made(builder, source, depth, _EXISTING)


def draw_range_iterator(builder: Builder, source: int, depth: int) -> int:
    """As `draw_existing`, an iterator over a range."""
    return existing(builder, source, "range_iterator")


def draw_keys(builder: Builder, source: int, depth: int) -> int:
    """As `draw_existing`, the keys of a dict."""
    return existing(builder, source, "keys")


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
    elif name == "list_method":
        held = _globally(builder, lambda source: ListNode((), source))
        arguments += [] if held is None else [held]
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
        argument = _argument(builder, role, depth, existing=existing, constant=existing and maker.constant)
        if argument is None:
            return None
        found.append(argument)
    return tuple(found)


def _argument(builder: Builder, role: Role, depth: int, *, existing: bool, constant: bool) -> int | None:
    reuse = builder.draw.chance(limits.REUSE_ARGUMENT)
    if existing or reuse:
        there = [*builder.existing] if existing else [*builder.opened, *builder.shareable]
        found = [at for at in there if role.accepts(builder.nodes[at])]
        if role == ITERABLE:
            found = [at for at in found if not isinstance(builder.nodes[at], ListNode)]
        if constant:
            found = [at for at in found if is_of_constants(builder.nodes, at)]
        if found:
            return builder.draw.choice(found)
        if existing:
            return _there(builder, role, depth)
    return _DRAWN[role](builder, depth)


def _there(builder: Builder, role: Role, depth: int) -> int | None:
    """An argument that exists beforehand, or a constant, where nothing that exists so far will do."""
    # what makers make stands in existing values, and these in what makers make
    from generators import sources

    if role in _CONSTANTS:
        return _CONSTANTS[role](builder)
    if role is ANY:
        return builder.add(ConstantNode(scalar(builder.draw)))
    if role is OBJECT:
        return sources.draw_object(builder, depth)
    return sources.draw_list(builder, depth) if role is LIST else None


def _constant(values: tuple[object, ...]) -> Callable[[Builder], int]:
    return lambda builder: builder.add(ConstantNode(builder.draw.choice(values)))  # type: ignore[arg-type]


_CONSTANTS: Mapping[Role, Callable[[Builder], int]] = {
    INT: _constant((0, 1, 2, -1, 7)),
    FLAG: _constant((True, False)),
    TEXT: _constant(("", "a", "{} and {}")),
    NUMBER: _constant((0, 1, -3, 2, 1.5, -0.0, 10**20)),
    SIZE: _constant((0, 1, 2, 7)),
    ELEMENT: _constant((0, 8, 1, True, 1.0, 16, 2, -0.0)),
    PREDICATE: _constant((None,)),
    **{role: _constant(names) for role, names in NAMES.items()},
    ERROR_NAME: _constant(ERROR_NAMES),
    SLOT: _constant(SLOTS),
    ODD_NAME: _constant(ODD_NAMES),
    FORMAT: _constant(TEXTS),
    SIMPLE: _constant((0, -1, 255, "", "é")),
}


def _sequence(builder: Builder, depth: int) -> int:
    return builder.draw.choice((trackers.draw_list, trackers.draw_tuple))(builder, depth + 1)


def _dict(builder: Builder, depth: int) -> int:
    return builder.draw.weighted(_DICTS)(builder, depth + 1)


_DICTS: Weighted[Callable[[Builder, int], int]] = Weighted(
    [(70, trackers.draw_dict), (15, trackers.draw_ordered_dict), (15, trackers.draw_default_dict)]
)


def element(builder: Builder) -> int:
    """A constant that an ordered set can hold."""
    return _CONSTANTS[ELEMENT](builder)


def _iterable(builder: Builder, depth: int) -> int:
    """Lists are rare: a compiler that copies what is iterated over gets those wrong each time."""
    return builder.draw.weighted(_ITERABLES)(builder, depth + 1)


_ITERABLES: Weighted[Callable[[Builder, int], int]] = Weighted(
    [
        (30, trackers.draw_tuple),
        (20, trackers.draw_range),
        (40, lambda builder, depth: trackers.draw_iterator(builder, depth, "tuple")),
        (4, trackers.draw_list),
    ]
)


def _size(builder: Builder, depth: int) -> int:
    if not builder.draw.chance(limits.SYMBOLIC_SIZE):
        return _CONSTANTS[SIZE](builder)
    found = [at for at in builder.shareable if SIZE.accepts(builder.nodes[at])]
    return (
        builder.draw.choice(found) if found else builder.add(SymbolicNode(limits.SYMBOLIC_OUTPUTS["int"].low))
    )


def _predicate(builder: Builder, depth: int) -> int:
    none = builder.draw.chance(limits.NO_PREDICATE)
    return _CONSTANTS[PREDICATE](builder) if none else callables.draw_function(builder, depth + 1)


def _holder(builder: Builder, depth: int) -> int:
    """An existing object, or a new function where there is none."""
    found = _object(builder, depth)
    return callables.draw_function(builder, depth + 1) if found is None else found


def _object(builder: Builder, depth: int) -> int | None:
    return _there(builder, OBJECT, depth)


def _tensor(builder: Builder, depth: int) -> int:
    found = [at for at in builder.shareable if TENSOR.accepts(builder.nodes[at])]
    return found[0] if found else builder.add(TensorNode(0))


def _callable(builder: Builder, depth: int) -> int | None:
    kind = builder.draw.choice(("function", "class", "partial", "made", "made"))
    if kind == "function":
        return callables.draw_function(builder, depth + 1)
    if kind == "partial":
        return callables.draw_partial(builder, depth + 1)
    if kind == "class":
        return builder.add(LibraryNode(builder.draw.choice(LIBRARY_CLASSES)))
    return _made_by(builder, depth + 1, ("builtin", "imported", "slot_method", "partial_of"))


def _made_by(builder: Builder, depth: int, names: tuple[str, ...]) -> int | None:
    """What one of these makers makes."""
    name = builder.draw.choice(names)
    arguments = _arguments(builder, MAKERS[name], depth, existing=False)
    return None if arguments is None else builder.add(MadeNode(name, arguments))


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
    ITERABLE: _iterable,
    RANGE: lambda builder, depth: trackers.draw_range(builder, depth + 1),
    HOLDER: _holder,
    CALLABLE: _callable,
    WHOLE_SYMBOL: lambda builder, depth: builder.add(SymbolicNode(graph_outputs.output(builder, "int"))),
    EXCEPTION: lambda builder, depth: _made_by(builder, depth + 1, ("error", "user_error")),
    DECORATOR: _of_one(DECORATING),
    MANAGER: _of_one(ENTERED),
    DECORATED: _to_decorate,
    **{role: lambda builder, depth, draw=draw: draw(builder) for role, draw in _CONSTANTS.items()},  # type: ignore[misc]
    SIZE: _size,
    PREDICATE: _predicate,
}
"""How an argument of each role is drawn anew."""

LOOKED_INTO = tuple(
    name
    for name, maker in {**ONE_OF_EACH, **HELD, **CALLABLES}.items()
    if maker.stands == "beforehand" and maker.existing != "loaded"
)
"""Makers of what exists beforehand alone, and may have to be rebuilt."""

_NEW: Weighted[str] = Weighted(
    [(maker.weight, name) for name, maker in MAKERS.items() if maker.stands == "anywhere"]
)
_EXISTING: Weighted[str] = Weighted(
    [(maker.weight, name) for name, maker in MAKERS.items() if maker.existing != "never" and maker.weight]
)
