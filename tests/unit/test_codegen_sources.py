"""Sources as keys, and what may be a constant."""

from __future__ import annotations

import dataclasses
import enum
import struct
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from harness.codegen import (
    AttrSource,
    CallSource,
    ChainedSource,
    ConstantSource,
    DictGetItemSource,
    DictSubclassGetItemSource,
    GetItemSource,
    GlobalSource,
    GlobalWeakRefSource,
    GraphArg,
    IntSource,
    ListGetItemSource,
    ListVariable,
    LocalSource,
    MarkedSource,
    ModeStackSource,
    OwnHost,
    PyCodegen,
    SetGetItemSource,
    Source,
    TensorOfArraySource,
    TensorPropertySource,
    TupleVariable,
    ValueMutationExisting,
    WeakRefCallSource,
    is_safe_constant,
)
from tests.unit.test_codegen_values import BaseCodegen, Frame, const

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


def test_a_marked_source_is_another_than_its_base_and_than_another_mark() -> None:
    base = LocalSource("a")
    marked: list[Source] = [MarkedSource(base), IntSource(base), TensorOfArraySource(base), base]
    marked += [GlobalSource("a"), ConstantSource("a"), GlobalWeakRefSource("a")]
    marked += [
        GetItemSource(base, 0),
        ListGetItemSource(base, 0),
        SetGetItemSource(base, 0),
        ModeStackSource(0),
    ]
    marked += [DictGetItemSource(base, 0), DictSubclassGetItemSource(base, 0), CallSource(base)]
    marked += [
        WeakRefCallSource(base),
        TensorPropertySource(base, "size", 0),
        TensorPropertySource(base, "size"),
    ]
    assert len(set(marked)) == len(marked)
    assert MarkedSource(base) == MarkedSource(LocalSource("a"))
    assert list(OwnHost().nested_sources(DictSubclassGetItemSource(base, GlobalSource("k")))) == [
        base,
        GlobalSource("k"),
    ]


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
        slice(None, ([],)),
        slice(enum, None),
        frozenset({Pair()}),
        Pair(),
        Text(),
        bytearray(),
        print,
        len,
    ):
        assert not is_safe_constant(value), value


# --- sources in place of others, and two sources of one object -------------------------------------------

A, B, G = LocalSource("a"), LocalSource("b"), GlobalSource("G")


def load(
    frame: Frame, values: list[Any], overridden: Mapping[Source, Source], cls: type[PyCodegen]
) -> tuple[Any, ...]:
    """Two passes, with sources overridden in both."""
    first = frame.codegen(overridden=overridden, cls=cls)
    first.restore_stack(values)
    tempvars = {value: None for value, uses in first.uses.items() if uses > 1}
    second = frame.codegen(tempvars=dict(tempvars), overridden=overridden, cls=cls)
    second.restore_stack(values)
    return frame.run(second, len(values))


def chain(base: Source, index: Source) -> Source:
    """`base.x["k"][index][0].y`"""
    table = DictGetItemSource(AttrSource(base, "x"), "k")
    return AttrSource(GetItemSource(DictGetItemSource(table, index), 0), "y")


def chained(first: object, second: object) -> SimpleNamespace:
    """What the chain leads through, to one of two ends."""
    ends = {"first": [SimpleNamespace(y=first)], "second": [SimpleNamespace(y=second)]}
    return SimpleNamespace(x={"k": ends})


@pytest.mark.parametrize("cls", [PyCodegen, BaseCodegen])
def test_an_override_reaches_every_base_and_index_of_a_chain(cls: type[PyCodegen]) -> None:
    right, by_base, by_index, both = (object() for _ in range(4))
    tables = [chained(right, by_index), chained(by_base, both)]
    frame = Frame(a=tables[0], b="first", G=tables[1], K="second")
    base: dict[Source, Source] = {A: G}
    index: dict[Source, Source] = {B: GlobalSource("K")}
    for overridden, wanted in (({}, right), (base, by_base), (index, by_index), (base | index, both)):
        assert load(frame, [chain(A, B), const(0), chain(A, B)], overridden, cls) == (wanted, 0, wanted)


@pytest.mark.parametrize("cls", [PyCodegen, BaseCodegen])
def test_a_link_in_the_middle_is_overridden_for_what_lies_behind_it(cls: type[PyCodegen]) -> None:
    frame = Frame(a=SimpleNamespace(x=SimpleNamespace(y=1, z=2)), b=SimpleNamespace(y=3, z=4))
    middle = AttrSource(A, "x")
    values = [AttrSource(middle, "y"), AttrSource(AttrSource(A, "x"), "z"), AttrSource(A, "x.y"), middle]
    result = load(frame, values, {middle: B}, cls)
    # the dotted member is one link of its own
    assert result[:3] == (3, 4, 1)
    assert result[3] is frame.locals[2]


@pytest.mark.parametrize("cls", [PyCodegen, BaseCodegen])
def test_an_override_is_not_followed_twice(cls: type[PyCodegen]) -> None:
    # with something between: what is on top bears the name of the source it was loaded by
    values = [A, const(0), B, const(0), AttrSource(A, "real")]
    assert load(Frame(a=1, b=2, G=3), values, {A: B, B: G}, cls) == (2, 0, 3, 0, 2)
    assert load(Frame(a=1, b=2), values, {A: B, B: A}, cls) == (2, 0, 1, 0, 2)


@pytest.mark.parametrize("cls", [PyCodegen, BaseCodegen])
def test_trackers_and_graph_arguments_obey_overrides_too(cls: type[PyCodegen]) -> None:
    wrong, right = [0], [1]
    frame = Frame(a=SimpleNamespace(x=wrong), b=SimpleNamespace(x=right), f=lambda *args: args)
    source = AttrSource(A, "x")
    tracker = ListVariable(source=source, mutation_type=ValueMutationExisting())
    result = load(frame, [tracker, TupleVariable([tracker, tracker])], {A: B}, cls)
    assert result[0] is result[1][0] is result[1][1] is right

    frame.tx.output.graphargs.extend([GraphArg(source), GraphArg(A), GraphArg(source)])
    cg = frame.codegen(overridden={A: B}, cls=cls)
    cg.make_call_generated_code("f")
    ((first, base, second),) = frame.run(cg, 1)
    assert first is second is right
    assert base is frame.locals[2]


@pytest.mark.parametrize("cls", [PyCodegen, BaseCodegen])
@pytest.mark.parametrize("override", [True, False])
def test_one_object_by_two_sources(override: bool, cls: type[PyCodegen]) -> None:
    original: list[int] = []
    frame = Frame(a=original, b=SimpleNamespace(x=original), G={"k": original})
    sources = [A, AttrSource(B, "x"), DictGetItemSource(G, "k")]
    trackers = [ListVariable(source=source, mutation_type=ValueMutationExisting()) for source in sources]
    holder = TupleVariable(trackers)
    overridden: dict[Source, Source] = {A: sources[2], sources[1]: A} if override else {}
    *same, held = load(frame, [*trackers, *sources, *trackers, holder], overridden, cls)
    assert all(value is original for value in (*same, *held))
