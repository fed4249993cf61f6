"""The trackers of containers, slices, ranges, iterators and partials, by running what was emitted."""

from __future__ import annotations

import collections
import functools
import itertools
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import pytest

from harness.codegen import (
    ConstDictVariable,
    DequeVariable,
    FrozensetVariable,
    FunctoolsPartialVariable,
    GlobalSource,
    ListIteratorVariable,
    ListVariable,
    LocalGeneratorVariable,
    LocalSource,
    NamedTupleVariable,
    PyCodegen,
    RangeVariable,
    SetVariable,
    SliceVariable,
    TensorVariable,
    TupleVariable,
    ValueMutationExisting,
    VariableTracker,
)
from harness.codegen.variables import SequenceVariable
from tests.unit.test_codegen_values import BaseCodegen, Frame, const, opnames


class Pair(NamedTuple):
    left: Any
    right: Any


class Strange(collections.namedtuple("Strange", "left right")):
    """A named tuple that cannot be made by calling it."""

    __slots__ = ()

    def __new__(cls) -> Strange:
        raise TypeError("not this way")


Empty = collections.namedtuple("Empty", "")
WIDE_FIELDS = " ".join(f"field_{i}" for i in range(300))
Wide = collections.namedtuple("Wide", WIDE_FIELDS)  # type: ignore[misc]


def once(frame: Frame, values: Sequence[Any], cls: type[PyCodegen] = PyCodegen, **options: Any) -> Any:
    """One pass."""
    cg = frame.codegen(cls=cls)
    cg.restore_stack(values, **options)
    return frame.run(cg, len(values))


def twice(frame: Frame, values: Sequence[Any], cls: type[PyCodegen] = PyCodegen, **options: Any) -> Any:
    """Two passes, as a compiler does it: what is built twice is kept in a temporary."""
    first = frame.codegen(cls=cls)
    first.restore_stack(values, **options)
    second = frame.codegen({value: None for value, uses in first.uses.items() if uses > 1}, cls=cls)
    second.restore_stack(values, **options)
    return frame.run(second, len(values))


def as_earlier(frame: Frame, values: Sequence[Any], **options: Any) -> Any:
    """Two passes of the earlier releases."""
    return twice(frame, values, BaseCodegen, **options)


Restore = Callable[..., Any]
passes = pytest.mark.parametrize("restore", [once, twice, as_earlier])


def consts(*values: object) -> list[VariableTracker]:
    return [const(value) for value in values]


def ordered(pairs: Iterable[tuple[VariableTracker, VariableTracker]] = ()) -> ConstDictVariable:
    return ConstDictVariable(pairs, OrderedDict)


def contents(value: Any) -> Any:
    """What can be compared of a value whose type compares by identity."""
    if type(value) is functools.partial:
        return value.func, value.args, list(value.keywords.items())
    if type(value) in (type(iter([0])), type(iter(()))):
        return value.__reduce__()[1:]
    if type(value) in (dict, OrderedDict):
        return list(value.items())
    if type(value) is collections.deque:
        return list(value), value.maxlen
    return value


# --- value and type -------------------------------------------------------------------------------------

NAN = math.nan
T = TensorVariable("p")
OUT = object()  # the graph output that T is

FRESH: list[tuple[Callable[[], VariableTracker], Callable[[], Any]]] = [
    (SetVariable, set),
    (lambda: SetVariable(consts(1, "a", None, 2.5)), lambda: {1, "a", None, 2.5}),
    (lambda: SetVariable([T, const(1)]), lambda: {OUT, 1}),
    (lambda: SetVariable([TupleVariable([T])]), lambda: {(OUT,)}),
    (lambda: SetVariable([NamedTupleVariable(consts(1, 2), Pair)]), lambda: {Pair(1, 2)}),
    (lambda: SetVariable(consts(True, 1, 1.0)), lambda: {True}),
    (lambda: SetVariable([T, T, T]), lambda: {OUT}),
    (lambda: FrozensetVariable([T, const(1)]), lambda: frozenset({OUT, 1})),
    (lambda: FrozensetVariable([FrozensetVariable([T])]), lambda: frozenset({frozenset({OUT})})),
    (lambda: FrozensetVariable([NamedTupleVariable([], Empty)]), lambda: frozenset({Empty()})),
    (lambda: SliceVariable([T, const(2)]), lambda: slice(OUT, 2)),
    (lambda: SliceVariable([const(None), T, ListVariable()]), lambda: slice(None, OUT, [])),
    (lambda: RangeVariable(consts(0, 0, 1)), lambda: range(0)),
    (lambda: RangeVariable(consts(5, -5, -3)), lambda: range(5, -5, -3)),
    (lambda: NamedTupleVariable([], Empty), Empty),
    (lambda: NamedTupleVariable([T, const(1)], Pair), lambda: Pair(OUT, 1)),
    (lambda: NamedTupleVariable(consts(1, -0.0), Pair), lambda: Pair(1, -0.0)),
    (
        lambda: NamedTupleVariable([NamedTupleVariable(consts(1, 2), Pair), T], Strange),
        lambda: Strange._make([Pair(1, 2), OUT]),
    ),
    (lambda: NamedTupleVariable(consts(*range(300)), Wide), lambda: Wide._make(range(300))),
    (ordered, OrderedDict),
    (
        lambda: ordered([(const("z"), T), (const("a"), ordered())]),
        lambda: OrderedDict(z=OUT, a=OrderedDict()),
    ),
    (DequeVariable, collections.deque),
    (lambda: DequeVariable([], 0), lambda: collections.deque(maxlen=0)),
    (lambda: DequeVariable([T, const(1)], 2), lambda: collections.deque([OUT, 1], 2)),
    (lambda: DequeVariable([T, DequeVariable()]), lambda: collections.deque([OUT, collections.deque()])),
    (ListIteratorVariable, lambda: iter([])),
    (lambda: ListIteratorVariable([T, const(1)]), lambda: iter([OUT, 1])),
    (lambda: ListIteratorVariable([ListVariable(), const(1), T], 1), lambda: iter([1, OUT])),
    (lambda: ListIteratorVariable(consts(1, 2), 2), lambda: iter([])),
    (lambda: FunctoolsPartialVariable(const(int)), lambda: functools.partial(int)),
    (lambda: FunctoolsPartialVariable(const(int), [T, const(2)]), lambda: functools.partial(int, OUT, 2)),
    (
        lambda: FunctoolsPartialVariable(const(dict), [], {"func": T, "self": const(1)}),
        lambda: functools.partial(dict, func=OUT, self=1),
    ),
    (
        lambda: FunctoolsPartialVariable(const(dict), [ListVariable()], {"z": ListVariable(), "a": T}),
        lambda: functools.partial(dict, [], z=[], a=OUT),
    ),
]


@passes
@pytest.mark.parametrize("index", range(len(FRESH)))
def test_value_and_type(index: int, restore: Restore) -> None:
    build, expected = FRESH[index]
    tracker, wanted = build(), expected()
    assert tracker.python_type() is type(wanted)
    assert repr(tracker).startswith(type(tracker).__name__)
    first, between, second = restore(Frame(outputs=(OUT,)), [tracker, const(0), tracker])
    assert between == 0
    for got in (first, second):
        assert type(got) is type(wanted)
        assert contents(got) == contents(wanted)
        if not isinstance(got, (set, frozenset)):  # whose order may differ
            assert repr(contents(got)) == repr(contents(wanted))
    if restore is not once:
        assert first is second


def width(wide: int) -> list[tuple[VariableTracker, Any]]:
    items = consts(*map(float, range(wide)))
    numbers = [float(i) for i in range(wide)]
    names = {f"name_{i}": item for i, item in enumerate(items)}
    pairs = list(zip(consts(*names), items, strict=True))
    keywords = dict(zip(names, numbers, strict=True))
    return [
        (SetVariable(items), set(numbers)),
        (FrozensetVariable([T, *items]), frozenset([OUT, *numbers])),
        (ordered(pairs), OrderedDict(keywords)),
        (DequeVariable(items), collections.deque(numbers)),
        (DequeVariable(items, wide), collections.deque(numbers, wide)),
        (ListIteratorVariable(items), iter(numbers)),
        (FunctoolsPartialVariable(const(dict), items), functools.partial(dict, *numbers)),
        (FunctoolsPartialVariable(const(dict), items, names), functools.partial(dict, *numbers, **keywords)),
    ]


@passes
@pytest.mark.parametrize("wide", [255, 256, 300, 1000])
def test_wide(wide: int, restore: Restore) -> None:
    cases = width(wide)
    for got, (_, wanted) in zip(
        restore(Frame(outputs=(OUT,)), [tracker for tracker, _ in cases]), cases, strict=True
    ):
        assert type(got) is type(wanted)
        assert contents(got) == contents(wanted)


@passes
def test_what_cannot_change_and_holds_constants_is_one(restore: Restore) -> None:
    trackers: list[VariableTracker] = [
        FrozensetVariable(consts(1.5, "a", None, ())),
        FrozensetVariable([FrozensetVariable(consts(NAN)), TupleVariable(consts(-0.0))]),
        SliceVariable(consts(None, 3)),
        SliceVariable([const(1), const(None), TupleVariable(consts(-0.0))]),
    ]
    frame = Frame()
    cg = frame.codegen()
    cg.foreach(trackers)
    assert set(opnames(cg)) == {"LOAD_CONST"}
    result = restore(frame, [*trackers, *trackers])
    for got, again, tracker in zip(result[:4], result[4:], trackers, strict=True):
        assert got is again is tracker.as_python_constant()
    assert result[0] == frozenset({1.5, "a", None, ()})
    assert any(element != element for nested in result[1] for element in nested)
    assert [repr(nested) for nested in result[1] if type(nested) is tuple] == ["(-0.0,)"]
    assert [repr(result[2]), repr(result[3])] == ["slice(None, 3, None)", "slice(1, None, (-0.0,))"]


def test_what_looks_constant_and_is_not() -> None:
    trackers = [
        NamedTupleVariable(consts(1, 2), Pair),
        RangeVariable(consts(0, 1, 1)),
        SetVariable(consts(1)),
    ]
    for tracker in trackers:
        assert not tracker.is_python_constant()
        assert not TupleVariable([tracker]).is_python_constant()
        assert not FrozensetVariable([tracker]).is_python_constant()
    assert not SliceVariable([const(0), ListVariable()]).is_python_constant()


@passes
def test_equal_elements_leave_the_first(restore: Restore) -> None:
    a_set, a_frozenset = restore(
        Frame(outputs=(OUT,)),
        [SetVariable(consts(1.0, 1, True)), FrozensetVariable([const(True), const(1), T, T])],
    )
    assert [type(element) for element in a_set] == [float]
    assert {type(element) for element in a_frozenset} == {bool, object}


@passes
def test_names_of_the_frame_do_not_stand_for_builtins(restore: Restore) -> None:
    names = ("range", "frozenset", "deque", "OrderedDict", "collections", "functools", "partial", "iter")
    frame = Frame(outputs=(OUT,), **dict.fromkeys(names, 5))
    cases: list[VariableTracker] = [
        *(RangeVariable(consts(0, 2, 1)), FrozensetVariable([T]), DequeVariable([T]), ordered([(T, T)])),
        *(FunctoolsPartialVariable(const(int)), ListIteratorVariable([T])),
    ]
    result = restore(frame, cases)
    assert [type(value) for value in result] == [tracker.python_type() for tracker in cases]
    assert all(frame.namespace[name] == 5 for name in names)


# --- identity -------------------------------------------------------------------------------------------


def held(value: Any) -> list[Any]:
    """The values that another holds, in order."""
    if type(value) is functools.partial:
        return [*value.args, *value.keywords.values()]
    if isinstance(value, dict):
        return [*value.values()]
    if type(value) is slice:
        return [value.start, value.stop, value.step]
    return list(value)


def hold(items: Sequence[VariableTracker]) -> list[VariableTracker]:
    """Trackers of every kind that can hold three unhashable values."""
    return [
        ListVariable(items),
        TupleVariable(items),
        ConstDictVariable(zip(consts(*range(3)), items, strict=True)),
        ordered(zip(consts(*range(3)), items, strict=True)),
        DequeVariable(items, 3),
        SliceVariable(items),
        NamedTupleVariable([items[0], TupleVariable(items[1:])], Pair),
        FunctoolsPartialVariable(const(int), items[:1], dict(zip("ba", items[1:], strict=True))),
        ListIteratorVariable([const(1), *items], 1),
        LocalGeneratorVariable(items),
    ]


@pytest.mark.parametrize("restore", [twice, as_earlier])
def test_what_two_hold_is_one_object(restore: Restore) -> None:
    shared = [ListVariable(consts(1)), SetVariable(consts(2)), DequeVariable(consts(3))]
    shared_results, *holders = restore(Frame(), [ListVariable(shared), *hold(shared)])
    assert shared_results == [[1], {2}, collections.deque([3])]
    for holder in holders:
        found = held(holder)
        if type(holder) is Pair:
            found = [found[0], *found[1]]
        assert [id(value) for value in found] == [id(value) for value in shared_results]


@pytest.mark.parametrize("restore", [twice, as_earlier])
def test_elements_and_keys_are_shared_too(restore: Restore) -> None:
    element = NamedTupleVariable([T, const(1)], Pair)
    frozen = FrozensetVariable([element])
    first, in_set, in_frozen, table = restore(
        Frame(outputs=(OUT,)),
        [element, SetVariable([frozen, element]), frozen, ordered([(element, frozen)])],
    )
    assert {id(value) for value in in_set} == {id(first), id(in_frozen)}
    assert next(iter(in_frozen)) is first
    ((key, value),) = table.items()
    assert (key is first, value is in_frozen) == (True, True)


@passes
@pytest.mark.parametrize("value_from_source", [True, False])
def test_from_the_source(restore: Restore, value_from_source: bool) -> None:
    kinds: list[Callable[..., VariableTracker]] = [
        *(SetVariable, FrozensetVariable, ListIteratorVariable, DequeVariable, SliceVariable, RangeVariable),
        lambda **more: NamedTupleVariable(consts(1, 2), Pair, **more),
        lambda **more: ConstDictVariable([], OrderedDict, **more),
        lambda **more: FunctoolsPartialVariable(const(int), **more),
    ]
    for kind in kinds:
        original = object()
        tracker = kind(source=LocalSource("a"), mutation_type=ValueMutationExisting())
        result = restore(Frame(a=original), [tracker, tracker], value_from_source=value_from_source)
        assert result[0] is result[1] is original


def test_without_value_from_source_it_is_rebuilt() -> None:
    original = {1}
    trackers = [
        SetVariable(consts(1), source=LocalSource("a")),
        FrozensetVariable([T], source=LocalSource("a")),
        NamedTupleVariable(consts(1, 2), Pair, source=LocalSource("a")),
    ]
    result = twice(Frame(a=original, outputs=(OUT,)), trackers, value_from_source=False)
    assert list(result) == [{1}, frozenset({OUT}), (1, 2)]
    assert result[0] is not original


# --- cycles ---------------------------------------------------------------------------------------------


def put(holder: VariableTracker, value: VariableTracker) -> None:
    """Fill an empty holder with a value."""
    if isinstance(holder, ConstDictVariable):
        holder.items.append((const("key"), value))
    elif isinstance(holder, FunctoolsPartialVariable):
        holder.args.append(value)
        holder.keywords["key"] = value
    else:
        assert isinstance(holder, SequenceVariable)
        fixed = isinstance(holder, (SliceVariable, NamedTupleVariable))
        holder.items += [value, ListVariable()] if fixed else [ListVariable(), value]


def get(holder: Any) -> Any:
    """What `put` put."""
    if isinstance(holder, dict):
        (value,) = holder.values()
        return value
    if type(holder) is functools.partial:
        assert holder.args[0] is holder.keywords["key"]
        return holder.args[0]
    if type(holder) in (slice, Pair):
        return held(holder)[0]
    if type(holder) in (type(iter([0])), type(iter(()))):
        return holder.__reduce__()[1][0][1]  # the iterator stays where it is
    empty, value = holder
    assert empty == []
    return value


MUTABLE: dict[str, Callable[[], VariableTracker]] = {
    "list": ListVariable,
    "dict": ConstDictVariable,
    "OrderedDict": ordered,
    "deque": DequeVariable,
    "deque of 2": lambda: DequeVariable([], 2),
}
IMMUTABLE: dict[str, Callable[[], VariableTracker]] = {
    "tuple": TupleVariable,
    "named tuple": lambda: NamedTupleVariable([], Pair),
    "slice": SliceVariable,
    "partial": lambda: FunctoolsPartialVariable(const(int)),
    "list iterator": ListIteratorVariable,
    "generator": LocalGeneratorVariable,
}
ALL = MUTABLE | IMMUTABLE


@passes
@pytest.mark.parametrize("kind", MUTABLE)
def test_in_itself(kind: str, restore: Restore) -> None:
    knot = MUTABLE[kind]()
    put(knot, knot)
    first, inside, second = restore(Frame(), [knot, ListVariable([knot]), knot])
    assert type(first) is knot.python_type()
    assert get(first) is first
    assert first is second is inside[0]
    assert getattr(first, "maxlen", None) == getattr(knot, "maxlen", None)


@passes
@pytest.mark.parametrize("length", [2, 3])
def test_rings_from_every_end(length: int, restore: Restore) -> None:
    for kinds in itertools.product(ALL, repeat=length):
        if not MUTABLE.keys() & kinds:
            continue  # no Python program can make it
        ring = [ALL[kind]() for kind in kinds]
        for i, holder in enumerate(ring):
            put(holder, ring[(i + 1) % length])
        for start in range(length) if length == 2 else [0]:
            roots = ring[start:] + ring[:start]
            result = restore(Frame(), roots)
            for i, got in enumerate(result):
                assert get(got) is result[(i + 1) % length], (kinds, start)
                if not isinstance(roots[i], LocalGeneratorVariable):
                    assert type(got) is roots[i].python_type()


@passes
@pytest.mark.parametrize("kind", IMMUTABLE)
def test_two_ways_back_to_what_cannot_change(kind: str, restore: Restore) -> None:
    middle, first, second = IMMUTABLE[kind](), ListVariable(), ConstDictVariable()
    first.items += [middle, second]
    second.items += [(const("m"), middle), (const("f"), first)]
    if isinstance(middle, FunctoolsPartialVariable):
        middle.args += [first, second]
    else:
        assert isinstance(middle, SequenceVariable)
        middle.items += [first, second]
    for roots in itertools.permutations([middle, first, second]):
        result = restore(Frame(), roots)
        got_middle, got_first, got_second = (result[roots.index(root)] for root in (middle, first, second))
        assert got_first[0] is got_second["m"] is got_middle
        assert got_first[1] is got_second
        assert got_second["f"] is got_first
        found = held(got_middle)
        assert found[0] is got_first
        assert found[1] is got_second


@passes
def test_sets_that_hold_themselves_through_their_elements(restore: Restore) -> None:
    # a partial is hashable, whatever it holds
    a_set, a_frozenset, a_list = SetVariable(), FrozensetVariable(), ListVariable()
    in_set = FunctoolsPartialVariable(const(int), [a_set])
    in_frozenset = FunctoolsPartialVariable(const(int), [a_list])
    a_set.items += [in_set, const(1)]
    a_frozenset.items += [in_frozenset, const(1)]
    a_list.items += [a_frozenset, a_set]
    for roots in itertools.permutations([a_set, a_frozenset, a_list]):
        result = restore(Frame(), roots)
        got_set, got_frozenset, got_list = (result[roots.index(x)] for x in (a_set, a_frozenset, a_list))
        assert (type(got_set), type(got_frozenset)) == (set, frozenset)
        (inner,) = got_set - {1}
        assert inner.args[0] is got_set
        (inner,) = got_frozenset - {1}
        assert inner.args[0] is got_list
        assert got_list == [got_frozenset, got_set]
        assert got_list[0] is got_frozenset
        assert got_list[1] is got_set


def test_no_cycle_no_detour() -> None:
    cg = Frame(outputs=(OUT,)).codegen()
    cg.foreach(hold([ListVariable(), T, SetVariable()]))
    iterator = ListIteratorVariable([ListVariable()], 1)
    passed = ListVariable([iterator])
    iterator.items[0] = passed  # out of its reach
    cg(passed)
    assert not any(isinstance(value, VariableTracker) for value in cg.tempvars)
    assert "POP_TOP" not in opnames(cg)


def test_what_comes_from_a_source_closes_no_cycle() -> None:
    original: list[Any] = []
    given = ListVariable(source=GlobalSource("G"), mutation_type=ValueMutationExisting())
    made = NamedTupleVariable([given, DequeVariable([given])], Pair)
    given.items += [made]
    frame = Frame(G=original)
    cg = frame.codegen()
    cg(made)
    assert made not in cg.tempvars
    (result,) = frame.run(cg, 1)
    assert result.left is original
    assert result.right[0] is original


def test_in_a_cycle_nothing_is_built_in_vain() -> None:
    outside, middle, a_list = ListVariable(), TupleVariable(), ListVariable()
    middle.items += [outside, NamedTupleVariable([a_list, outside], Pair)]
    a_list.items += [middle]
    for root in (middle, a_list):
        cg = Frame().codegen()
        cg(root)
        assert cg.uses[a_list] == 1
        assert cg.uses[outside] == 2  # as often as it occurs


def test_what_is_rebuilt_beside_its_source_is_not_kept() -> None:
    middle, a_list = TupleVariable(source=LocalSource("a")), ListVariable()
    middle.items += [a_list]
    a_list.items += [middle]
    original = ([0],)
    frame = Frame(a=original)
    cg = frame.codegen()
    cg(middle, allow_cache=False)
    (((inside,),),) = frame.run(cg, 1)
    assert inside is original
    assert not cg.tempvars


def test_a_generator_with_a_source_may_hold_itself() -> None:
    generator, a_list = LocalGeneratorVariable(source=LocalSource("a")), ListVariable()
    generator.items += [a_list]
    a_list.items += [generator]
    (result,) = twice(Frame(), [generator])
    (inner,) = result
    assert inner[0] is result
