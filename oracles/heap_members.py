"""What the insides of any program's values are, and how those of two are held against each other.

Claim: nothing is asked of a value but through the methods of the interpreter's own classes, so that no
`__eq__`, `__iter__`, `__len__` or `__getattribute__` of the program runs.
"""

from __future__ import annotations

import collections
import functools
import itertools
import marshal
import types
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from oracles import heap_allowed
from oracles import members as plain
from oracles.heap_attributes import attributes, by_name, dict_of, slots_of
from oracles.members import ATOM_BITS, in_order

if TYPE_CHECKING:
    from oracles.heap import HeapWalk
    from oracles.values import Path

Members: TypeAlias = "Callable[[HeapWalk, Any, Any, Path], None]"

HEAP_TYPE: Final = 1 << 9
"""Of `type.__flags__`: made while Python runs, as a class of a program is."""

NOT_OF_A_CLASS = frozenset(
    {"__dict__", "__weakref__", "__module__", "__qualname__", "__abstractmethods__", "_abc_impl"}
    | {"__firstlineno__", "__static_attributes__", "__annotate_func__", "__annotations_cache__"}
)
"""Entries of a class that are the interpreter's, or are compared by another name."""


# --- containers ------------------------------------------------------------------------------------------


def _items(kind: type) -> Callable[[Any], list[Any]]:
    return lambda value: list(kind.__iter__(value))  # type: ignore[attr-defined]


def _sequence(kind: type) -> Members:
    taken = _items(kind)

    def members(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
        mine, theirs = taken(actual), taken(expected)
        made_of = () if id(expected) in walk.partner or kind is not tuple else tuple(theirs)
        with walk.inside(made_of):
            plain.sequence(walk, mine, theirs, path)
        attributes(walk, actual, expected, path)

    return members


def _mapping(kind: type) -> Members:
    def members(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
        mine, theirs = list(kind.items(actual)), list(kind.items(expected))  # type: ignore[attr-defined]
        walk.same_length(mine, theirs, path)
        for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            walk.visit(one[0], other[0], (*path, ("key", at)))
            walk.visit(one[1], other[1], (*path, ("value", at)))
        attributes(walk, actual, expected, path)

    return members


def _default_dict(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    factory = collections.defaultdict.__dict__["default_factory"]
    walk.visit(factory.__get__(actual), factory.__get__(expected), (*path, ("attribute", "default_factory")))
    _mapping(dict)(walk, actual, expected, path)


def _deque(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    limit = collections.deque.__dict__["maxlen"]
    walk.visit(limit.__get__(actual), limit.__get__(expected), (*path, ("attribute", "maxlen")))
    _sequence(collections.deque)(walk, actual, expected, path)


def _elements(kind: type) -> Members:
    taken = _items(kind)

    def members(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
        mine, theirs = _grouped(walk, taken(actual), True), _grouped(walk, taken(expected), False)
        walk.same_length(taken(actual), taken(expected), path)
        for key in theirs:
            if len(mine.get(key, ())) != len(theirs[key]):
                lacking = walk.describe(theirs[key][0])
                told = f"has another number of elements like {lacking}"
                walk.differs("elements", path, actual, expected, told)
            if len(theirs[key]) == 1:
                walk.visit(mine[key][0], theirs[key][0], (*path, ("element", 0)))
            else:
                # which of them stands for which cannot be told: a set has no order
                walk.unjudged["elements of a set that look alike"] += len(theirs[key])
        attributes(walk, actual, expected, path)

    return members


def _grouped(walk: HeapWalk, elements: list[Any], mine: bool) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for each in elements:
        groups.setdefault(walk.fingerprint(each, mine), []).append(each)
    return groups


def _scalar(kind: type) -> Members:
    """An instance of a class that is derived from one of atoms: its bits as such, and its attributes."""

    def members(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
        mine, theirs = (ATOM_BITS[kind](_as(kind, each)) for each in (actual, expected))
        if mine != theirs:
            walk.differs("bits", path, actual, expected, f"is {mine!r}, not {theirs!r}")
        attributes(walk, actual, expected, path)

    return members


def _as(kind: type, value: Any) -> Any:
    """The value as one of the plain class, made without its own methods."""
    if kind is str:
        return str.__str__(value)
    if kind is bytes:
        return bytes.__getitem__(value, slice(None))
    if kind is complex:
        return complex.__pos__(value)
    return {int: int.__int__, float: float.__float__}[kind](value)


def _slice(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    for name in ("start", "stop", "step"):
        walk.visit(getattr(actual, name), getattr(expected, name), (*path, ("attribute", name)))


def _view(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    """A view: of which mapping it is, where that can be asked."""
    if hasattr(expected, "mapping"):
        walk.visit(dict(actual.mapping), dict(expected.mapping), (*path, ("attribute", "mapping")))


def _proxy(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    mine, theirs = actual | {}, expected | {}
    walk.visit(list(mine.items()), list(theirs.items()), (*path, ("part", 0)))


def _bytearray(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    if bytes(actual) != bytes(expected):
        walk.differs("bits", path, actual, expected, "holds other bytes")


# --- code ------------------------------------------------------------------------------------------------


def same_code(actual: types.CodeType, expected: types.CodeType) -> bool:
    """Do two code objects do the same under the same name?"""
    # a NaN among the constants is equal to none
    return actual is expected or actual == expected or marshal.dumps(actual) == marshal.dumps(expected)


def _function(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    if not same_code(actual.__code__, expected.__code__):
        told = f"has the code of {actual.__code__.co_name}, not of {expected.__code__.co_name}"
        walk.differs("code", path, actual, expected, told)
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        walk.visit(getattr(actual, name), getattr(expected, name), (*path, ("attribute", name)))
    made_of = () if id(expected) in walk.partner else expected.__defaults__ or ()
    with walk.inside(made_of):
        in_order(walk, actual.__defaults__, expected.__defaults__, path, "default")
    by_name(walk, actual.__kwdefaults__ or {}, expected.__kwdefaults__ or {}, path, "keyword default")
    if "__annotate__" not in dir(expected):
        # 3.14 computes them when they are asked for
        by_name(walk, actual.__annotations__, expected.__annotations__, path, "annotation")
    in_order(walk, actual.__closure__, expected.__closure__, path, "cell")
    attributes(walk, actual, expected, path)
    namespace(walk, actual.__globals__, expected.__globals__, (*path, ("attribute", "__globals__")))


def namespace(walk: HeapWalk, actual: dict[str, Any], expected: dict[str, Any], path: Path) -> None:
    """The globals of a module or a function: looked at later, since they hold the whole program."""
    if actual is expected or not walk.identify(actual, expected, path):
        return
    walk.later(lambda: names_of_namespace(walk, actual, expected, path))


def names_of_namespace(walk: HeapWalk, actual: dict[str, Any], expected: dict[str, Any], path: Path) -> None:
    """What the names of a namespace stand for; its order counts, but not what only one side may have."""
    mine, theirs = (
        {name: value for name, value in each.items() if name not in _NOT_OF_A_PROGRAM}
        for each in (actual, expected)
    )
    by_name(walk, *heap_allowed.globals_without(walk, mine, theirs), path, "value of")


_NOT_OF_A_PROGRAM = frozenset({"__builtins__", "__spec__", "__loader__", "__cached__", "__warningregistry__"})
"""Globals that are the interpreter's: the last one says which warnings were shown, and where C code warned is
told by the frame that runs just then."""


def _cached(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    """A function with an lru_cache; `__wrapped__` is one of its attributes."""
    if actual.cache_info() != expected.cache_info():
        walk.allowed[heap_allowed.CACHE] += 1
    attributes(walk, actual, expected, path)


def _method(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    walk.visit(actual.__func__, expected.__func__, (*path, ("attribute", "__func__")))
    walk.visit(actual.__self__, expected.__self__, (*path, ("self", 0)))


def _builtin_method(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    if actual.__name__ != expected.__name__:
        told = f"is the method {actual.__name__}, not {expected.__name__}"
        walk.differs("code", path, actual, expected, told)
    walk.visit(actual.__self__, expected.__self__, (*path, ("self", 0)))


def _module(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    namespace(walk, vars(actual), vars(expected), path)


def _parts(*names: str) -> Members:
    """Attributes that the interpreter's own class has."""

    def members(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
        for name in names:
            mine, theirs = getattr(actual, name, None), getattr(expected, name, None)
            walk.visit(mine, theirs, (*path, ("attribute", name)))

    return members


def _named_only(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    """A descriptor that the interpreter makes for a slot: its name says all."""
    if actual.__name__ != expected.__name__:
        walk.differs("code", path, actual, expected, f"is {actual.__name__}, not {expected.__name__}")


def _reference(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    walk.visit(actual(), expected(), (*path, ("attribute", "()")))


def members_of_class(walk: HeapWalk, actual: type, expected: type, path: Path) -> None:
    """Name, bases and entries of two classes."""
    for name in ("__module__", "__qualname__"):
        mine, theirs = getattr(actual, name), getattr(expected, name)
        if mine != theirs:
            walk.differs("code", path, actual, expected, f"has {name} {mine!r}, not {theirs!r}")
    in_order(walk, list(actual.__bases__), list(expected.__bases__), path, "part")
    entries = heap_allowed.without(walk, _entries(actual), _entries(expected))
    by_name(walk, entries[0], entries[1], path, "attribute")


def _entries(kind: type) -> dict[str, Any]:
    return {name: value for name, value in kind.__dict__.items() if name not in NOT_OF_A_CLASS}


# --- what a call ended with --------------------------------------------------------------------------------


class Raised:
    """A call, or the next step of an iterator, that raised."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __repr__(self) -> str:
        return f"raised {self.error!r}"


class Returned:
    """A call that returned."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"returned {self.value!r}"


def _raised(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    walk.visit(actual.error, expected.error, (*path, ("error", 0)))


def _returned(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    walk.visit(actual.value, expected.value, path)


# --- what runs: exceptions, generators, iterators ---------------------------------------------------------


def _exception(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    """Arguments, attributes, cause, context, and whether the context is shown."""
    args, cause = BaseException.__dict__["args"], BaseException.__dict__["__cause__"]
    context, shown = (BaseException.__dict__[name] for name in ("__context__", "__suppress_context__"))
    in_order(walk, list(args.__get__(actual)), list(args.__get__(expected)), path, "argument")
    attributes(walk, actual, expected, path)
    for name, asked in (("__cause__", cause), ("__context__", context), ("__suppress_context__", shown)):
        walk.visit(asked.__get__(actual), asked.__get__(expected), (*path, ("attribute", name)))


def _generator(prefix: str) -> Members:
    def members(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
        mine, theirs = (getattr(each, f"{prefix}_code") for each in (actual, expected))
        if not same_code(mine, theirs):
            walk.differs("code", path, actual, expected, f"runs {mine.co_name}, not {theirs.co_name}")
        frames = [getattr(each, f"{prefix}_frame") for each in (actual, expected)]
        if (frames[0] is None) != (frames[1] is None):
            told = "is at its end" if frames[0] is None else "is not at its end"
            walk.differs("length", path, actual, expected, f"{told}, and the expected is not so")
        if frames[0] is not None:
            held = [dict(frame.f_locals) for frame in frames]
            by_name(walk, held[0], held[1], path, "local of")
        if prefix == "gi":
            walk.at_last(lambda: _rest(walk, actual, expected, path))

    return members


def _iterator(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    walk.at_last(lambda: _rest(walk, actual, expected, path))


def _rest(walk: HeapWalk, actual: Iterator[Any], expected: Iterator[Any], path: Path) -> None:
    """What is left in both, item by item."""
    from oracles.heap import LEFT

    for at in range(LEFT):
        mine, theirs = _taken(actual), _taken(expected)
        if len(mine) != len(theirs):
            told = "has no more items" if len(mine) < len(theirs) else "has more items"
            walk.differs("length", path, actual, expected, f"{told} after {at}, and the expected is not so")
        if not theirs:
            return
        walk.visit(mine[0], theirs[0], (*path, ("remaining", at)))
        if isinstance(theirs[0], Raised):
            return


def _taken(iterator: Iterator[Any]) -> list[Any]:
    try:
        return [next(iterator)]
    except StopIteration:
        return []
    except Exception as error:  # noqa: BLE001 - the program's own: held against that of the other side
        return [Raised(error)]


# --- the tables ------------------------------------------------------------------------------------------

_CONTAINERS: dict[type, Members] = {
    list: _sequence(list),
    tuple: _sequence(tuple),
    collections.OrderedDict: _mapping(collections.OrderedDict),
    collections.defaultdict: _default_dict,
    dict: _mapping(dict),
    collections.deque: _deque,
    set: _elements(set),
    frozenset: _elements(frozenset),
    BaseException: _exception,
    bytearray: _bytearray,
    functools.partial: plain.partial,
    **{kind: _scalar(kind) for kind in (int, float, complex, str, bytes)},
}

RULES: dict[type, Members] = {
    **{kind: rule for kind, rule in _CONTAINERS.items() if kind not in ATOM_BITS},
    slice: _slice,
    range: _slice,
    types.FunctionType: _function,
    types.CellType: plain.cell,
    types.MethodType: _method,
    types.BuiltinMethodType: _builtin_method,
    types.MethodWrapperType: _builtin_method,
    types.MappingProxyType: _proxy,
    types.GeneratorType: _generator("gi"),
    types.CoroutineType: _generator("cr"),
    types.AsyncGeneratorType: _generator("ag"),
    types.GetSetDescriptorType: _named_only,
    types.MemberDescriptorType: _named_only,
    types.WrapperDescriptorType: _named_only,
    property: _parts("fget", "fset", "fdel", "__doc__"),
    staticmethod: _parts("__func__"),
    classmethod: _parts("__func__"),
    super: _parts("__thisclass__", "__self__"),
    types.GenericAlias: _parts("__origin__", "__args__"),
    memoryview: _parts("obj", "format", "shape", "strides", "readonly"),
    weakref.ref: _reference,
    functools._lru_cache_wrapper: _cached,
    Raised: _raised,
    Returned: _returned,
    **dict.fromkeys((type({}.keys()), type({}.values()), type({}.items())), _view),
}
"""Exact classes, and what is compared of their values."""

DERIVED: list[tuple[type, Members]] = [
    (types.ModuleType, _module),
    *_CONTAINERS.items(),
]
"""Classes that others derive from, the more special one first; its rule compares attributes too."""

_ITERABLES: tuple[Any, ...] = ([], (), {}, {}.values(), {}.items(), set(), "", b"", range(0), range(1 << 70))
_REVERSIBLE: tuple[Any, ...] = ([], {}, {}.values(), {}.items(), range(0))
_ITERATORS = frozenset(
    {type(iter(each)) for each in _ITERABLES}
    | {type(reversed(each)) for each in _REVERSIBLE}
    | {zip, map, filter, enumerate, reversed, type(iter(int, 1))}
    | {kind for kind in vars(itertools).values() if isinstance(kind, type) and hasattr(kind, "__next__")}
)
"""Iterators of the interpreter's own: what is left in them is what they are."""


def of_unknown(value: Any) -> Members:
    """The rule for a value of none of those classes."""
    kind = type(value)
    if kind in _ITERATORS:
        return _iterator
    if kind.__flags__ & HEAP_TYPE and (dict_of(value) is not None or slots_of(value)):
        return attributes
    if kind.__flags__ & HEAP_TYPE and kind.__basicsize__ <= _EMPTY_SIZE:
        return attributes
    return _by_reduction


class _Empty: ...


_EMPTY_SIZE = _Empty.__basicsize__


def _by_reduction(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    """What the interpreter's own class says of a value for copying it, where it says anything."""
    try:
        mine, theirs = actual.__reduce_ex__(4), expected.__reduce_ex__(4)
    except Exception:  # noqa: BLE001 - it cannot be copied, and says so in a way of its own
        walk.unknown(expected)
        return
    if isinstance(theirs, str) or isinstance(mine, str):
        walk.visit(mine, theirs, (*path, ("part", 0)))
        return
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        made = [list(each) if isinstance(each, Iterator) else each for each in (one, other)]
        walk.visit(made[0], made[1], (*path, ("part", at)))
