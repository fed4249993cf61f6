"""`SideEffects`: after the emitted code the old values are what plain Python leaves them."""

from __future__ import annotations

import random
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from types import CellType, FunctionType
from typing import Any

import pytest

from harness.codegen import (
    AttributeMutationExisting,
    AttrSource,
    CellVariable,
    ConstantVariable,
    ConstDictVariable,
    DequeVariable,
    GlobalSource,
    GraphBreak,
    ListVariable,
    LocalSource,
    PyCodegen,
    SetVariable,
    SideEffects,
    Source,
    TensorVariable,
    Translator,
    TupleVariable,
    UserDefinedObjectVariable,
    ValueMutationExisting,
    ValueMutationNew,
    VariableTracker,
    assemble,
    create_instruction,
)
from harness.codegen.errors import SideEffectError
from harness.codegen.instructions import create_build_tuple
from tests.unit.test_codegen_values import BaseCodegen, Frame, const, opnames


class Thing:
    """An object with attributes, compared by identity."""


def emit(cg: PyCodegen, effects: SideEffects, values: Sequence[Any]) -> None:
    effects.codegen_save_tempvars(cg)
    cg.restore_stack(values)
    effects.codegen_update_mutated(cg)


Restore = Callable[..., tuple[Any, ...]]


def once(frame: Frame, effects: SideEffects, values: Sequence[Any] = (), cls: Any = PyCodegen) -> Any:
    cg = frame.codegen(cls=cls)
    emit(cg, effects, values)
    return frame.run(cg, len(values))


def twice(frame: Frame, effects: SideEffects, values: Sequence[Any] = (), cls: Any = PyCodegen) -> Any:
    first = frame.codegen(cls=cls)
    emit(first, effects, values)
    second = frame.codegen({value: None for value, uses in first.uses.items() if uses > 1}, cls=cls)
    emit(second, effects, values)
    return frame.run(second, len(values))


def as_earlier(frame: Frame, effects: SideEffects, values: Sequence[Any] = ()) -> Any:
    return twice(frame, effects, values, BaseCodegen)


passes = pytest.mark.parametrize("restore", [once, twice, as_earlier])


def consts(*values: object) -> list[VariableTracker]:
    return [const(value) for value in values]


def existing(kind: Callable[..., Any], source: Source, *args: Any) -> Any:
    return kind(*args, source=source, mutation_type=ValueMutationExisting())


def thing(source: Source) -> UserDefinedObjectVariable:
    return UserDefinedObjectVariable(Thing, source=source, mutation_type=AttributeMutationExisting())


def changed(*trackers: VariableTracker) -> SideEffects:
    effects = SideEffects()
    for tracker in trackers:
        effects.mutation(tracker)
    return effects


A, B = LocalSource("a"), LocalSource("b")
T = TensorVariable("p")
OUT = object()


# --- contents -------------------------------------------------------------------------------------------

PAIRS = list(zip(consts("z", 1, "a"), consts(1, 2, 3), strict=True))
CONTENTS: dict[str, tuple[Callable[[], Any], Callable[[], Any], Any]] = {
    "list": (lambda: [1, 2], lambda: existing(ListVariable, A, [T, const(1)]), [OUT, 1]),
    "list emptied": (lambda: [1, 2], lambda: existing(ListVariable, A), []),
    "list filled": (list, lambda: existing(ListVariable, A, consts(*range(300))), list(range(300))),
    "dict": (lambda: {"a": 0}, lambda: existing(ConstDictVariable, A, PAIRS), {"z": 1, 1: 2, "a": 3}),
    "dict emptied": (lambda: {"a": 0}, lambda: existing(ConstDictVariable, A), {}),
    "OrderedDict": (
        lambda: OrderedDict(a=0, z=0),
        lambda: existing(ConstDictVariable, A, PAIRS, OrderedDict),
        OrderedDict([("z", 1), (1, 2), ("a", 3)]),
    ),
    "set": (lambda: {1, 2}, lambda: existing(SetVariable, A, [T, const(2)]), {OUT, 2}),
    "set emptied": (lambda: {1, 2}, lambda: existing(SetVariable, A), set()),
    "deque": (lambda: deque([1]), lambda: existing(DequeVariable, A, [T, const(1)]), deque([OUT, 1])),
    "deque full": (
        lambda: deque([1, 2], 2),
        lambda: existing(DequeVariable, A, [T, const(1)], 2),
        deque([OUT, 1], 2),
    ),
}


@passes
@pytest.mark.parametrize("name", CONTENTS)
def test_contents(name: str, restore: Restore) -> None:
    make, track, wanted = CONTENTS[name]
    original, tracker = make(), track()
    result = restore(Frame(a=original, outputs=(OUT,)), changed(tracker), [tracker, T, tracker])
    assert result[0] is result[2] is original
    assert result[1] is OUT
    assert type(original) is type(wanted)
    assert original == wanted
    assert list(original) == list(wanted)
    assert getattr(original, "maxlen", None) == getattr(wanted, "maxlen", None)


def test_a_key_that_stays_keeps_its_place_and_its_type() -> None:
    original = {1: "a", 2: "b"}
    tracker = existing(ConstDictVariable, A, list(zip(consts(1, 2), consts("c", "d"), strict=True)))
    once(Frame(a=original), changed(tracker))
    assert repr(original) == "{1: 'c', 2: 'd'}"


def test_a_change_recorded_twice_is_made_once() -> None:
    tracker = existing(ListVariable, A)
    cg = Frame().codegen()
    changed(tracker, tracker).codegen_update_mutated(cg)
    assert opnames(cg).count("STORE_SUBSCR") == 1


def test_nothing_changed_nothing_emitted() -> None:
    cg = Frame().codegen()
    emit(cg, SideEffects(), [])
    assert cg.get_instructions() == []


@passes
@pytest.mark.parametrize("kind", [ListVariable, DequeVariable, ConstDictVariable])
def test_it_now_contains_itself(kind: Any, restore: Restore) -> None:
    original: Any = {ListVariable: [1], DequeVariable: deque([1]), ConstDictVariable: {"k": 1}}[kind]
    tracker = existing(kind, A)
    inside = TupleVariable([tracker, ListVariable([tracker])])
    tracker.items += [(const("k"), inside)] if kind is ConstDictVariable else [inside]
    (root,) = restore(Frame(a=original), changed(tracker), [inside])
    (value,) = original.values() if kind is ConstDictVariable else original
    assert value[0] is original
    assert value[1][0] is original
    assert restore is once or root is value


@passes
@pytest.mark.parametrize("first", [0, 1])
def test_two_that_hold_each_other(first: int, restore: Restore) -> None:
    a_list: list[Any] = []
    a_dict: dict[Any, Any] = {"old": 1}
    list_tracker, dict_tracker = existing(ListVariable, A), existing(ConstDictVariable, B)
    shared = ListVariable()
    list_tracker.items += [dict_tracker, shared, list_tracker]
    dict_tracker.items += [(const("l"), list_tracker), (const("s"), shared)]
    order = [list_tracker, dict_tracker]
    restore(Frame(a=a_list, b=a_dict), changed(order[first], order[1 - first]))
    assert list(a_dict) == ["l", "s"]
    assert a_list[0] is a_dict
    assert a_list[2] is a_list
    assert a_dict["l"] is a_list
    assert restore is once or a_list[1] is a_dict["s"]


@passes
def test_the_first_item_of_the_next_is_the_one_before(restore: Restore) -> None:
    # what was rebuilt last is on top of the stack, and is not the original
    for kinds in [(SetVariable, {0}), (DequeVariable, deque([0])), (ListVariable, [0])]:
        kind, before = kinds
        holder: list[Any] = []
        inner, outer = existing(kind, A, consts(1)), existing(ListVariable, B)
        outer.items += [inner]
        for order in ((inner, outer), (outer, inner)):
            restore(Frame(a=before, b=holder), changed(*order))
            assert holder[0] is before
            assert list(before) == [1]


@passes
def test_all_is_loaded_before_anything_changes(restore: Restore) -> None:
    first, second, obj = [1, "x"], [2, "y"], Thing()
    vars(obj)["attribute"] = "old"
    old_first = ConstantLike(AttrSource(A, "attribute"))
    frame = Frame(a=obj, b=second, L=first)
    a_list, b_list = existing(ListVariable, GlobalSource("L")), existing(ListVariable, B)
    a_list.items += [old_first]
    b_list.items += [*consts(0), old_first]
    effects = changed(a_list)
    effects.store_attr(thing(A), "attribute", b_list)
    effects.mutation(b_list)
    result = restore(frame, effects, [old_first, a_list])
    assert result[0] == "old"
    assert result[1] is first
    assert (first, second) == (["old"], [0, "old"])
    assert vars(obj)["attribute"] is second


class ConstantLike(VariableTracker):
    """A value that can only be loaded from its source."""

    def __init__(self, source: Source) -> None:
        super().__init__(source=source)


# --- attributes -----------------------------------------------------------------------------------------

Step = tuple[str, Any]
PROGRAMS: list[list[Step]] = [
    [("x", 1), ("y", 2), ("x", 3)],
    [("z", 1), ("old", 2), ("a", 3)],
    [("old", None)],
    [("old", None), ("x", 1), ("old", 2)],
    [("x", 1), ("x", None)],
    [("x", 1), ("y", 2), ("x", None), ("x", 3)],
    [("old", 1), ("x", 2), ("old", None)],
    [("old", 1), ("old", None), ("x", 0), ("old", 2), ("y", 1), ("old", 3)],
    [("old", None), ("old", 1), ("old", None), ("x", 5), ("old", 6), ("older", None)],
    [("x", 1), ("x", None), ("x", 2), ("y", 3), ("x", None), ("z", 1), ("x", 4)],
    [(f"name_{i}", i + 1) for i in range(300)],
]


def apply(obj: Any, steps: Iterable[Step]) -> None:
    for name, value in steps:
        if value is None:
            delattr(obj, name)
        else:
            setattr(obj, name, value)


@passes
@pytest.mark.parametrize("steps", PROGRAMS)
def test_attributes_and_their_order(steps: list[Step], restore: Restore) -> None:
    obj, model = Thing(), Thing()
    for each in (obj, model):
        apply(each, [("older", 0), ("old", 1), ("oldest", 2)])
    tracker, effects = thing(A), SideEffects()
    for name, value in steps:
        if value is None:
            effects.delete_attr(tracker, name)
        else:
            effects.store_attr(tracker, name, const(value))
    apply(model, steps)
    frame = Frame(a=obj)
    (root,) = restore(frame, effects, [tracker])
    assert root is obj
    assert {name for name, _ in steps} <= {*frame.tx.output.code_options["co_names"]}
    assert list(vars(obj).items()) == list(vars(model).items())


@passes
def test_changes_are_made_in_the_order_of_the_program(restore: Restore) -> None:
    log: list[Any] = []

    class Logging:
        def __init__(self, name: str) -> None:
            vars(self)["name"] = name

        def __setattr__(self, name: str, value: Any) -> None:
            log.append((vars(self)["name"], name, value))

        def __delattr__(self, name: str) -> None:
            log.append((vars(self)["name"], name))

    effects, first, second = SideEffects(), thing(A), thing(B)
    effects.store_attr(second, "x", const(1))
    effects.store_attr(first, "x", const(2))
    effects.delete_attr(second, "y")
    effects.store_attr(first, "y", first)
    a = Logging("a")
    restore(Frame(a=a, b=Logging("b")), effects)
    assert log == [("b", "x", 1), ("a", "x", 2), ("b", "y"), ("a", "y", a)]


# --- cells ----------------------------------------------------------------------------------------------


@passes
def test_existing_cells_by_source(restore: Restore) -> None:
    full, empty, other = CellType(1), CellType(), CellType(2)
    effects = SideEffects()
    trackers = [CellVariable(source=GlobalSource(name)) for name in ("full", "empty", "other")]
    effects.store_attr(trackers[0], "cell_contents", trackers[1])
    effects.store_attr(trackers[1], "cell_contents", ListVariable())
    effects.delete_attr(trackers[2], "cell_contents")
    restore(Frame(full=full, empty=empty, other=other), effects)
    assert full.cell_contents is empty
    assert empty.cell_contents == []
    with pytest.raises(ValueError, match="empty"):
        other.cell_contents  # noqa: B018


def test_cells_of_the_frame() -> None:
    tx = Translator((), {}, cellvars=("own", "gone"), freevars=("free",))
    effects = SideEffects()
    own, gone = CellVariable(local_name="own"), CellVariable(const(5), "gone")
    free = CellVariable(local_name="free", mutation_type=AttributeMutationExisting())
    effects.track(own)
    effects.track(gone)
    effects.store_attr(own, "cell_contents", free)
    effects.store_attr(own, "cell_contents", TupleVariable([own, free]))
    effects.store_attr(free, "cell_contents", const(7))
    effects.delete_attr(gone, "cell_contents")
    cg = PyCodegen(tx)
    emit(cg, effects, [own, gone, free])
    body = [*cg.get_instructions(), create_build_tuple(3), create_instruction("RETURN_VALUE")]
    cell = CellType(0)
    code = assemble(body, tx.output.code_options).code
    got_own, got_gone, got_free = FunctionType(code, tx.f_globals, closure=(cell,))()
    assert got_free is cell
    assert cell.cell_contents == 7
    assert got_own.cell_contents[0] is got_own
    assert got_own.cell_contents[1] is cell
    assert got_gone == CellType()


@passes
def test_new_cells_are_one_in_a_single_pass_and_filled_last(restore: Restore) -> None:
    cell, obj = CellVariable(), Thing()
    effects = SideEffects()
    effects.track(cell)
    effects.store_attr(thing(A), "cell", cell)
    effects.store_attr(cell, "cell_contents", thing(A))
    first, between, (second,) = restore(Frame(a=obj), effects, [cell, const(0), ListVariable([cell])])
    assert (type(first), between) == (CellType, 0)
    assert first is second is vars(obj)["cell"]
    assert first.cell_contents is obj


# --- misuse ---------------------------------------------------------------------------------------------


def test_what_cannot_be_changed_is_refused() -> None:
    effects = SideEffects()
    refused: list[Callable[[], None]] = [
        lambda: effects.mutation(ListVariable()),
        lambda: effects.mutation(ListVariable(source=A)),
        lambda: effects.mutation(ListVariable(source=A, mutation_type=ValueMutationNew())),
        lambda: effects.mutation(existing(TupleVariable, A)),
        lambda: effects.mutation(thing(A)),
        lambda: effects.store_attr(UserDefinedObjectVariable(Thing, source=A), "x", const(1)),
        lambda: effects.delete_attr(existing(ListVariable, A), "x"),
        lambda: effects.store_attr(CellVariable(), "x", const(1)),
        lambda: effects.track(thing(A)),
        lambda: effects.track(CellVariable(source=A)),
        lambda: effects.track(CellVariable(mutation_type=AttributeMutationExisting())),
    ]
    for misuse in refused:
        with pytest.raises(SideEffectError) as caught:
            misuse()
        assert caught.value.where in ("mutation", "track", "store_attr", "delete_attr")
        assert caught.value.remedy
    cg = Frame().codegen()
    emit(cg, effects, [])
    assert cg.get_instructions() == []


def test_a_new_value_that_cannot_be_built_is_a_graph_break() -> None:
    effects = SideEffects()
    effects.store_attr(thing(A), "x", UserDefinedObjectVariable(Thing))
    with pytest.raises(GraphBreak):
        effects.codegen_update_mutated(Frame().codegen())


# --- programs against plain Python ----------------------------------------------------------------------


class Program:
    """Random statements on old and new objects, made by plain Python; its trackers say where they ended."""

    NEW: tuple[Callable[[], Any], ...] = (list, dict, OrderedDict, set, deque, lambda: deque(maxlen=3))

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.effects = SideEffects()
        self.model = world(seed)
        self.objects: list[Any] = list(self.model.values())
        self.old = {id(value): GlobalSource(name) for name, value in self.model.items()}
        self.trackers: dict[int, VariableTracker] = {}
        self.tracked: list[Any] = []
        mutated: dict[int, Any] = {}
        for _ in range(self.draw.randint(1, 12)):
            on = self.draw.choice(self.objects)
            self.change(on)
            if id(on) in self.old and not isinstance(on, Thing):
                mutated[id(on)] = on
        self.roots = self.draw.sample(self.objects, self.draw.randint(0, len(self.objects)))
        for value in [*self.roots, *mutated.values()]:
            self.track(value)
        for value in self.tracked:  # which grows on the way
            self.fill(value)
        for value in mutated.values():
            self.effects.mutation(self.track(value))

    def value(self) -> Any:
        """Something to store: a number, a new object, a new pair, or whatever there is."""
        kind = self.draw.randrange(4)
        if kind == 0:
            return self.draw.randrange(5)
        if kind == 1:
            self.objects.append(self.draw.choice(self.NEW)())
            return self.objects[-1]
        if kind == 2:
            return self.draw.choice(self.objects), self.draw.choice(self.objects)
        return self.draw.choice(self.objects)

    def change(self, on: Any) -> None:
        draw, value = self.draw, self.value()
        if isinstance(on, Thing):
            if draw.random() < 0.3 and vars(on):
                name = draw.choice(list(vars(on)))
                delattr(on, name)
                self.effects.delete_attr(self.track(on), name)
            else:
                name = draw.choice("uvw")
                setattr(on, name, value)
                self.effects.store_attr(self.track(on), name, self.track(value))
        elif draw.random() < 0.3:
            if isinstance(on, dict) and on:
                del on[next(iter(on))]
            else:
                on.clear()
        elif isinstance(on, deque) and draw.random() < 0.5:
            on.appendleft(value)
        else:
            add(on, value, draw.randint(0, 3))

    def track(self, value: Any) -> VariableTracker:
        """The tracker of a value, its contents still to come."""
        if isinstance(value, int):
            return ConstantVariable(value)
        if id(value) not in self.trackers:
            self.trackers[id(value)] = self.tracker(value, self.old.get(id(value)))
            self.tracked.append(value)
        return self.trackers[id(value)]

    def tracker(self, value: Any, source: Source | None) -> VariableTracker:
        if isinstance(value, Thing):
            return thing(GlobalSource("") if source is None else source)
        mutation = None if source is None else ValueMutationExisting()
        more: dict[str, Any] = {"source": source, "mutation_type": mutation}
        kinds: dict[type, Callable[[], VariableTracker]] = {
            list: lambda: ListVariable(**more),
            tuple: lambda: TupleVariable(**more),
            set: lambda: SetVariable(**more),
            deque: lambda: DequeVariable([], value.maxlen, **more),
            dict: lambda: ConstDictVariable(**more),
            OrderedDict: lambda: ConstDictVariable([], OrderedDict, **more),
        }
        return kinds[type(value)]()

    def fill(self, value: Any) -> None:
        """Give the tracker the contents that the value has in the end."""
        tracker: Any = self.trackers[id(value)]
        if isinstance(value, dict):
            tracker.items += [(const(key), self.track(item)) for key, item in value.items()]
        elif not isinstance(value, Thing):
            tracker.items += [self.track(item) for item in value]


def world(seed: int) -> dict[str, Any]:
    """The old objects; other ones, but alike, for each call with one seed."""
    draw = random.Random(seed)
    made: dict[str, Any] = {f"g{i}": draw.choice([*Program.NEW, Thing])() for i in range(draw.randint(1, 6))}
    for value in made.values():
        add(value, draw.randint(10, 12), 2)
        add(value, draw.choice(list(made.values())), 3)
    return made


def add(holder: Any, value: Any, key: int) -> None:
    if isinstance(holder, dict):
        holder[str(key)] = value
    elif isinstance(holder, Thing):
        setattr(holder, f"name_{key}", value)
    elif isinstance(holder, set):
        holder.add(value if isinstance(value, int | Thing) else key)
    else:
        holder.append(value)


def parts(value: Any) -> list[Any]:
    if isinstance(value, Thing):
        return [*vars(value), *vars(value).values()]
    if isinstance(value, dict):
        return [*value, *value.values()]
    return list(value)


def assert_same_graph(ours: Sequence[Any], model: Sequence[Any], *, shared: bool) -> None:
    """Both are the same graph of objects; `shared` says whether it is known to be shared alike too."""
    pairs: dict[int, Any] = {}
    sets: list[tuple[set[Any], set[Any]]] = []
    todo = list(zip(ours, model, strict=True))[::-1]
    while todo:
        left, right = todo.pop()
        assert type(left) is type(right)
        if isinstance(left, int | str):
            assert left == right
        elif id(right) in pairs:
            assert pairs[id(right)] is left or not shared
        else:
            pairs[id(right)] = left
            assert getattr(left, "maxlen", None) == getattr(right, "maxlen", None)
            if isinstance(left, set):
                sets.append((left, right))
            else:
                todo += zip(parts(left), parts(right), strict=True)
    for left, right in sets:
        # numbers, and old objects, all of which were met
        assert left == {pairs.get(id(element), element) for element in right}
    assert not shared or len(pairs) == len({id(left) for left in pairs.values()})


@pytest.mark.parametrize("restore", [once, twice, as_earlier])
def test_programs_leave_what_plain_python_leaves(restore: Restore) -> None:
    for seed in range(600):
        program, real = Program(seed), world(seed)
        frame = Frame(**real)
        result = restore(frame, program.effects, [program.track(value) for value in program.roots])
        assert all(frame.namespace[name] is value for name, value in real.items())
        model = [*program.model.values(), *program.roots]
        assert_same_graph([*real.values(), *result], model, shared=restore is not once)
