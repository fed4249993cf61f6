"""Makers of iterators, views and collections: what they make, of what parts that is, how it compares."""

from __future__ import annotations

import itertools
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from generators.makers import MAKERS
from generators.makers_iterators import COLLECTED, ITERATORS, VIEWS
from oracles.makers import implied, make, parts_of
from oracles.makers_iterators import OrderedSet, Size
from oracles.values import Difference, compare

HELD = {"a": [1]}


def advanced(iterator: Any, count: int = 1) -> Any:
    for _ in range(count):
        next(iterator)
    return iterator


def difference(actual: Any, expected: Any, *paired: tuple[Any, Any]) -> Difference | None:
    return compare([(("root", 0), actual, expected)], paired)


EQUAL: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "zip": (lambda: zip((1, 2), (3,), strict=False), lambda: make("zip", (1, 2), (3,))),
    "zip further on": (
        lambda: advanced(zip((1, 2), (3, 4), strict=False)),
        lambda: make("zip", advanced(iter((1, 2))), advanced(iter((3, 4)))),
    ),
    "map": (lambda: map(len, ((1,),)), lambda: make("map", len, ((1,),))),
    "filter": (lambda: filter(None, (1,)), lambda: make("filter", None, (1,))),
    "count": (lambda: advanced(itertools.count(1, 2)), lambda: make("count", 3, 2)),
    "count of floats": (lambda: itertools.count(1.5), lambda: make("count", 1.5, 1)),
    "repeat": (lambda: itertools.repeat("a"), lambda: make("repeat", "a")),
    "range": (lambda: advanced(iter(range(0, 6, 2))), lambda: make("range_iterator", range(2, 5, 2))),
    "reversed range": (lambda: reversed(range(2)), lambda: make("range_iterator", range(1, -1, -1))),
    "enumerate": (lambda: advanced(enumerate((1, 2))), lambda: make("enumerate", advanced(iter((1, 2))), 1)),
    "ordered set": (lambda: OrderedSet((2, 1)), lambda: make("ordered_set", 2, 1, 2)),
    "size": (lambda: Size((1, 2)), lambda: make("size", 1, 2)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_values_compare_equal_and_are_left_alone(name: str) -> None:
    one, other = (made() for made in EQUAL[name])
    assert difference(one, other) is None
    assert difference(one, other) is None  # nothing was taken


UNEQUAL: dict[str, tuple[Any, Any, str]] = {
    "zip of fewer": (zip((1,)), zip((1,), (1,), strict=False), "length"),
    "strict zip": (zip((1,)), zip((1,), strict=True), "length"),
    "zip further on": (advanced(zip((1, 2))), zip((1, 2)), "length"),
    "map of another function": (map(len, ()), map(repr, ()), "code"),
    "count": (itertools.count(1), itertools.count(2), "bits"),
    "count by its step": (itertools.count(1, 2), itertools.count(1), "bits"),
    "count of a float": (itertools.count(1.0), itertools.count(1), "type"),
    "repeat": (itertools.repeat(1), itertools.repeat(2), "bits"),
    "range": (iter(range(3)), iter(range(2)), "bits"),
    "range at its end": (advanced(iter(range(1))), iter(range(1)), "length"),
    "range by its step": (iter(range(0, 4, 2)), iter(range(2)), "bits"),
    "keys of another dict": ({1: 2}.keys(), {1: 3}.keys(), "bits"),
    "kind of view": ({1: 2}.keys(), {1: 2}.values(), "type"),
    "proxy of another class": (MappingProxyType(defaultdict()), MappingProxyType({}), "type"),
    "order of an ordered set": (OrderedSet((1, 2)), OrderedSet((2, 1)), "bits"),
    "size": (Size((1, 2)), (1, 2), "type"),
}


@pytest.mark.parametrize("name", UNEQUAL)
def test_unequal_values_are_told_apart(name: str) -> None:
    actual, expected, kind = UNEQUAL[name]
    found = difference(actual, expected)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("held", [{"a": 1}, OrderedDict(a=1), defaultdict(list, a=1)])
@pytest.mark.parametrize("name", ["keys", "values", "items", "mapping_proxy"])
def test_a_view_shows_the_very_dict(name: str, held: Any) -> None:
    view = make(name, held)
    copy = make(name, held.copy())
    parts = parts_of(type(view))
    assert parts is not None
    assert parts(view)[0] is held
    assert difference(view, make(name, held), (held, held)) is None
    found = difference(copy, view, (held, held))
    assert found is not None
    assert found.kind == "identity-lost"


def test_sizes_of_constants_have_no_identity() -> None:
    size = Size((1, 2))
    assert difference([size, size], [Size((1, 2)), Size((1, 2))]) is None
    assert difference([Size((1, 2)), Size((1, 2))], [size, size]) is None


def test_what_a_maker_makes_on_its_way_is_told_from_what_it_was_given() -> None:
    given = iter((1,))
    inside = implied(zip(given, (2,), strict=False))
    assert inside[0] is given
    assert [type(each) for each in inside] == [type(given)] * 2
    assert implied(HELD.keys()) == implied([1]) == implied(itertools.count()) == []


def test_every_maker_has_a_value_and_parts() -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        **dict.fromkeys(("range_iterator", "reversed_range"), (range(3),)),
        **dict.fromkeys(("keys", "values", "items", "mapping_proxy"), (HELD,)),
        "map": (len, ()),
        "filter": (None, ()),
        "count": (0, 1),
        "repeat": (0,),
        "enumerate": ((1,), 0),
        "attributes": (test_every_maker_has_a_value_and_parts,),
    }
    for name in {**ITERATORS, **VIEWS, **COLLECTED}:
        assert name in MAKERS
        value = make(name, *arguments.get(name, ()))
        assert type(value) is dict or parts_of(type(value)) is not None, name
