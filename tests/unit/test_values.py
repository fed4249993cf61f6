"""The comparison of two graphs of objects: every kind of difference, and nothing else."""

from __future__ import annotations

import copy
import typing
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from oracles.making import NAMED_TUPLES, Thing
from oracles.values import KINDS, CannotCompareError, Difference, compare, path_text
from oracles.world import GraphValue
from tests.sample_values import (
    MADE,
    MAKERS,
    NAN_BITS,
    cell,
    differ,
    fresh,
    function,
    kind_of,
    nan,
    thing,
)

# --- every kind, by the smallest pair that has it ----------------------------------------------------


@dataclass
class Pair:
    actual: Any
    expected: Any
    paired: Iterable[tuple[Any, Any]] = ()


def type_pair() -> tuple[Pair, Pair]:
    return Pair([1], (1,)), Pair([1], [1])


def bits_pair() -> tuple[Pair, Pair]:
    return Pair(1, 2), Pair(2, 2)


def length_pair() -> tuple[Pair, Pair]:
    return Pair([], [1]), Pair([1], [1])


def names_pair() -> tuple[Pair, Pair]:
    return Pair(thing(x=1), thing(y=1)), Pair(thing(y=1), thing(y=1))


def identity_lost_pair() -> tuple[Pair, Pair]:
    mine: list[Any] = []
    theirs: list[Any] = []
    return Pair([], theirs, [(mine, theirs)]), Pair(mine, theirs, [(mine, theirs)])


def identity_gained_pair() -> tuple[Pair, Pair]:
    mine: list[Any] = []
    theirs: list[Any] = []
    return Pair(mine, [], [(mine, theirs)]), Pair([], [], [(mine, theirs)])


def sharing_lost_pair() -> tuple[Pair, Pair]:
    mine: list[Any] = []
    theirs: list[Any] = []
    return Pair([mine, []], [theirs, theirs]), Pair([mine, mine], [theirs, theirs])


def sharing_gained_pair() -> tuple[Pair, Pair]:
    mine: list[Any] = []
    return Pair([mine, mine], [[], []]), Pair([mine, []], [[], []])


def elements_pair() -> tuple[Pair, Pair]:
    return Pair({1, 2}, {1, 3}), Pair({3, 1}, {1, 3})


def code_pair() -> tuple[Pair, Pair]:
    return Pair(function(globals_={}), function()), Pair(function(), function())


def test_an_array_is_told_by_type_memory_and_layout() -> None:
    numpy = pytest.importorskip("numpy")
    memory = numpy.arange(4)
    assert differ(memory[:2], memory[:2]) is None
    for other in (memory[1:3], memory[:1], memory[:2].view("float64"), memory[:2].copy(), memory[:3:2]):
        assert kind_of(differ(other, memory[:2])) == "memory"
    assert kind_of(differ(memory[:2].tolist(), memory[:2])) == "type"
    one = memory[:2]
    assert kind_of(differ([memory[:2], memory[:2]], [one, one])) == "sharing-lost"
    assert kind_of(differ(memory[:2], one, [(one, one)])) == "identity-lost"


def test_a_tensor_of_a_subclass_is_told_by_memory_and_layout() -> None:
    torch = pytest.importorskip("torch")
    from harness.targets.dynamo_graph import SUBCLASSES

    overriding = SUBCLASSES["plain"]

    tensor = torch.zeros(2, 2)
    made = tensor.as_subclass(overriding)
    assert differ(tensor.as_subclass(overriding), made) is None
    for other in (tensor.t(), tensor[:1], tensor.view(torch.int32), tensor.clone()):
        assert kind_of(differ(other.as_subclass(overriding), made)) == "memory"
    assert kind_of(differ(tensor, made)) == "type"


def memory_pair() -> tuple[Pair, Pair]:
    value, other = GraphValue(0), GraphValue(0)
    return Pair(value.numpy(), other.numpy()), Pair(value.numpy(), value.numpy())


PAIRS: dict[str, Callable[[], tuple[Pair, Pair]]] = {
    "elements": elements_pair,
    "code": code_pair,
    "memory": memory_pair,
    "type": type_pair,
    "bits": bits_pair,
    "length": length_pair,
    "names": names_pair,
    "identity-lost": identity_lost_pair,
    "identity-gained": identity_gained_pair,
    "sharing-lost": sharing_lost_pair,
    "sharing-gained": sharing_gained_pair,
}


def test_every_kind_has_a_pair() -> None:
    assert set(PAIRS) == set(KINDS)


@pytest.mark.parametrize("kind", PAIRS)
def test_kind_is_found_in_the_smallest_pair_and_not_in_an_equal_one(kind: str) -> None:
    unequal, equal = PAIRS[kind]()
    found = differ(unequal.actual, unequal.expected, unequal.paired)
    assert kind_of(found) == kind
    assert differ(equal.actual, equal.expected, equal.paired) is None


# --- atoms --------------------------------------------------------------------------------------------

ATOMS: list[Any] = [
    *(None, ..., True, False, 0, 1, -1, 2**53, 2**53 + 1, 10**40, -(1 << 1024)),
    *(0.0, -0.0, 1.0, float("inf"), float("-inf"), nan(), nan(NAN_BITS | 1), nan(NAN_BITS | 1 << 63)),
    *(0j, complex(0.0, -0.0), complex(-0.0, 0.0), complex(1), complex(nan(), 0.0), complex(0.0, nan())),
    complex(nan(NAN_BITS | 1), 0.0),
    *("", "a", "None", "\ud800", "\ud83d\ude00", "\U0001f600", b"", b"a", b"\x00"),
]


@pytest.mark.parametrize("at", range(len(ATOMS)))
def test_atom_equals_itself_alone(at: int) -> None:
    mine = ATOMS[at]
    for other, theirs in enumerate(ATOMS):
        wanted = None if at == other else "bits" if type(mine) is type(theirs) else "type"
        assert kind_of(differ(mine, theirs)) == wanted
        assert kind_of(differ([mine], [theirs])) == wanted
        assert kind_of(differ((mine,), (theirs,))) == wanted
        assert kind_of(differ({0: mine}, {0: theirs})) == wanted
        assert kind_of(differ({mine: 0}, {theirs: 0})) == wanted
        assert kind_of(differ(thing(x=mine), thing(x=theirs))) == wanted


def test_atoms_have_no_identity() -> None:
    mine = [float("1.5"), "".join(["a", "b"]), 10**30, nan()]
    theirs = [float("1.5"), "".join(["a", "b"]), 10**30, nan()]
    assert differ(mine + mine, theirs + copy.deepcopy(theirs)) is None


def test_integers_too_long_to_be_printed() -> None:
    assert kind_of(differ(1 << 50_000, 1)) == "bits"
    assert differ(1 << 50_000, 1 << 50_000) is None


class MyInt(int):
    pass


class MyList(list):  # type: ignore[type-arg]
    pass


class MyStr(str):
    __slots__ = ()


class MyTuple(tuple):  # type: ignore[type-arg]
    __slots__ = ()


class MyThing(Thing):
    pass


class MyDefaultDict(defaultdict):  # type: ignore[type-arg]
    pass


class MyPartial(partial):  # type: ignore[type-arg]
    def __new__(cls) -> MyPartial:
        return super().__new__(cls, function())


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (MyInt(1), 1),
        (MyStr("a"), "a"),
        (MyList(), []),
        (MyTuple(), ()),
        *((OrderedDict(), {}), (defaultdict(), {}), (set(), frozenset()), (deque(), [])),
        *((range(0), ()), (range(1), [0]), (slice(None), None), (iter([]), iter(())), (iter(()), ())),
        *((NAMED_TUPLES[0](), ()), (NAMED_TUPLES[1](1), NAMED_TUPLES[2](1, 2)), (cell(), None)),
        *((partial(function()), function()), (function(), len), (iter({}), iter([])), (MyPartial(), 1)),
        *((function(), Thing()), (iter([]), iter(set())), (reversed([]), iter([])), (1, {1})),
        (MyThing(), Thing()),
        (True, 1),
        (1.0, 1),
        ([], ()),
        ({}, []),
        (bytearray(), b""),
        (None, ...),
        (None, False),
        (Thing(), {}),
        (Thing, Thing()),
        (object(), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_another_type_is_a_difference_both_ways(mine: Any, theirs: Any) -> None:
    for one, other in ((mine, theirs), (theirs, mine)):
        found = differ([one], [other])
        assert found is not None
        assert found.kind == "type"
        assert found.message == f"roots[0][0] is a {type(one).__name__}, not a {type(other).__name__}"


# --- containers ---------------------------------------------------------------------------------------


def test_order_counts() -> None:
    assert kind_of(differ([1, 2], [2, 1])) == "bits"
    assert kind_of(differ({"a": 0, "b": 0}, {"b": 0, "a": 0})) == "bits"
    assert kind_of(differ({1: 0, "b": 0}, {"b": 0, 1: 0})) == "type"
    assert kind_of(differ(thing(x=0, y=0), thing(y=0, x=0))) == "names"
    assert differ({"a": 0, "b": 0}, {"a": 0, "b": 0}) is None
    assert differ(thing(x=0, y=0), thing(x=0, y=0)) is None


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ([1], []),
        ([], [1]),
        ([1, 1], [1]),
        ((1,), ()),
        (([],), ()),
        ({1: 1}, {}),
        ({}, {1: 1}),
        ([(1,)], [()]),
    ],
)
def test_length_counts(mine: Any, theirs: Any) -> None:
    assert kind_of(differ(mine, theirs)) == "length"


def test_attributes_count() -> None:
    assert kind_of(differ(thing(x=1), thing())) == "names"
    assert kind_of(differ(thing(), thing(x=1))) == "names"
    assert kind_of(differ(thing(x=1), thing(x=2))) == "bits"


def test_keys_are_compared_to_the_bit() -> None:
    for mine, theirs, kind in ((0.0, -0.0, "bits"), (True, 1, "type"), (nan(), nan(NAN_BITS | 1), "bits")):
        assert kind_of(differ({mine: 0}, {theirs: 0})) == kind
        assert kind_of(differ({(mine,): 0}, {(theirs,): 0})) == kind


# --- paths and messages -------------------------------------------------------------------------------


def test_path_is_written_as_a_reader_writes_it() -> None:
    steps = (("root", 2), ("item", 0), ("key", 1), ("value", 3), ("attribute", "x"))
    assert path_text(steps) == "roots[2][0].keys[1].values[3].x"
    assert path_text((("local", "a"), ("item", 1))) == "local a[1]"
    assert path_text((("global", "g"), ("attribute", "y"))) == "global g.y"
    assert path_text(()) == ""


# what holds the difference, and its path below the root
PLACES: list[tuple[Callable[[Any], Any], tuple[Any, ...], str]] = [
    (lambda leaf: leaf, (), ""),
    (lambda leaf: [0, leaf], (("item", 1),), "[1]"),
    (lambda leaf: (0, 0, leaf), (("item", 2),), "[2]"),
    (lambda leaf: ([], leaf), (("item", 1),), "[1]"),
    (lambda leaf: ((0, (leaf,)), 0), (("item", 0), ("item", 1), ("item", 0)), "[0][1][0]"),
    (lambda leaf: {"a": 0, "b": leaf}, (("value", 1),), ".values[1]"),
    (lambda leaf: {"a": 0, leaf: 0}, (("key", 1),), ".keys[1]"),
    (lambda leaf: {(0, leaf): 0}, (("key", 0), ("item", 1)), ".keys[0][1]"),
    (lambda leaf: thing(x=0, y=leaf), (("attribute", "y"),), ".y"),
    (
        lambda leaf: [thing(x={"k": (leaf,)})],
        (("item", 0), ("attribute", "x"), ("value", 0), ("item", 0)),
        "[0].x.values[0][0]",
    ),
]


@pytest.mark.parametrize(("hold", "steps", "text"), PLACES, ids=[text or "root" for *_, text in PLACES])
def test_difference_names_its_place(hold: Callable[[Any], Any], steps: tuple[Any, ...], text: str) -> None:
    found = compare([(("local", "a"), 0, 0), (("root", 1), hold(5), hold(7))], [])
    assert found == Difference("bits", (("root", 1), *steps), 5, 7, f"roots[1]{text} is 5, not 7")


def test_messages_say_what_is_there_and_what_should_be() -> None:
    def message(found: Difference | None) -> str:
        assert found is not None
        assert found.message.startswith(path_text(found.path) + " ")
        return found.message

    shared: list[Any] = []
    assert message(differ([1, 2], [1])) == "roots[0] has 2 members, not 1"
    assert message(differ(thing(x=1), thing(y=1))) == "roots[0] has attributes ['x'], not ['y']"
    assert message(differ(-0.0, 0.0)) == "roots[0] is -0.0, not 0.0"
    assert "existing object" in message(differ([], shared, [([], shared)]))
    assert "existing object" in message(differ(shared, [], [(shared, [])]))
    assert "roots[0][1]" in message(differ([0, shared, shared], [0, [], []]))
    assert "roots[0][1]" in message(differ([0, [], []], [0, shared, shared]))


def test_first_difference_in_order_is_told() -> None:
    found = compare([(("root", 0), [1, 2, 3], [1, 5, 6]), (("root", 1), 1, 2)], [])
    assert found is not None
    assert path_text(found.path) == "roots[0][1]"
    assert (found.actual, found.expected) == (2, 5)


def test_no_roots_have_no_difference() -> None:
    assert compare([], []) is None


# --- identity -----------------------------------------------------------------------------------------


def test_existing_object_is_compared_inside() -> None:
    mine, theirs = [1], [2]
    assert kind_of(differ(mine, theirs, [(mine, theirs)])) == "bits"
    mine[0] = 2
    assert differ(mine, theirs, [(mine, theirs)]) is None
    mine.append(3)
    assert kind_of(differ(mine, theirs, [(mine, theirs)])) == "length"


def test_existing_objects_taken_for_each_other() -> None:
    mine: list[Any] = [[], []]
    theirs: list[Any] = [[], []]
    paired = list(zip(mine, theirs, strict=True))
    assert differ(list(mine), list(theirs), paired) is None
    assert kind_of(differ(mine[::-1], list(theirs), paired)) == "identity-lost"
    assert kind_of(differ([mine[0], mine[0]], list(theirs), paired)) == "identity-lost"


@pytest.mark.parametrize("make", [*MAKERS, lambda: fresh(1)], ids=[*MADE, "tuple of constants"])
def test_identity_of_every_container(make: Callable[[], Any]) -> None:
    mine, theirs, other = make(), make(), make()
    paired = [(mine, theirs)]
    assert differ(mine, theirs, paired) is None
    assert kind_of(differ(other, theirs, paired)) == "identity-lost"
    assert kind_of(differ([mine, other], [theirs, theirs], paired)) == "identity-lost"


@pytest.mark.parametrize("make", MAKERS, ids=MADE)
def test_new_value_is_not_an_existing_one(make: Callable[[], Any]) -> None:
    mine, theirs, other = make(), make(), make()
    assert kind_of(differ(mine, other, [(mine, theirs)])) == "identity-gained"
    assert kind_of(differ([mine, mine], [theirs, other], [(mine, theirs)])) == "identity-gained"


def test_graph_value_is_told_by_identity_alone() -> None:
    one, other = GraphValue(0), GraphValue(0)
    assert differ([one, one], [one, one], [(one, one)]) is None
    assert kind_of(differ([one, other], [one, one], [(one, one), (other, other)])) == "identity-lost"


# --- sharing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS, ids=MADE)
@pytest.mark.parametrize(
    "hold",
    [
        lambda one, other: [one, other],
        lambda one, other: (one, other),
        lambda one, other: {"a": one, "b": other},
        lambda one, other: thing(x=one, y=[other]),
        lambda one, other: [[one], {"a": (other,)}],
    ],
    ids=["list", "tuple", "dict", "object", "apart"],
)
def test_sharing_within_a_root(make: Callable[[], Any], hold: Callable[[Any, Any], Any]) -> None:
    one = make()
    assert differ(hold(one, one), (lambda same: hold(same, same))(make())) is None
    assert differ(hold(make(), make()), hold(make(), make())) is None
    assert kind_of(differ(hold(one, one), hold(make(), make()))) == "sharing-gained"
    assert kind_of(differ(hold(make(), make()), hold(one, one))) == "sharing-lost"


@pytest.mark.parametrize("make", MAKERS, ids=MADE)
def test_sharing_across_roots(make: Callable[[], Any]) -> None:
    one, same = make(), make()

    def roots(first: Any, second: Any, third: Any, fourth: Any) -> Difference | None:
        return compare([(("root", 0), first, second), (("local", "a"), [third], [fourth])], [])

    assert roots(one, same, one, same) is None
    gained = roots(one, make(), one, make())
    assert gained is not None
    assert (gained.kind, path_text(gained.path)) == ("sharing-gained", "local a[0]")
    assert "roots[0]" in gained.message
    lost = roots(make(), same, make(), same)
    assert lost is not None
    assert (lost.kind, path_text(lost.path)) == ("sharing-lost", "local a[0]")
    assert "roots[0]" in lost.message


def test_unpromised_value_may_come_back_as_several() -> None:
    free = [1]
    theirs = [free, free, free]
    assert differ([[1], [1], [1]], theirs, (), [free]) is None
    again = [1]
    assert differ([again, [1], again], theirs, (), [free]) is None
    assert differ([again, again, again], theirs, (), [free]) is None
    # what is unpromised is so for itself alone
    assert kind_of(differ([[1], [2], [1]], theirs, (), [free])) == "bits"
    assert kind_of(differ([again, again], [free, [1]], (), [free])) == "sharing-gained"
    kept: list[Any] = []
    inner = [kept]
    assert differ([[kept], [kept]], [inner, inner], (), [inner]) is None
    assert kind_of(differ([[[]], [[]]], [inner, inner], (), [inner])) == "sharing-lost"
    assert differ([[[]], [[]]], [inner, inner], (), [inner, kept]) is None


def test_unpromised_value_is_not_an_existing_one() -> None:
    free: list[Any] = []
    mine: list[Any] = []
    assert kind_of(differ([mine], [free], [(mine, [])], [free])) == "identity-gained"


def knot(size: int) -> list[Any]:
    """A ring of `size` lists, each of which holds the next."""
    ring: list[Any] = [[] for _ in range(size)]
    for at, entry in enumerate(ring):
        entry.append(ring[(at + 1) % size])
    return ring[0]  # type: ignore[no-any-return]


def test_cycles() -> None:
    assert differ(knot(3), knot(3)) is None
    # a ring of one looks like a ring of two wherever one stands in it, but not by `is`
    assert kind_of(differ(knot(1), knot(2))) == "sharing-gained"
    assert kind_of(differ(knot(2), knot(1))) == "sharing-lost"
    mine, theirs = thing(), thing()
    mine.x, theirs.x = {"self": mine}, {"self": theirs}
    assert differ(mine, theirs, [(mine, theirs)]) is None
    mine.x["self"] = thing(x={})
    assert kind_of(differ(mine, theirs, [(mine, theirs)])) == "identity-lost"


# --- the one normalisation ----------------------------------------------------------------------------


@pytest.mark.skipif(not isinstance(typing.Any, type), reason="typing.Any is no class before CPython 3.11")
def test_new_tuple_of_a_class_has_no_identity_whatever_the_class_is_of() -> None:
    one = fresh(typing.Any)
    assert differ([one, one], [fresh(typing.Any), fresh(typing.Any)]) is None


def test_new_tuple_of_constants_has_no_identity() -> None:
    one, inner = fresh(1, "a"), fresh(None)
    nested = fresh(inner, fresh(inner, 1))
    assert differ([one, one], [fresh(1, "a"), fresh(1, "a")]) is None
    assert differ([fresh(1, "a"), fresh(1, "a")], [one, one]) is None
    assert differ(fresh(fresh(None), fresh(fresh(None), 1)), nested) is None
    assert differ(nested, fresh(fresh(None), fresh(fresh(None), 1))) is None
    assert differ([inner, nested], [fresh(None), nested]) is None
    assert differ({one: one}, {fresh(1, "a"): fresh(1, "a")}) is None


CONSTANTS: dict[str, Callable[[], Any]] = {
    "frozenset": lambda: frozenset([1, "a"]),
    "slice": lambda: slice(1, None, "a"),
    "frozenset of a tuple": lambda: frozenset([fresh(1, "a")]),
    "slice of a tuple of a frozenset": lambda: slice(fresh(frozenset([1])), 2),
    "tuple of a slice": lambda: fresh(slice(1), 1),
}


@pytest.mark.parametrize("make", CONSTANTS.values(), ids=CONSTANTS)
def test_new_frozenset_or_slice_of_constants_has_no_identity(make: Callable[[], Any]) -> None:
    one, same = make(), make()
    assert differ([one, one], [make(), make()]) is None
    assert differ([make(), make()], [same, same]) is None
    mine, theirs = make(), make()
    assert differ(mine, make(), [(mine, theirs)]) is None
    assert kind_of(differ(make(), theirs, [(mine, theirs)])) == "identity-lost"
    assert kind_of(differ([mine, make()], [theirs, theirs], [(mine, theirs)])) == "identity-lost"


@pytest.mark.parametrize("make", [lambda: range(2), lambda: slice(range(2)), lambda: fresh(range(2))])
def test_a_range_has_an_identity_and_so_has_what_holds_one(make: Callable[[], Any]) -> None:
    one, same = make(), make()
    assert kind_of(differ([one, one], [make(), make()])) == "sharing-gained"
    assert kind_of(differ([make(), make()], [same, same])) == "sharing-lost"
    assert kind_of(differ(one, make(), [(one, make())])) == "identity-gained"


MADE_OF_A_TUPLE: dict[str, Callable[..., Any]] = {
    "named tuple": lambda *items: NAMED_TUPLES[len(items)](*items),
    "function": function,
}


@pytest.mark.parametrize("make", MADE_OF_A_TUPLE.values(), ids=MADE_OF_A_TUPLE)
def test_what_is_made_of_a_tuple_of_constants_holds_nothing_with_an_identity(make: Any) -> None:
    mine, theirs = fresh(1), fresh(1)
    paired = [(mine, theirs)]
    assert differ(make(fresh(1), 2), make(theirs, 2), paired) is None
    assert differ([make(mine), mine], [make(theirs), theirs], paired) is None
    # but where anything else is among its items, and in an existing one
    assert kind_of(differ(make(fresh(1), []), make(theirs, []), paired)) == "identity-lost"
    one, other = make(fresh(1)), make(theirs)
    assert kind_of(differ(one, other, [*paired, (one, other)])) == "identity-lost"
    # the bits count, and so does what stands beside it
    assert kind_of(differ(make(fresh(1.0)), make(theirs), paired)) == "type"
    assert kind_of(differ([make(2), fresh(1)], [make(2), theirs], paired)) == "identity-lost"


def test_frozenset_of_anything_else_has_an_identity() -> None:
    value = GraphValue(0)
    one, same = frozenset([value]), frozenset([value])
    paired = [(value, value)]
    assert kind_of(differ([one, one], [frozenset([value]), frozenset([value])], paired)) == "sharing-gained"
    assert kind_of(differ([frozenset([value]), frozenset([value])], [same, same], paired)) == "sharing-lost"
    assert kind_of(differ([one], [frozenset([value])], [*paired, (one, same)])) == "identity-gained"


@pytest.mark.parametrize("leaf", [[], {}, Thing()], ids=["list", "dict", "object"])
def test_tuple_with_anything_else_has_one(leaf: Any) -> None:
    one = fresh(1, fresh(leaf))
    assert kind_of(differ([one, one], [fresh(1, fresh(leaf)), fresh(1, fresh(leaf))])) == "sharing-gained"
    assert kind_of(differ([fresh(1, fresh(leaf)), fresh(1, fresh(leaf))], [one, one])) == "sharing-lost"


def test_existing_tuple_of_constants_keeps_its_identity() -> None:
    mine, theirs = fresh(1, 2), fresh(1, 2)
    assert differ(mine, theirs, [(mine, theirs)]) is None
    assert kind_of(differ(fresh(1, 2), theirs, [(mine, theirs)])) == "identity-lost"
    assert kind_of(differ([fresh(1, 2)], [theirs], [(mine, theirs)])) == "identity-lost"
    assert kind_of(differ(fresh([], fresh(1, 2)), fresh([], theirs), [(mine, theirs)])) == "identity-lost"


def test_tuple_inside_an_existing_tuple_of_constants_keeps_its_identity() -> None:
    mine, theirs = fresh(fresh(1), 2), fresh(fresh(1), 2)
    paired = [(mine, theirs), (mine[0], theirs[0])]
    assert differ([mine, mine[0]], [theirs, theirs[0]], paired) is None
    assert kind_of(differ([mine, fresh(1)], [theirs, theirs[0]], paired)) == "identity-lost"


def test_existing_tuple_inside_a_new_tuple_of_constants_has_none() -> None:
    mine, theirs = fresh(1), fresh(1)
    paired = [(mine, theirs)]
    assert differ(fresh(fresh(1), 2), fresh(theirs, 2), paired) is None
    assert differ(fresh(mine, 2), fresh(theirs, 2), paired) is None
    assert differ(fresh(2, fresh(fresh(1))), fresh(2, fresh(theirs)), paired) is None
    # elsewhere it has kept it
    assert kind_of(differ([fresh(fresh(1)), fresh(1)], [fresh(theirs), theirs], paired)) == "identity-lost"


def test_new_tuple_of_constants_may_be_an_existing_one() -> None:
    mine, theirs = fresh(1), fresh(1)
    assert differ(mine, fresh(1), [(mine, theirs)]) is None


def test_tuples_without_identity_are_compared_to_the_bit() -> None:
    for mine, theirs, kind in (
        (fresh(0.0), fresh(-0.0), "bits"),
        (fresh(True), fresh(1), "type"),
        (fresh(fresh(nan())), fresh(fresh(nan(NAN_BITS | 1))), "bits"),
        (fresh(fresh(1), fresh(1)), fresh(fresh(1), fresh(1, 1)), "length"),
        (fresh(fresh(1)), fresh(1), "type"),
        (fresh(1), fresh(fresh(1)), "type"),
        (fresh(1, [1]), fresh(1, 1), "type"),
        (fresh(MyTuple()), fresh(fresh()), "type"),
    ):
        assert kind_of(differ(mine, theirs)) == kind


def test_empty_tuple_is_one_object_everywhere() -> None:
    empty = ()
    assert differ([empty, empty], [empty, empty], [(empty, empty)]) is None
    assert differ([empty, (empty,)], [empty, (empty,)]) is None


def doubled(leaf: Any, times: int = 60) -> Any:
    value = leaf
    for _ in range(times):
        value = fresh(value, value)
    return value


def test_tuples_that_double_sixty_times() -> None:
    """2**60 leaves in 61 objects: whoever walks the leaves never comes back."""
    assert differ(doubled(1), doubled(1)) is None
    assert kind_of(differ(doubled(1), doubled(True))) == "type"
    assert kind_of(differ(doubled(1, 59), doubled(1))) == "type"
    assert differ(doubled([]), doubled([])) is None
    assert kind_of(differ(doubled(0.0), doubled(-0.0))) == "bits"
    mine, theirs = doubled(1), doubled(1)
    assert differ(mine, theirs, [(mine, theirs)]) is None


# --- what it does not know ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [object, bytearray, MyList, MyInt, MyTuple, MyThing, MyPartial, MyDefaultDict, b"".__iter__],
    ids=lambda make: make.__name__,
)
def test_unknown_type_cannot_be_compared(make: Callable[[], Any]) -> None:
    with pytest.raises(CannotCompareError) as caught:
        differ([make()], [make()])
    assert caught.value.type_name == type(make()).__name__
    assert str(caught.value).startswith("roots[0][0]: ")
    assert caught.value.type_name in str(caught.value)


def test_unknown_type_is_known_by_its_pair() -> None:
    mine, theirs = object(), object()
    assert differ([mine], [theirs], [(mine, theirs)]) is None
    assert kind_of(differ([object()], [theirs], [(mine, theirs)])) == "identity-lost"


def test_what_is_made_for_the_comparison_alone_is_taken_for_nothing_else() -> None:
    # each list is let go of before the next is made, in the same place
    assert compare(((("root", at), [at], [at]) for at in range(100)), ()) is None


def test_history_of_a_tensor_may_be_left_out() -> None:
    torch = pytest.importorskip("torch")
    from harness.targets.dynamo_graph import SUBCLASSES

    tensor = torch.zeros(2, requires_grad=True)
    made = tensor.as_subclass(SUBCLASSES["plain"])
    with torch.no_grad():
        other = tensor.as_subclass(SUBCLASSES["plain"])
    root = ((("root", 0), other, made),)
    assert kind_of(compare(root, ())) == "memory"
    assert compare(root, (), history=False) is None


def test_difference_before_the_unknown_is_told() -> None:
    assert kind_of(differ([1, object()], [2, object()])) == "bits"
