"""What the members of each type of value are, and how those of two values are held against each other.

Claim: for every type in MEMBERS, two values whose members visit as equal behave alike, up to identity, which
the walk itself looks at. Nothing is consumed: an iterator is left where it stands.
"""

from __future__ import annotations

import collections
import functools
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from types import BuiltinMethodType, CellType, CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from oracles.graph_values import memory_of
from oracles.instances import CLASSES, attributes_of, base_class
from oracles.makers import PARTS, parts_of
from oracles.makers_values import ATOMS
from oracles.making import Converted

if TYPE_CHECKING:
    from oracles.values import Path, Walk

Members: TypeAlias = "Callable[[Walk, Any, Any, Path], None]"

_EMPTY = object()
_LIST_ITERATOR: type[Any] = type(iter([]))
_TUPLE_ITERATOR: type[Any] = type(iter(()))


def _float_bits(value: float) -> bytes:
    return struct.pack("<d", value)


ATOM_BITS: dict[type, Callable[[Any], Any]] = {
    type(None): lambda value: None,
    bool: lambda value: value,
    int: lambda value: value,
    float: _float_bits,
    complex: lambda value: struct.pack("<dd", value.real, value.imag),
    str: lambda value: value,
    bytes: lambda value: value,
    type(...): lambda value: None,
    type: id,
    **ATOMS,
}
"""Each type of atom, and what two equal atoms of it have in common. A class is one: nothing copies it."""


def also_atoms(*kinds: type) -> None:
    """Take the values of more types for atoms, equal ones for one: a compiler has constants of its own."""
    ATOM_BITS.update(dict.fromkeys(kinds, lambda value: value))


def named_tuple(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """Items in order. A new one is made from a tuple of them, which may be one constant."""
    made_of = () if id(expected) in walk.partner else tuple(expected)
    with walk.inside(made_of):
        sequence(walk, actual, expected, path)


def tuple_of_a_class(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """Items in order, and attributes where there can be any."""
    named_tuple(walk, actual, expected, path)
    if hasattr(expected, "__dict__"):
        attributes(walk, actual, expected, path)


def sequence(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """Items in order."""
    walk.same_length(actual, expected, path)
    for at, (mine, theirs) in enumerate(zip(actual, expected, strict=True)):
        walk.visit(mine, theirs, (*path, ("item", at)))


def _mapping(walk: Walk, actual: Mapping[Any, Any], expected: Mapping[Any, Any], path: Path) -> None:
    walk.same_length(actual, expected, path)
    for at, (mine, theirs) in enumerate(zip(actual.items(), expected.items(), strict=True)):
        walk.visit(mine[0], theirs[0], (*path, ("key", at)))
        walk.visit(mine[1], theirs[1], (*path, ("value", at)))


def struct_sequence(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """Fields in order, and then those that have a name and no place."""
    named_tuple(walk, actual, expected, path)
    by_name(walk, actual.__reduce__()[1][1], expected.__reduce__()[1][1], path, "attribute")


def attributes(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """What is in the `__dict__`, in order, and that it is nothing else's."""
    if id(expected) not in walk.unpromised:
        walk.identify(vars(actual), vars(expected), (*path, ("attribute", "__dict__")))
    by_name(walk, vars(actual), vars(expected), path, "attribute")


def opaque(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """A paired object whose inside this comparison does not look at: a tensor, a graph value."""


def over_memory(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """The memory that an array or a tensor of a subclass lies over, and how; then its attributes."""
    mine, theirs = (memory_of(value, history=walk.history) for value in (actual, expected))
    if mine != theirs:
        walk.differs("memory", path, actual, expected, f"lies over {mine}, not {theirs}")
    if hasattr(expected, "__dict__"):
        attributes(walk, actual, expected, path)


def by_name(walk: Walk, mine: Any, theirs: Any, path: Path, step: str) -> None:
    """Equal names in equal order, and what they name."""
    mine, theirs = mine or {}, theirs or {}
    if list(mine) != list(theirs):
        told = f"has {step}s {list(mine)}, not {list(theirs)}"
        walk.differs("names", path, mine, theirs, told)
    for name in theirs:
        walk.visit(mine[name], theirs[name], (*path, (step, name)))


def in_order(walk: Walk, mine: Any, theirs: Any, path: Path, step: str) -> None:
    """Equally many, and each."""
    mine, theirs = mine or (), theirs or ()
    if len(mine) != len(theirs):
        walk.differs("length", path, mine, theirs, f"has {len(mine)} {step}s, not {len(theirs)}")
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        walk.visit(one, other, (*path, (step, at)))


def _default_dict(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    mine, theirs = actual.default_factory, expected.default_factory
    if mine is not theirs:
        walk.differs(
            "bits", path, actual, expected, f"has default_factory {_told(mine)}, not {_told(theirs)}"
        )
    _mapping(walk, actual, expected, path)


def _method(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    mine = getattr(actual, "__func__", actual.__name__)
    theirs = getattr(expected, "__func__", expected.__name__)
    if mine != theirs:
        told = f"is the method {actual.__name__}, not {expected.__name__}"
        walk.differs("code", path, actual, expected, told)
    if actual is not expected:
        walk.visit(actual.__self__, expected.__self__, (*path, ("self", 0)))


def _deque(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    if actual.maxlen != expected.maxlen:
        told = f"has maxlen {actual.maxlen}, not {expected.maxlen}"
        walk.differs("bits", path, actual, expected, told)
    sequence(walk, actual, expected, path)


def _slice(walk: Walk, actual: slice, expected: slice, path: Path) -> None:
    for name in ("start", "stop", "step"):
        walk.visit(getattr(actual, name), getattr(expected, name), (*path, ("attribute", name)))


_range = _slice


def _elements(walk: Walk, actual: Iterable[Any], expected: Iterable[Any], path: Path) -> None:
    walk.same_length(actual, expected, path)
    mine = {signature(element, {}): element for element in actual}
    theirs = {signature(element, walk.partner): element for element in expected}
    lacking = [walk.describe(theirs[key]) for key in theirs.keys() - mine.keys()]
    if lacking:
        extra = [walk.describe(mine[key]) for key in mine.keys() - theirs.keys()]
        told = f"has {', '.join(sorted(extra))} in the place of {', '.join(sorted(lacking))}"
        walk.differs("elements", path, actual, expected, told)
    for key, element in theirs.items():
        walk.visit(mine[key], element, (*path, ("element", 0)))


def signature(value: Any, partner: Mapping[int, Any]) -> Any:
    """Equal for two elements exactly when one may stand for the other: type and bits of atoms, structure of
    tuples and frozensets, and otherwise the object, or the one that `partner` says it stands for."""
    kind = type(value)
    if kind in ATOM_BITS:
        return kind, ATOM_BITS[kind](value)
    if kind is tuple:
        return kind, tuple([signature(member, partner) for member in value])
    if kind is frozenset:
        return kind, frozenset([signature(member, partner) for member in value])
    return "object", id(partner.get(id(value), value))


def _remaining(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    in_order(walk, left_of(actual), left_of(expected), path, "remaining")


def left_of(iterator: Any) -> list[Any]:
    """The items that an iterator over a list or a tuple still has; it is not moved."""
    reduced = iterator.__reduce__()
    if len(reduced) < 3:  # exhausted: (iter, (empty,))
        return list(reduced[1][0])
    return list(reduced[1][0][reduced[2] :])


def _told(value: object) -> str:
    """An object without its address and without the folder of its code, which are others in each run."""
    if isinstance(value, CodeType):
        return f"<{value.co_name} of {PurePath(value.co_filename).name}, line {value.co_firstlineno}>"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _function(walk: Walk, actual: FunctionType, expected: FunctionType, path: Path) -> None:
    if actual is expected:
        return  # one that every process has one of: what it holds is no part of any world
    for name in ("__code__", "__name__", "__qualname__"):
        mine, theirs = getattr(actual, name), getattr(expected, name)
        # a decorator may give each function that it makes a code object of its own
        same = (
            mine is theirs if name == "__code__" and not hasattr(expected, "__wrapped__") else mine == theirs
        )
        if not same:
            told = f"has {name} {_told(mine)}, not {_told(theirs)}"
            walk.differs("code", path, actual, expected, told)
    module = expected.__globals__
    # the namespace of a world has no name: its functions have that of their frame, or one of their own, and
    # what wraps one has its name
    named: object = expected.__module__
    if named is None:
        wraps = "__name__" in expected.__globals__
        wrapped = vars(actual).get("__wrapped__", actual) if wraps else actual
        named = getattr(wrapped, "__globals__", {}).get("__name__")
    if actual.__module__ != named:
        walk.differs("code", path, actual, expected, f"has __module__ {actual.__module__!r}, not {named!r}")
    if id(expected) not in walk.partner and actual.__globals__ is not walk.partner.get(id(module), module):
        walk.differs("code", path, actual, expected, "has other __globals__ than its frame")
    made_of = () if id(expected) in walk.partner else expected.__defaults__ or ()
    with walk.inside(made_of):
        in_order(walk, actual.__defaults__, expected.__defaults__, path, "default")
    by_name(walk, actual.__kwdefaults__, expected.__kwdefaults__, path, "keyword default")
    by_name(walk, actual.__annotations__, expected.__annotations__, path, "annotation")
    in_order(walk, actual.__closure__, expected.__closure__, path, "cell")
    walk.visit(actual.__doc__, expected.__doc__, (*path, ("doc", 0)))
    attributes(walk, actual, expected, path)


def cell(walk: Walk, actual: CellType, expected: CellType, path: Path) -> None:
    """What is in it, or that nothing is."""
    mine, theirs = _inside(actual), _inside(expected)
    if mine is _EMPTY and theirs is _EMPTY:
        return
    if mine is _EMPTY or theirs is _EMPTY:
        told = "is an empty cell, and should not be" if mine is _EMPTY else "is no empty cell, and should be"
        walk.differs("length", path, actual, expected, told)
    walk.visit(mine, theirs, (*path, ("contents", 0)))


def _inside(cell: CellType) -> Any:
    # an empty cell equals another empty one, and no contents are compared with it
    return _EMPTY if cell == CellType() else cell.cell_contents


class GivenBack(NamedTuple):
    """What calling a function gave, a tuple that begins with so many defaults of the function."""

    values: tuple[Any, ...]
    defaults: int


def _given_back(walk: Walk, actual: GivenBack, expected: GivenBack, path: Path) -> None:
    """Items in order. The defaults of a new function are made from a tuple, which may be one constant."""
    walk.same_length(actual.values, expected.values, path)
    count = expected.defaults
    for at, (mine, theirs) in enumerate(zip(actual.values, expected.values, strict=True)):
        with walk.inside(expected.values[:count] if at < count else ()):
            walk.visit(mine, theirs, (*path, ("item", at)))


def _conversion(walk: Walk, actual: Converted, expected: Converted, path: Path) -> None:
    for name in Converted.__slots__:
        walk.visit(getattr(actual, name), getattr(expected, name), (*path, ("attribute", name)))


def made_parts(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """What a maker was given, in order."""
    parts = parts_of(type(expected))
    if parts is not None:
        in_order(walk, parts(actual), parts(expected), path, "part")


def partial(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """Function, arguments, keywords and attributes."""
    walk.visit(actual.func, expected.func, (*path, ("function", 0)))
    in_order(walk, actual.args, expected.args, path, "argument")
    by_name(walk, actual.keywords, expected.keywords, path, "keyword")
    attributes(walk, actual, expected, path)


def instance(walk: Walk, actual: Any, expected: Any, path: Path) -> None:
    """What it holds as its base class does, and its attributes in order."""
    inside = _INSIDE.get(base_class(expected))
    if inside is not None:
        inside(walk, actual, expected, path)
    by_name(walk, attributes_of(actual), attributes_of(expected), path, "attribute")


_INSIDE: dict[type, Members] = {
    list: sequence,
    tuple: sequence,
    dict: _mapping,
    collections.OrderedDict: _mapping,
    collections.defaultdict: _default_dict,
    collections.deque: _deque,
    set: _elements,
}
"""What is compared of the contents of each class that a user's may be made from."""


MEMBERS: dict[type, Members] = {
    **_INSIDE,
    frozenset: _elements,
    slice: _slice,
    range: _range,
    _LIST_ITERATOR: _remaining,
    _TUPLE_ITERATOR: _remaining,
    FunctionType: _function,
    CellType: cell,
    functools.partial: partial,
    MethodType: _method,
    Converted: _conversion,
    GivenBack: _given_back,
    BuiltinMethodType: _method,
    **dict.fromkeys(PARTS, made_parts),
    **dict.fromkeys(CLASSES.values(), instance),
}
