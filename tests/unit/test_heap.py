"""The comparison of two runs, each rule with values made by hand: equal ones are equal, broken ones not."""

from __future__ import annotations

import collections
import functools
import itertools
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from oracles import heap_allowed
from oracles.heap import HeapWalk
from oracles.heap_members import DERIVED, RULES, Raised, Returned
from oracles.values import Difference

ROOT = ("root", 0)


def difference(actual: Any, expected: Any, paired: Any = ()) -> Difference | None:
    return HeapWalk(paired).look_at_all([(ROOT, actual, expected)])


class Plain:
    def method(self) -> None: ...

    def other(self) -> None: ...


class Slotted:
    __slots__ = ("a", "b")


class Items(list):  # type: ignore[type-arg]
    pass


class Table(dict):  # type: ignore[type-arg]
    pass


class Number(int):
    pass


class Text(str):
    __slots__ = ()


def with_attributes(kind: Callable[[], Any], **held: Any) -> Any:
    made = kind()
    for name, value in held.items():
        setattr(made, name, value)
    return made


def function(default: Any = 1, *, name: str = "f", note: Any = 0, keyword: Any = 2, cell: Any = 3) -> Any:
    def f(a: int, b: Any = default, *, c: Any = keyword) -> Any:
        return a, b, c, cell

    f.__qualname__, f.note = name, note  # type: ignore[attr-defined]
    return f


def started(n: int, stop: int = 4) -> Any:
    def count() -> Any:
        yield from range(stop)

    made = count()
    for _ in range(n):
        next(made)
    return made


def error(*args: Any, cause: Any = None, context: Any = None, shown: bool = False, **held: Any) -> Any:
    made = ValueError(*args)
    made.__cause__, made.__context__, made.__suppress_context__ = cause, context, shown
    vars(made).update(held)
    return made


def advanced(iterator: Any, n: int = 1) -> Any:
    for _ in range(n):
        next(iterator)
    return iterator


def read_only(value: Any, *, writable: bool = False) -> Any:
    return property(lambda self: value, (lambda self, new: None) if writable else None)


def cached(n: int) -> Any:
    made = functools.lru_cache(int)
    made.n = n  # type: ignore[attr-defined]
    return made


async def coroutine(n: int) -> int:
    return n


async def asynchronous(n: int) -> Any:
    yield n


def closed(coro: Any) -> Any:
    coro.close()
    return coro


KEPT = [Plain(), Plain()]

BROKEN: list[tuple[type | None, str, Callable[[], Any], Callable[[], Any]]] = [
    (list, "bits", lambda: [1, 2], lambda: [1, 3]),
    (list, "length", lambda: [1], lambda: [1, 1]),
    (list, "sharing-lost", lambda: [KEPT[0:0]] * 2, lambda: [[], []]),
    (list, "sharing-gained", lambda: [[], []], lambda: [KEPT[0:0]] * 2),
    (list, "type", lambda: [1], lambda: [True]),
    (tuple, "length", lambda: ([],), lambda: ()),
    (dict, "bits", lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}),
    (dict, "bits", lambda: {"a": 1}, lambda: {"a": 2}),
    (dict, "length", lambda: {"a": 1}, lambda: {}),
    (
        collections.OrderedDict,
        "bits",
        lambda: collections.OrderedDict(a=1),
        lambda: collections.OrderedDict(a=2),
    ),
    (
        collections.defaultdict,
        "type",
        lambda: collections.defaultdict(None),
        lambda: collections.defaultdict(list),
    ),
    (collections.deque, "type", lambda: collections.deque([1]), lambda: collections.deque([1], 3)),
    (collections.deque, "bits", lambda: collections.deque([1]), lambda: collections.deque([2])),
    (set, "elements", lambda: {1, 2}, lambda: {1, 3}),
    (set, "length", lambda: {1}, lambda: {1, 2}),
    (frozenset, "elements", lambda: frozenset([Plain]), lambda: frozenset([Slotted])),
    (BaseException, "bits", lambda: error(1), lambda: error(2)),
    (BaseException, "length", lambda: error(), lambda: error(2)),
    (BaseException, "names", lambda: error(), lambda: error(note=1)),
    (BaseException, "type", lambda: error(), lambda: error(cause=error())),
    (BaseException, "type", lambda: error(), lambda: error(context=error())),
    (BaseException, "bits", lambda: error(), lambda: error(shown=True)),
    (bytearray, "bits", lambda: bytearray(b"a"), lambda: bytearray(b"b")),
    (functools.partial, "bits", lambda: functools.partial(int, 1), lambda: functools.partial(int, 2)),
    (int, "bits", lambda: Number(1), lambda: Number(2)),
    (str, "bits", lambda: Text("a"), lambda: Text("b")),
    (slice, "type", lambda: slice([], None), lambda: slice([], 1)),
    (range, "bits", lambda: range(3), lambda: range(4)),
    (types.FunctionType, "bits", lambda: function(1), lambda: function(2)),
    (types.FunctionType, "bits", lambda: function(name="f"), lambda: function(name="g")),
    (types.FunctionType, "bits", lambda: function(note=1), lambda: function(note=2)),
    (types.FunctionType, "bits", lambda: function(keyword=1), lambda: function(keyword=2)),
    (types.FunctionType, "bits", lambda: function(cell=1), lambda: function(cell=2)),
    (types.FunctionType, "code", lambda: lambda: 1, lambda: lambda: 2),
    (types.CellType, "bits", lambda: types.CellType(1), lambda: types.CellType(2)),
    (types.MethodType, "code", lambda: Plain().method, lambda: Plain().other),
    (types.MethodType, "names", lambda: Plain().method, lambda: with_attributes(Plain, a=1).method),
    (types.BuiltinMethodType, "code", lambda: [].append, lambda: [].extend),
    (types.BuiltinMethodType, "length", lambda: [].append, lambda: [1].append),
    (types.MethodWrapperType, "code", lambda: [].__len__, lambda: [].__iter__),
    (None, "bits", lambda: (lambda: 1).__code__, lambda: (lambda: 2).__code__),
    (
        types.MappingProxyType,
        "bits",
        lambda: types.MappingProxyType({1: 1}),
        lambda: types.MappingProxyType({1: 2}),
    ),
    (types.GeneratorType, "bits", lambda: started(1), lambda: started(2)),
    (types.GeneratorType, "length", lambda: closed(started(1)), lambda: started(1)),
    (types.CoroutineType, "bits", lambda: coroutine(1), lambda: coroutine(2)),
    (types.AsyncGeneratorType, "bits", lambda: asynchronous(1), lambda: asynchronous(2)),
    (types.GetSetDescriptorType, "code", lambda: vars(Plain)["__dict__"], lambda: vars(Plain)["__weakref__"]),
    (types.MemberDescriptorType, "code", lambda: vars(Slotted)["a"], lambda: vars(Slotted)["b"]),
    (types.WrapperDescriptorType, "code", lambda: int.__add__, lambda: int.__sub__),
    (property, "bits", lambda: read_only(1), lambda: read_only(2)),
    (property, "type", lambda: read_only(1), lambda: read_only(1, writable=True)),
    (staticmethod, "code", lambda: staticmethod(lambda: 1), lambda: staticmethod(lambda: 2)),
    (classmethod, "code", lambda: classmethod(lambda cls: 1), lambda: classmethod(lambda cls: 2)),
    (super, "names", lambda: super(Plain, Plain()), lambda: super(Plain, with_attributes(Plain, a=1))),
    (types.GenericAlias, "bits", lambda: list[1], lambda: list[2]),  # type: ignore[valid-type]
    (memoryview, "bits", lambda: memoryview(b"a"), lambda: memoryview(b"b")),
    (functools._lru_cache_wrapper, "bits", lambda: cached(1), lambda: cached(2)),
    (weakref.ref, "identity-lost", lambda: weakref.ref(KEPT[0]), lambda: weakref.ref(KEPT[1])),
    (Raised, "type", lambda: Raised(ValueError()), lambda: Raised(KeyError())),
    (Returned, "bits", lambda: Returned(1), lambda: Returned(2)),
    (type({}.keys()), "bits", lambda: {"a": 1}.keys(), lambda: {"b": 1}.keys()),
    (type({}.values()), "bits", lambda: {"a": 1}.values(), lambda: {"a": 2}.values()),
    (type({}.items()), "length", lambda: {}.items(), lambda: {"a": 2}.items()),
    (types.ModuleType, "names", lambda: space(a=1), lambda: space()),
    (types.ModuleType, "bits", lambda: space(a=1), lambda: space(a=2)),
    (float, "bits", lambda: [0.0], lambda: [-0.0]),
    (complex, "bits", lambda: [complex(0.0, 0.0)], lambda: [complex(0.0, -0.0)]),
    (bytes, "bits", lambda: [b"a"], lambda: [b"b"]),
    (None, "bits", lambda: with_attributes(Plain, a=1), lambda: with_attributes(Plain, a=2)),
    (None, "names", lambda: with_attributes(Plain, a=1, b=2), lambda: with_attributes(Plain, b=2, a=1)),
    (None, "names", lambda: with_attributes(Slotted, a=1), lambda: with_attributes(Slotted, a=1, b=2)),
    (None, "names", lambda: with_attributes(Items, a=1), lambda: Items()),
    (None, "bits", lambda: Items([1]), lambda: Items([2])),
    (None, "bits", lambda: Table(a=1), lambda: Table(a=2)),
    (None, "bits", lambda: advanced(iter([1, 2, 3])), lambda: advanced(iter([1, 2, 3]), 2)),
    (None, "bits", lambda: zip([1], [2]), lambda: zip([1], [3])),
    (None, "length", lambda: map(str, [1]), lambda: map(str, [1, 2])),
    (None, "length", lambda: filter(None, [1, 2]), lambda: filter(None, [1])),
    (None, "bits", lambda: advanced(enumerate("abc")), lambda: enumerate("abc")),
    (None, "bits", lambda: itertools.count(1), lambda: itertools.count(2)),
    (None, "type", lambda: iter([1]), lambda: iter((1,))),
    (None, "type", lambda: itertools.chain([1]), lambda: iter([1])),
]
"""The class whose rule it is (None: of no single one), the kind, makers of a value and of a broken one."""


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize(
    ("kind", "expected", "make", "broken"), BROKEN, ids=lambda each: getattr(each, "__name__", None)
)
def test_a_rule_holds_and_is_broken(kind: Any, expected: str, make: Any, broken: Any) -> None:
    paired = [(each, each) for each in KEPT]
    assert difference(make(), make(), paired) is None
    for one, other in ((make, broken), (broken, make)):
        found = difference(one(), other(), paired)
        assert found is not None
    found = difference(broken(), make(), paired)
    assert found is not None
    other = difference(make(), broken(), paired)
    assert other is not None
    assert expected in (found.kind, other.kind), (found, other)


def test_every_rule_is_broken_by_some_value() -> None:
    covered = {kind for kind, *_ in BROKEN}
    assert set(RULES) | {kind for kind, _ in DERIVED} <= covered


def test_classes_of_two_loads_stand_for_each_other() -> None:
    def load(value: int) -> Any:
        space: dict[str, Any] = {"__name__": "program"}
        exec(f"class Thing:\n    x = {value}\nmade = Thing()", space)
        return space["made"]

    assert difference(load(1), load(1)) is None
    found = difference(load(1), load(2))
    assert found is not None
    assert found.kind == "bits"


def test_no_method_of_the_program_is_called() -> None:
    class Hostile(list):  # type: ignore[type-arg]
        def __iter__(self, *args: Any) -> Any:
            raise AssertionError

        __eq__ = __len__ = __getattribute__ = __iter__  # type: ignore[assignment]
        __hash__ = __bool__ = __reduce_ex__ = __iter__  # type: ignore[assignment]

    assert difference(Hostile([1]), Hostile([1])) is None
    assert difference(Hostile([1]), Hostile([2])) is not None


def test_an_element_of_a_set_that_existed_before_is_told_from_a_new_one() -> None:
    mine, theirs = Plain(), Plain()
    new, other = with_attributes(Plain, a=1), with_attributes(Plain, a=1)
    assert difference({mine, new}, {theirs, other}, [(mine, theirs)]) is None
    # and where it is met for the first time inside of the set
    assert difference([{mine}, mine], [{theirs}, theirs], [(mine, theirs)]) is None
    found = difference({Plain()}, {theirs}, [(mine, theirs)])
    assert found is not None
    assert found.kind == "elements"


def test_what_is_left_in_an_iterator_is_taken_last() -> None:
    held = [1, 2]
    again = [1, 2]
    assert difference([iter(held), held], [iter(again), again]) is None
    assert HeapWalk().look_without_taking([(ROOT, iter([1]), iter([2]))]) is None


def test_an_iterator_that_raises_is_compared_by_what_it_raises() -> None:
    def failing(number: int) -> Any:
        return map(lambda each: each // number, [1])

    assert difference(failing(0), failing(0)) is None
    assert difference(failing(0), failing(1)) is not None


def test_annotations_under_what_is_no_name_are_a_difference() -> None:
    actual, expected = function(), function()
    actual.__annotations__[int] = "a"
    found = difference(actual, expected)
    assert found is not None
    assert (found.kind, "has <a type> too" in found.message) == ("names", True)


def test_a_value_that_nothing_looks_into_is_counted() -> None:
    import threading

    walk = HeapWalk()
    assert walk.look_at_all([(ROOT, threading.Lock(), threading.Lock())]) is None
    assert walk.unjudged == {"lock": 1}


# --- documented differences --------------------------------------------------------------------------------


def space(**held: Any) -> Any:
    made = types.ModuleType("m")
    vars(made).update(held)
    return made


def test_globals_that_the_compiler_added_are_counted_and_others_are_a_difference() -> None:
    walk = HeapWalk()
    walk.added = frozenset({"__compiled_fn_1"})
    assert walk.look_at_all([(ROOT, space(a=1, __compiled_fn_1=2), space(a=1))]) is None
    assert walk.allowed == {heap_allowed.ADDED_GLOBALS: 1}
    found = difference(space(a=1, other=2), space(a=1))
    assert found is not None
    assert found.kind == "names"
    assert "other" in found.message


@pytest.mark.parametrize("name", heap_allowed.ADDED_ATTRIBUTES)
def test_marks_of_the_compiler_may_be_on_the_actual_side_alone(name: str) -> None:
    walk = HeapWalk()
    assert walk.look_at_all([(ROOT, with_attributes(Plain, **{name: 1}), Plain())]) is None
    assert sum(walk.allowed.values()) == 1
    assert difference(Plain(), with_attributes(Plain, **{name: 1})) is not None


@pytest.mark.parametrize("name", heap_allowed.NUMBERED)
def test_numbers_of_the_process_may_differ_and_may_not_be_missing(name: str) -> None:
    one, other = with_attributes(Plain, **{name: 1}), with_attributes(Plain, **{name: 2})
    assert difference(one, other) is None
    assert difference(Plain(), other) is not None
    assert difference(with_attributes(Plain, **{name: "1"}), other) is not None


def test_the_cache_of_a_function_is_counted_where_it_differs() -> None:
    one, other = cached(1), cached(1)
    one(3)
    walk = HeapWalk()
    assert walk.look_at_all([(ROOT, one, other)]) is None
    assert walk.allowed == {heap_allowed.CACHE: 1}
