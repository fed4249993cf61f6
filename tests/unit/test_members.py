"""The comparison, type by type: what is equal, and each way in which two values can be told apart."""

from __future__ import annotations

import contextlib
import os
import time
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

import pytest

from oracles.making import NAMED_TUPLES, Mode, Thing
from oracles.values import _STEP_TEXT, path_text
from oracles.world import GraphValue
from tests.sample_values import (
    NAN_BITS,
    cell,
    differ,
    fresh,
    function,
    kind_of,
    nan,
)

# --- every type: what is equal, and each way in which two can be told apart --------------------------

INNER = cell([])


def moved(iterator: Any, steps: int) -> Any:
    for _ in range(steps):
        next(iterator, None)
    return iterator


def renamed(made: FunctionType, **names: Any) -> FunctionType:
    for name, value in names.items():
        setattr(made, f"__{name}__", value)
    return made


def with_attribute(made: Any) -> Any:
    made.x = 1
    return made


def ordered(*pairs: tuple[Any, Any]) -> OrderedDict[Any, Any]:
    return OrderedDict(pairs)


def point(*items: Any) -> Any:
    return NAMED_TUPLES[len(items)](*items)


def on(thing: Any, method: str = "method") -> Any:
    return getattr(thing, method)


Make = Callable[[], Any]
# what is expected; others that equal it; others that differ, the kind of difference and its path
TOLD_APART: dict[str, tuple[Make, list[Make], list[tuple[Make, str, str]]]] = {
    "set": (
        lambda: {1, "a", (2, "b"), frozenset([3])},
        [lambda: {frozenset([3]), (2, "b"), "a", 1}],
        [
            (lambda: {True, "a", (2, "b"), frozenset([3])}, "elements", ""),
            (lambda: {1.0, "a", (2, "b"), frozenset([3])}, "elements", ""),
            (lambda: {1, "a", (2.0, "b"), frozenset([3])}, "elements", ""),
            (lambda: {1, "a", (2, "b"), frozenset([3.0])}, "elements", ""),
            (lambda: {1, "a", (2, "b"), (3,)}, "elements", ""),
            (lambda: {1, "a", (2, "b")}, "length", ""),
            (lambda: {1, "a", (2, "b"), frozenset([3]), None}, "length", ""),
            (lambda: frozenset({1, "a", (2, "b"), frozenset([3])}), "type", ""),
        ],
    ),
    "frozenset": (
        lambda: frozenset([0.0, True]),
        [lambda: frozenset([True, 0.0])],
        [
            (lambda: frozenset([-0.0, True]), "elements", ""),
            (lambda: frozenset([0.0, 1]), "elements", ""),
            (lambda: frozenset([0.0]), "length", ""),
            (lambda: {0.0, True}, "type", ""),
        ],
    ),
    "set of a NaN": (
        lambda: {nan()},
        [lambda: {nan()}],
        [(lambda: {nan(NAN_BITS | 1)}, "elements", ""), (lambda: {"nan"}, "elements", "")],
    ),
    "slice": (
        lambda: slice(1, [], None),
        [lambda: slice(1, [], None)],
        [
            (lambda: slice(True, [], None), "type", ".start"),
            (lambda: slice(2, [], None), "bits", ".start"),
            (lambda: slice(1, [1], None), "length", ".stop"),
            (lambda: slice(1, [], 1), "type", ".step"),
            (lambda: slice([], 1, None), "type", ".start"),
        ],
    ),
    "slice of constants": (
        lambda: slice(None, -0.0, 3),
        [lambda: slice(None, -0.0, 3)],
        [
            (lambda: slice(0, -0.0, 3), "type", ".start"),
            (lambda: slice(None, 0.0, 3), "bits", ".stop"),
            (lambda: slice(None, -0.0, 4), "bits", ".step"),
        ],
    ),
    "range": (
        lambda: range(0, 4, 2),
        [lambda: range(0, 4, 2)],
        [
            # equal by ==, as both give 0 and 2
            (lambda: range(0, 3, 2), "bits", ".stop"),
            (lambda: range(1, 4, 2), "bits", ".start"),
            (lambda: range(0, 4, 3), "bits", ".step"),
            (lambda: range(0), "bits", ".stop"),
        ],
    ),
    "named tuple": (
        lambda: point(1, [2]),
        [lambda: point(1, [2])],
        [
            (lambda: point(True, [2]), "type", "[0]"),
            (lambda: point(1, [3]), "bits", "[1][0]"),
            (lambda: point(1), "type", ""),
            (lambda: (1, [2]), "type", ""),
        ],
    ),
    "ordered dict": (
        lambda: ordered((1, []), ("b", 2)),
        [lambda: ordered((1, []), ("b", 2))],
        [
            (lambda: ordered(("b", 2), (1, [])), "type", ".keys[0]"),
            (lambda: ordered((True, []), ("b", 2)), "type", ".keys[0]"),
            (lambda: ordered((1, []), ("b", 3)), "bits", ".values[1]"),
            (lambda: ordered((1, [])), "length", ""),
            (lambda: {1: [], "b": 2}, "type", ""),
        ],
    ),
    "deque": (
        lambda: deque([1, []], 3),
        [lambda: deque([1, []], 3)],
        [
            (lambda: deque([1, []], 2), "bits", ""),
            (lambda: deque([1, []]), "bits", ""),
            (lambda: deque([[], 1], 3), "type", "[0]"),
            (lambda: deque([1], 3), "length", ""),
            (lambda: deque([1, [], 2], 3), "length", ""),
            (lambda: [1, []], "type", ""),
        ],
    ),
    "deque of any length": (lambda: deque([1]), [lambda: deque([1])], [(lambda: deque([1], 1), "bits", "")]),
    "list iterator": (
        lambda: moved(iter([0, 1, []]), 1),
        [lambda: iter([1, []]), lambda: moved(iter([5, 6, 1, []]), 2)],
        [
            (lambda: iter([0, 1, []]), "length", ""),
            (lambda: moved(iter([0, 1, []]), 2), "length", ""),
            (lambda: iter([]), "length", ""),
            (lambda: moved(iter([]), 1), "length", ""),
            (lambda: iter([True, []]), "type", ".<remaining 0>"),
            (lambda: iter([1, [0]]), "length", ".<remaining 1>"),
            (lambda: iter((1, [])), "type", ""),
            (lambda: [1, []], "type", ""),
        ],
    ),
    "tuple iterator": (
        lambda: iter((1, 2)),
        [lambda: iter((1, 2)), lambda: moved(iter((0, 1, 2)), 1)],
        [
            (lambda: iter((1, 3)), "bits", ".<remaining 1>"),
            (lambda: iter((1,)), "length", ""),
            (lambda: moved(iter((1,)), 2), "length", ""),
            (lambda: iter([1, 2]), "type", ""),
        ],
    ),
    "exhausted iterator": (
        lambda: moved(iter([1]), 2),
        [lambda: moved(iter([1]), 1), lambda: iter([])],
        [(lambda: iter([1]), "length", ""), (lambda: moved(iter((1,)), 2), "type", "")],
    ),
    "function": (
        lambda: function(1, [], closure=(INNER,), x=2, y=[]),
        [lambda: function(1, [], closure=(INNER,), x=2, y=[])],
        [
            (lambda: function(1, closure=(INNER,), x=2, y=[]), "code", ""),
            (lambda: function(1, [], closure=(), x=2, y=[]), "code", ""),
            (lambda: function(1, [], closure=(INNER,), y=2, x=[]), "code", ""),
            (lambda: renamed(function(1, [], closure=(INNER,), x=2, y=[]), name="other"), "code", ""),
            (lambda: renamed(function(1, [], closure=(INNER,), x=2, y=[]), qualname="other"), "code", ""),
            (lambda: function(True, [], closure=(INNER,), x=2, y=[]), "type", ".__defaults__[0]"),
            (lambda: function(1, [1], closure=(INNER,), x=2, y=[]), "length", ".__defaults__[1]"),
            (lambda: function(1, [], closure=(INNER,), x=3, y=[]), "bits", ".__kwdefaults__['x']"),
            (lambda: function(1, [], closure=(INNER,), x=2, y=()), "type", ".__kwdefaults__['y']"),
            (
                lambda: renamed(function(1, [], closure=(INNER,), x=2, y=[]), defaults=([],)),
                *("length", ""),
            ),
            (lambda: renamed(function(1, [], closure=(INNER,), x=2, y=[]), defaults=None), "length", ""),
            (lambda: renamed(function(1, [], closure=(INNER,), x=2, y=[]), kwdefaults=None), "names", ""),
            (
                lambda: renamed(function(1, [], closure=(INNER,), x=2, y=[]), kwdefaults={"y": [], "x": 2}),
                *("names", ""),
            ),
            (lambda: with_attribute(function(1, [], closure=(INNER,), x=2, y=[])), "names", ""),
            (
                lambda: function(1, [], closure=(cell([1]),), x=2, y=[]),
                *("length", ".__closure__[0].cell_contents"),
            ),
        ],
    ),
    "annotated function": (
        lambda: renamed(function(), annotations={"x": 1, "y": []}),
        [lambda: renamed(function(), annotations={"x": 1, "y": []})],
        [
            (function, "names", ""),
            (lambda: renamed(function(), annotations={"y": [], "x": 1}), "names", ""),
            (lambda: renamed(function(), annotations={"x": True, "y": []}), "type", ".__annotations__['x']"),
            (
                lambda: renamed(function(), annotations={"x": 1, "y": [1]}),
                *("length", ".__annotations__['y']"),
            ),
        ],
    ),
    "function with a docstring": (
        lambda: renamed(function(), doc=[1]),
        [lambda: renamed(function(), doc=[1])],
        [
            (function, "type", ".__doc__"),
            (lambda: renamed(function(), doc=[True]), "type", ".__doc__[0]"),
            (lambda: renamed(function(), doc="[1]"), "type", ".__doc__"),
        ],
    ),
    "defaultdict": (
        lambda: defaultdict(list, {"a": [], "b": 1}),
        [lambda: defaultdict(list, {"a": [], "b": 1})],
        [
            (lambda: defaultdict(None, {"a": [], "b": 1}), "bits", ""),
            (lambda: defaultdict(dict, {"a": [], "b": 1}), "bits", ""),
            (lambda: defaultdict(list, {"b": 1, "a": []}), "bits", ".keys[0]"),
            (lambda: defaultdict(list, {"a": []}), "length", ""),
            (lambda: defaultdict(list, {"a": [], "b": True}), "type", ".values[1]"),
            (lambda: {"a": [], "b": 1}, "type", ""),
        ],
    ),
    "struct sequence": (
        lambda: os.terminal_size(([], 2)),
        [lambda: os.terminal_size(([], 2))],
        [
            (lambda: os.terminal_size(([1], 2)), "length", "[0]"),
            (lambda: os.terminal_size(([], True)), "type", "[1]"),
            (lambda: ([], 2), "type", ""),
        ],
    ),
    "struct sequence with more fields than places": (
        lambda: time.struct_time((*range(9), "zone", 0)),
        [lambda: time.struct_time((*range(9), "zone", 0))],
        [
            (lambda: time.struct_time((*range(9), "other", 0)), "bits", ".tm_zone"),
            (lambda: time.struct_time((*range(8), 9, "zone", 0)), "bits", "[8]"),
        ],
    ),
    "method": (
        lambda: on(Thing()),
        [lambda: on(Thing())],
        [
            (lambda: on(Thing(), "other"), "code", ""),
            (lambda: on(with_attribute(Thing())), "names", ".__self__"),
            (lambda: on([], "append"), "type", ""),
        ],
    ),
    "method of a list": (
        lambda: on([1], "append"),
        [lambda: on([1], "append")],
        [
            (lambda: on([1], "index"), "code", ""),
            (lambda: on([True], "append"), "type", ".__self__[0]"),
            (lambda: on(deque([1]), "append"), "type", ".__self__"),
        ],
    ),
    "context manager": (
        lambda: Mode(True),
        [lambda: Mode(True)],
        [
            (lambda: Mode(False), "bits", ".mode"),
            (lambda: Mode(1), "type", ".mode"),  # type: ignore[arg-type]
            (contextlib.nullcontext, "type", ""),
        ],
    ),
    "null context": (
        contextlib.nullcontext,
        [contextlib.nullcontext],
        [(lambda: contextlib.nullcontext(3), "type", ".enter_result")],
    ),
    "cell": (
        lambda: cell([1]),
        [lambda: cell([1])],
        [
            (lambda: cell([True]), "type", ".cell_contents[0]"),
            (lambda: cell((1,)), "type", ".cell_contents"),
            (cell, "length", ""),
            (lambda: cell(None), "type", ".cell_contents"),
        ],
    ),
    "empty cell": (cell, [cell], [(lambda: cell(None), "length", ""), (lambda: cell(cell()), "length", "")]),
    "partial": (
        lambda: partial(function(), 1, [], x=2, y=3),
        [lambda: partial(function(), 1, [], x=2, y=3)],
        [
            (lambda: partial(function(0), 1, [], x=2, y=3), "code", ".func"),
            (lambda: partial(len, 1, [], x=2, y=3), "type", ".func"),
            (lambda: partial(function(), True, [], x=2, y=3), "type", ".args[0]"),
            (lambda: partial(function(), 1, [1], x=2, y=3), "length", ".args[1]"),
            (lambda: partial(function(), 1, x=2, y=3), "length", ""),
            (lambda: partial(function(), 1, [], x=2), "names", ""),
            (lambda: partial(function(), 1, [], y=3, x=2), "names", ""),
            (lambda: partial(function(), 1, [], x=2, y=4), "bits", ".keywords['y']"),
            (lambda: with_attribute(partial(function(), 1, [], x=2, y=3)), "names", ""),
        ],
    ),
}
DIFFERENT = [
    pytest.param(expected, *row, id=f"{name}-{at}")
    for name, (expected, _, differing) in TOLD_APART.items()
    for at, row in enumerate(differing)
]


@pytest.mark.parametrize("name", TOLD_APART)
def test_equal_values_of_every_type(name: str) -> None:
    expected, equal, _ = TOLD_APART[name]
    for make in (expected, *equal):
        assert differ(make(), expected()) is None
        assert differ([0, make()], [0, expected()]) is None
        mine, theirs = make(), expected()
        assert differ(mine, theirs, [(mine, theirs)]) is None
        assert differ([mine, mine], [theirs, theirs], [(mine, theirs)]) is None


@pytest.mark.parametrize(("expected", "make", "kind", "path"), DIFFERENT)
def test_each_way_in_which_two_differ(expected: Make, make: Make, kind: str, path: str) -> None:
    mine, theirs = make(), expected()
    found = differ([mine], [theirs])
    assert found is not None
    assert (found.kind, path_text(found.path)) == (kind, "roots[0][0]" + path)
    assert found.message.startswith(f"roots[0][0]{path} ")
    assert len(found.message) < 300
    # an existing value that was changed, and the other way round
    assert kind_of(differ([mine], [theirs], [(mine, theirs)])) == kind
    assert differ([theirs], [mine]) is not None


def test_what_is_told_is_the_same_in_every_run() -> None:
    def one() -> int:
        return 1

    def other() -> int:
        return 2

    made: tuple[tuple[Any, Any], ...] = ((one, other), (defaultdict(one), defaultdict(other)))
    for actual, expected in made:
        told = differ([actual], [expected])
        assert told is not None
        assert "one" in told.message
        assert "other" in told.message
        assert "0x" not in told.message
        assert "/" not in told.message


def test_an_iterator_is_not_moved() -> None:
    mine, theirs = moved(iter([1, 2, 3]), 1), moved(iter([1, 2, 3]), 1)
    assert differ(mine, theirs) is None
    assert differ(mine, iter([3])) is not None
    assert (list(mine), list(theirs)) == ([2, 3], [2, 3])


def test_cells_are_told_apart_by_identity() -> None:
    one, other = cell(1), cell(1)
    theirs, same = cell(1), cell(1)
    assert differ(function(closure=(one, other)), function(closure=(theirs, same))) is None
    assert differ(function(closure=(one, one)), function(closure=(theirs, theirs))) is None
    gained = differ(function(closure=(one, one)), function(closure=(theirs, same)))
    assert kind_of(gained) == "sharing-gained"
    lost = differ(function(closure=(one, other)), function(closure=(theirs, theirs)))
    assert kind_of(lost) == "sharing-lost"
    assert lost is not None
    assert path_text(lost.path) == "roots[0].__closure__[1]"
    two = ([function(closure=(one,)), function(closure=(other,))], [function(closure=(theirs,))] * 1)
    assert kind_of(differ(two[0], [*two[1], function(closure=(theirs,))])) == "sharing-lost"


def test_a_function_in_its_own_closure() -> None:
    def knotted() -> FunctionType:
        own = cell()
        made = function(closure=(own,))
        own.cell_contents = made
        return made

    assert differ(knotted(), knotted()) is None
    mine = function(closure=(cell(knotted()),))
    assert kind_of(differ(mine, knotted())) == "sharing-lost"
    assert kind_of(differ(knotted(), mine)) == "sharing-gained"
    assert kind_of(differ(function(closure=(cell(),)), knotted())) == "length"


def test_new_functions_live_in_the_namespace_that_is_paired() -> None:
    mine, theirs = {"a": 1}, {"a": 1}
    paired = [(mine, theirs)]
    assert differ(function(globals_=mine), function(globals_=theirs), paired) is None
    assert kind_of(differ(function(globals_=theirs), function(globals_=theirs), paired)) == "code"
    assert kind_of(differ(function(globals_=mine), function(globals_=theirs))) == "code"
    # an existing function keeps the one it has
    one, other = function(globals_=mine), function(globals_=theirs)
    assert differ(one, other, [(one, other)]) is None


def test_elements_stand_for_those_they_are_paired_with() -> None:
    mine, theirs = GraphValue(0), GraphValue(0)
    other = GraphValue(1)
    paired = [(mine, theirs), (other, other)]
    assert differ({mine, 1}, {theirs, 1}, paired) is None
    assert differ({(mine, 1)}, {(theirs, 1)}, paired) is None
    assert differ({frozenset([mine])}, {frozenset([theirs])}, paired) is None
    assert kind_of(differ({other, 1}, {theirs, 1}, paired)) == "elements"
    assert kind_of(differ({(other, 1)}, {(theirs, 1)}, paired)) == "elements"
    assert kind_of(differ({(mine, True)}, {(theirs, 1)}, paired)) == "elements"
    assert kind_of(differ({GraphValue(0)}, {theirs}, paired)) == "elements"
    found = differ({other, 2}, {theirs, 1}, paired)
    assert found is not None
    assert found.message == "roots[0] has 2, a GraphValue in the place of 1, a GraphValue"


def test_elements_are_shared_with_other_places() -> None:
    value = GraphValue(0)
    one, other, same, another = (fresh(value) for _ in range(4))
    paired = [(value, value)]
    assert differ([{one}, one], [{same}, same], paired) is None
    assert differ([{one}, other], [{same}, another], paired) is None
    assert kind_of(differ([{one}, other], [{same}, same], paired)) == "sharing-lost"
    assert kind_of(differ([{one}, one], [{same}, another], paired)) == "sharing-gained"
    assert kind_of(differ([{one}, one], [{same}, same], [*paired, (other, same)])) == "identity-lost"


def cycle_of(kind: str, length: int = 1) -> Any:
    """A ring of so many containers of one kind, each of which holds the next."""
    ring = [{"deque": deque, "ordered_dict": OrderedDict, "dict": dict, "cell": cell}[kind]() for _ in "123"]
    ring = ring[:length]
    for at, entry in enumerate(ring):
        following = ring[(at + 1) % length]
        if kind == "deque":
            entry.append(following)
        elif kind == "cell":
            entry.cell_contents = following
        else:
            entry["k"] = following
    return ring[0]


@pytest.mark.parametrize("kind", ["deque", "ordered_dict", "dict", "cell"])
def test_cycles_of_every_kind(kind: str) -> None:
    for length in (1, 2, 3):
        assert differ(cycle_of(kind, length), cycle_of(kind, length)) is None
    assert kind_of(differ(cycle_of(kind, 1), cycle_of(kind, 2))) == "sharing-gained"
    assert kind_of(differ(cycle_of(kind, 3), cycle_of(kind, 2))) == "sharing-lost"


def test_every_step_is_written() -> None:
    written = {
        *(
            "root",
            "item",
            "key",
            "value",
            "attribute",
            "element",
            "remaining",
            "default",
            "cell",
            "annotation",
            "doc",
            "part",
        ),
        *("keyword default", "contents", "self", "function", "argument", "keyword", "local", "global"),
        *("cell variable", "free variable", "inner cell", "slot", "variable", "cells", "logged", "tensor"),
        # of whole programs
        *("call", "error", "given", "given to call", "called", "names", "value of", "local of"),
        *("observed", "process", "was"),
    }
    assert set(_STEP_TEXT) == written
    steps: Any = (("root", 0), ("cell", 1), ("contents", 0), ("function", 0), ("keyword", "x"))
    assert path_text(steps) == "roots[0].__closure__[1].cell_contents.func.keywords['x']"
    more: Any = (("global", "g"), ("remaining", 2), ("element", 0))
    assert path_text(more) == "global g.<remaining 2>.<element>"
