"""Sources as keys, and what may be a constant."""

from __future__ import annotations

import dataclasses
import enum
import struct
from typing import Any

import pytest

from harness.codegen import (
    AttrSource,
    ChainedSource,
    DictGetItemSource,
    GetItemSource,
    GlobalSource,
    LocalSource,
    OwnHost,
    Source,
    is_safe_constant,
)

NAN = float("nan")
OTHER_NAN = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_0001))[0]
DISTINCT_INDEXES: list[Any] = [
    *(True, 1, 1.0, 1 + 0j, "1", b"1", False, 0, 0.0, -0.0, 0j, complex(-0.0, 0.0), complex(0.0, -0.0)),
    *(None, ..., NAN, OTHER_NAN, float("nan"), (), (0,), (0.0,), (-0.0,), (False,), ((0,),)),
    *(slice(0), slice(0.0), slice(0, None), frozenset({1}), frozenset({True}), frozenset(), LocalSource("a")),
]


def make_all() -> list[Source]:
    base = LocalSource("a")
    chained: list[Source] = [GetItemSource(base, index) for index in DISTINCT_INDEXES[:-1]]
    chained += [DictGetItemSource(base, index) for index in DISTINCT_INDEXES]
    names: list[Source] = [LocalSource("x"), LocalSource("y"), GlobalSource("x"), AttrSource(base, "x")]
    return [*names, AttrSource(LocalSource("b"), "x"), AttrSource(AttrSource(base, "x"), "x"), *chained]


def test_sources_that_load_different_things_are_different_keys() -> None:
    sources = make_all()
    assert len(set(sources)) == len(sources)


def test_sources_that_load_the_same_are_one_key() -> None:
    first, second = make_all(), make_all()
    assert first == second
    assert len({*first, *second}) == len(first)
    assert all(a is not b for a, b in zip(first, second, strict=True))


def test_sources_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LocalSource("a").local_name = "b"  # type: ignore[misc]


def test_a_source_is_not_equal_to_its_name() -> None:
    assert LocalSource("a") != "a"


def test_what_nests_in_a_source() -> None:
    host, base, key = OwnHost(), LocalSource("a"), GlobalSource("k")
    assert list(host.nested_sources(base)) == []
    assert list(host.nested_sources(AttrSource(base, "x"))) == [base]
    assert list(host.nested_sources(DictGetItemSource(base, key))) == [base, key]
    assert list(host.nested_sources(DictGetItemSource(base, 1))) == [base]
    assert issubclass(GetItemSource, ChainedSource)


class Colour(enum.Enum):
    RED = 1


def test_safe_constants() -> None:
    code = test_safe_constants.__code__
    safe = [*DISTINCT_INDEXES[:-1], Colour.RED, int, list[int], code, (Colour.RED, (int,)), NotImplemented]
    for value in safe:
        assert is_safe_constant(value), value


def test_unsafe_constants() -> None:
    class Pair(tuple[int, ...]):
        pass

    class Text(str):
        __slots__ = ("state",)

    for value in (
        [],
        {},
        set(),
        object(),
        ([],),
        frozenset({Pair()}),
        Pair(),
        Text(),
        bytearray(),
        print,
        len,
    ):
        assert not is_safe_constant(value), value
