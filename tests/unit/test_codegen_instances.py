"""Instances of users' classes and random number generators: made and changed past what their class says."""

from __future__ import annotations

import random
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import pytest

from harness.codegen import (
    AttributeMutationExisting,
    AttributeMutationNew,
    GraphBreak,
    InstanceVariable,
    ListVariable,
    LocalSource,
    RandomVariable,
    SideEffects,
    TupleVariable,
    ValueMutationExisting,
)
from harness.codegen.errors import SideEffectError
from tests.unit.test_codegen_effects import Restore, consts, once, passes
from tests.unit.test_codegen_values import Frame, const

A, B = LocalSource("a"), LocalSource("b")


def refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("called what the class has of its own")


class Strict:
    __init__ = __setattr__ = __delattr__ = refuse


class Slots:
    __slots__ = ("x", "y")
    __setattr__ = refuse


class StrictList(list[Any]):
    append = extend = clear = __setitem__ = refuse


class StrictDict(dict[Any, Any]):
    __setitem__ = update = clear = refuse


class StrictOrdered(OrderedDict[Any, Any]):
    __setitem__ = update = refuse


class StrictSet(set[Any]):
    add = clear = update = refuse


class StrictDeque(deque[Any]):
    append = extend = clear = refuse


class SubTuple(tuple[Any, ...]):
    pass


PAIRS = list(zip(consts("z", 1), consts(1, 2), strict=True))
KINDS: dict[str, tuple[type, type, list[Any], Any]] = {
    "object": (Strict, object, [], None),
    "slots": (Slots, object, [], None),
    "list": (StrictList, list, consts(1, 2), [1, 2]),
    "tuple": (SubTuple, tuple, consts(1, 2), (1, 2)),
    "dict": (StrictDict, dict, PAIRS, {"z": 1, 1: 2}),
    "ordered": (StrictOrdered, OrderedDict, PAIRS, OrderedDict([("z", 1), (1, 2)])),
    "set": (StrictSet, set, consts(1, 2), {1, 2}),
    "deque": (StrictDeque, deque, consts(1, 2), deque([1, 2])),
}


def new(kind: type, base: type, items: Any = (), **attributes: Any) -> InstanceVariable:
    return InstanceVariable(kind, base, items, attributes, mutation_type=AttributeMutationNew())


def old(kind: type, base: type, items: Any = ()) -> InstanceVariable:
    return InstanceVariable(kind, base, items, source=A, mutation_type=AttributeMutationExisting())


def held(value: Any, base: type) -> Any:
    return None if base is object else base(value)


@passes
@pytest.mark.parametrize("name", KINDS)
def test_a_new_one(name: str, restore: Restore) -> None:
    kind, base, items, wanted = KINDS[name]
    tracker = new(kind, base, items, y=const(5), x=const(6))
    first, second = restore(Frame(), SideEffects(), [tracker, TupleVariable([tracker])])
    assert type(first) is kind
    assert held(first, base) == wanted
    assert (first.x, first.y) == (6, 5)
    assert not hasattr(first, "__dict__") or list(vars(first)) == ["y", "x"]
    assert restore is once or second[0] is first


@passes
@pytest.mark.parametrize("name", [name for name in KINDS if name != "tuple"])
def test_one_that_holds_itself(name: str, restore: Restore) -> None:
    kind, base, items, _ = KINDS[name]
    tracker = new(kind, base, items)
    tracker.attributes["x"] = ListVariable([tracker])
    (value,) = restore(Frame(), SideEffects(), [tracker])
    assert value.x[0] is value


@passes
def test_a_tuple_that_holds_itself_through_a_list(restore: Restore) -> None:
    around = ListVariable()
    tracker = new(SubTuple, tuple, [around])
    around.items.append(tracker)
    (value,) = restore(Frame(), SideEffects(), [tracker])
    assert value[0][0] is value


MADE: dict[str, Callable[[], Any]] = {
    "list": lambda: list.__new__(StrictList),
    "dict": lambda: StrictDict(old=1),
    "ordered": lambda: StrictOrdered.__new__(StrictOrdered),
    "set": lambda: StrictSet([7]),
    "deque": lambda: StrictDeque.__new__(StrictDeque),
}


@passes
@pytest.mark.parametrize("name", MADE)
def test_other_contents_of_an_existing_one(name: str, restore: Restore) -> None:
    kind, base, items, wanted = KINDS[name]
    value, effects = MADE[name](), SideEffects()
    tracker = old(kind, base, items)
    effects.mutation(tracker)
    assert restore(Frame(value), effects, [tracker]) == (value,)
    assert held(value, base) == wanted
    assert list(value) == list(wanted)


@passes
def test_attributes_of_an_existing_one(restore: Restore) -> None:
    value, effects = object.__new__(Strict), SideEffects()
    vars(value).update(x=1, y=2)
    tracker = old(Strict, object)
    effects.delete_attr(tracker, "x")
    effects.store_attr(tracker, "z", tracker)
    restore(Frame(value), effects)
    assert list(vars(value)) == ["y", "z"]
    assert vars(value)["z"] is value


@passes
def test_slots_of_an_existing_one(restore: Restore) -> None:
    value, effects = object.__new__(Slots), SideEffects()
    object.__setattr__(value, "x", 1)
    effects.delete_attr(old(Slots, object), "x")
    effects.store_attr(old(Slots, object), "y", const(2))
    restore(Frame(value), effects)
    assert (hasattr(value, "x"), value.y) == (False, 2)


def test_an_existing_one_is_never_rebuilt() -> None:
    frame = Frame(object.__new__(Strict))
    with pytest.raises(GraphBreak):
        frame.restore([old(Strict, object)], value_from_source=False)


def test_contents_of_a_new_one_are_no_change() -> None:
    with pytest.raises(SideEffectError):
        SideEffects().mutation(new(StrictList, list))


@passes
def test_random_number_generators(restore: Restore) -> None:
    value, effects = random.Random(3), SideEffects()
    expected = random.Random(3)
    expected.random()
    tracker = RandomVariable(random.Random(3), source=A, mutation_type=ValueMutationExisting())
    tracker.generator.random()
    effects.mutation(tracker)
    _, made = restore(Frame(value), effects, [tracker, RandomVariable(random.Random(4))])
    assert value.getstate() == expected.getstate()
    assert made.getstate() == random.Random(4).getstate()


@passes
def test_globals_are_bound_to_what_they_are_bound_to_last(restore: Restore) -> None:
    effects, frame = SideEffects(), Frame([], g=1, h=2)
    existing = ListVariable(source=A, mutation_type=ValueMutationExisting())
    effects.store_global("g", const(5))
    effects.store_global("g", existing)
    effects.mutation(existing)
    restore(frame, effects)
    assert frame.namespace["g"] is frame.locals[1]
    assert frame.namespace["h"] == 2


@passes
def test_without_replay_only_what_is_new_is_changed(restore: Restore) -> None:
    effects, frame = SideEffects(replay=False), Frame([], g=1)
    existing = ListVariable(consts(1), source=A, mutation_type=ValueMutationExisting())
    effects.mutation(existing)
    effects.store_global("g", const(5))
    (value,) = restore(frame, effects, [new(StrictList, list, consts(1))])
    assert list(value) == [1]
    assert (frame.locals[1], frame.namespace["g"]) == ([], 1)
