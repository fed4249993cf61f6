"""What holds for every case that can be drawn."""

from __future__ import annotations

import collections
import functools
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from generators import Case, dumps, limits, loads, strategy, tree_case
from generators.calls import call_case
from generators.graph import on_a_cycle
from generators.links import NODE_KINDS
from generators.rules import check, problems
from harness.corpus import HERE, read, without_known
from harness.reducer.reduce import STEPS, weight
from harness.runner import Runner
from harness.targets.base import Target
from oracles.graph_values import StandIns
from oracles.making import NAMED_TUPLES, Thing
from oracles.values import KINDS, Difference, compare
from oracles.world import World, pairs, unpromised

cases = strategy(tree_case)
calls = strategy(call_case)

EXAMPLES = settings().max_examples
"""Of the profile in use."""

VALUES = StandIns()


@given(cases)
def test_drawn_case_is_well_formed(case: Case) -> None:
    assert list(problems(case)) == []
    assert check(case) is case
    # one more where an inner node comes first
    assert limits.ROOTS.low <= len(case.roots) <= limits.ROOTS.high + 1
    for kind in case.kinds() & set(NODE_KINDS):
        event(kind)
    event("a cycle" if on_a_cycle(case.nodes) else "no cycle")


@given(cases)
def test_case_comes_back_from_its_file(case: Case) -> None:
    text = dumps(case)
    read = loads(text)
    assert dumps(read) == text
    assert loads(text.encode()).roots == case.roots
    assert repr(read) == repr(case)


@given(cases)
def test_every_step_of_the_reducer_is_well_formed_and_no_harder(case: Case) -> None:
    for step in STEPS:
        for candidate in step(case):
            assert list(problems(candidate)) == [], step.__name__
            assert weight(candidate) <= weight(case), step.__name__
            assert len(dumps(loads(dumps(candidate)))) == len(dumps(candidate))


@given(calls)
def test_drawn_call_is_well_formed_and_comes_back_from_its_file(case: Case) -> None:
    assert list(problems(case)) == []
    assert limits.ARGUMENTS.low <= len(case.roots) <= limits.ARGUMENTS.high
    assert repr(loads(dumps(case))) == repr(case)
    event(f"{len(case.as_tensor)} conversions")


@given(calls)
def test_every_step_of_the_reducer_keeps_a_call_one(case: Case) -> None:
    for step in STEPS:
        for candidate in step(case):
            assert list(problems(candidate)) == [], step.__name__
            assert candidate.kind == "call"
            assert weight(candidate) <= weight(case), step.__name__


# --- the comparison of values -------------------------------------------------------------------------


def difference(
    case: Case, world: World, twin: World, actual: list[Any], expected: list[Any]
) -> Difference | None:
    """Compare the roots, then what was bound beforehand."""
    places = [(("root", at), actual[at], expected[node]) for at, node in enumerate(case.roots)]
    places += [(("local", name), world.locals[name], value) for name, value in twin.locals.items()]
    places += [(("global", name), world.globals[name], value) for name, value in twin.globals.items()]
    existing = [*pairs(world, twin), (world.globals, twin.globals)]
    return compare(places, existing, [expected[node] for node in unpromised(case)])


def two_worlds(case: Case) -> tuple[World, World]:
    return World(case, VALUES), World(case, VALUES)


@given(cases)
def test_originals_equal_themselves_and_those_of_the_twin(case: Case) -> None:
    world, twin = two_worlds(case)
    mine, theirs = world.originals(), twin.originals()
    actual = [mine[node] for node in case.roots]
    assert difference(case, world, world, actual, mine) is None
    assert difference(case, world, twin, actual, theirs) is None


@dataclass(frozen=True)
class Mutation:
    """A change of one container in place, and the kinds of difference that it may show as."""

    name: str
    apply: Callable[[], object]
    kinds: frozenset[str]


def mutations(value: Any, named: set[int]) -> list[Mutation]:
    """All that can be done to a value so that it is no longer what it was. `named`: the containers that a
    copy could not stand for."""
    found: list[Mutation] = []

    def add(name: str, apply: Callable[[], object], *kinds: str) -> None:
        found.append(Mutation(f"{name} in a {type(value).__name__}", apply, frozenset(kinds)))

    if type(value) not in (*SEQUENCES, *TABLES):
        return other_mutations(value)
    table = vars(value) if type(value) is Thing else value
    names = "names" if type(value) is Thing else "length"
    if type(value) in SEQUENCES:
        full = type(value) is collections.deque and len(value) == value.maxlen
        if not full:
            add("one more", lambda: table.append(0), "length")
    else:
        add("one more", lambda: table.__setitem__("one more", 0), names)
        if len(table) > 1:
            first = next(iter(table))
            add("another order", lambda: table.__setitem__(first, table.pop(first)), *OF_A_MEMBER)
    for at in list(range(len(table)) if type(value) in SEQUENCES else table):
        member = table[at]
        put = functools.partial(table.__setitem__, at)
        add("one fewer", functools.partial(table.__delitem__, at), names)
        add("a stranger", functools.partial(put, STRANGER), "type")
        for other in looks_alike(member):
            like = f"a lookalike of a {type(member).__name__}"
            add(like, functools.partial(put, other), "type", "bits")
        if id(member) in named:
            add("a copy", functools.partial(put, member.copy()), "identity-lost", "sharing-lost")
        for other in table if type(table) in SEQUENCES else table.values():
            if other is not member and type(other) is type(member) and type(other) in CHANGEABLE:
                add("a sibling", functools.partial(put, other), *OF_A_MEMBER)
    return found


SEQUENCES = (list, collections.deque)
TABLES = (dict, collections.OrderedDict, Thing)
ITERATORS = (type(iter([])), type(iter(())))
CHANGEABLE = (*SEQUENCES, *TABLES, set, FunctionType, CellType, functools.partial, *ITERATORS)


def other_mutations(value: Any) -> list[Mutation]:
    """The same for what is neither a sequence nor a table."""
    found: list[Mutation] = []

    def add(name: str, apply: Callable[[], object], *kinds: str) -> None:
        found.append(Mutation(f"{name} of a {type(value).__name__}", apply, frozenset(kinds)))

    if type(value) is set:
        add("one more", lambda: value.add("one more"), "length")
        for element in value:
            add("one fewer", functools.partial(value.remove, element), "length")
            for other in looks_alike(element):
                if type(other) is not bytearray and other not in value:
                    replace = functools.partial(swap, value, element, other)
                    add(f"a lookalike of a {type(element).__name__}", replace, "elements")
    elif type(value) is CellType:
        if value == CellType():
            add("filled", lambda: setattr(value, "cell_contents", 0), "length")
        else:
            add("emptied", lambda: delattr(value, "cell_contents"), "length")
            add("a stranger", lambda: setattr(value, "cell_contents", STRANGER), "type")
    elif type(value) in ITERATORS and value.__length_hint__():
        add("moved", lambda: next(value), "length")
    elif type(value) in (FunctionType, functools.partial):
        add("an attribute", lambda: setattr(value, "spare", 0), "names")
    if type(value) is FunctionType:
        add("another name", lambda: setattr(value, "__name__", "other"), "code")
        defaults, keywords = value.__defaults__ or (), value.__kwdefaults__ or {}
        add("one default more", lambda: setattr(value, "__defaults__", (*defaults, 0)), "length")
        add("one keyword more", lambda: setattr(value, "__kwdefaults__", {**keywords, "spare": 0}), "names")
        for at in range(len(defaults)):
            strange = (*defaults[:at], STRANGER, *defaults[at + 1 :])
            add("a stranger", functools.partial(setattr, value, "__defaults__", strange), "type")
    return found


def swap(value: set[Any], element: Any, other: Any) -> None:
    value.remove(element)
    value.add(other)


STRANGER = bytearray(b"stranger")
OF_A_MEMBER = tuple(KINDS)
"""Where a member is another, any difference may come first."""


def looks_alike(value: Any) -> list[Any]:
    """Constants that a sloppy comparison takes for the value."""
    match value:
        case bool():
            return [int(value), not value]
        case int():
            return [value + 1, *([float(value)] if abs(value) < 2**53 else [])]
        case float() if value != value:
            (bits,) = struct.unpack("<Q", struct.pack("<d", value))
            return [struct.unpack("<d", struct.pack("<Q", bits ^ 2))[0], -value]
        case float():
            return [-value, complex(value)]
        case complex():
            return [complex(-value.real, value.imag), complex(value.real, -value.imag)]
        case str():
            return [value + " ", value.encode("utf-8", "surrogatepass")]
        case bytes():
            return [value + b" ", bytearray(value)]
        case None:
            return [..., False]
    return []


def members(value: Any) -> list[Any]:
    """What a container holds, keys aside."""
    match value:
        case slice():
            return [value.start, value.stop, value.step]
        case dict():
            return list(value.values())
        case Thing():
            return list(vars(value).values())
        case CellType():
            return [] if value == CellType() else [value.cell_contents]
        case FunctionType():
            keywords = value.__kwdefaults__ or {}
            return [*(value.__defaults__ or ()), *keywords.values(), *(value.__closure__ or ())]
        case functools.partial():
            return [value.func, *value.args, *value.keywords.values()]
    return list(value) if type(value) in (*SEQUENCES, tuple, *NAMED_TUPLES) else []


class Scene:
    """A case's value as the emitted code would give it, and all that can be changed in it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.world, self.twin = two_worlds(case)
        mine, self.expected = self.world.originals(), self.twin.originals()
        self.actual = [mine[node] for node in case.roots]
        uses: Counter[int] = Counter()
        changeable: dict[int, Any] = {}
        pending = [*self.actual, *self.world.locals.values(), *self.world.globals.values()]
        while pending:
            value = pending.pop()
            uses[id(value)] += 1
            if uses[id(value)] == 1:
                pending += members(value)
                if type(value) in CHANGEABLE:
                    changeable[id(value)] = value
        free = {id(mine[node]) for node in unpromised(case)}
        existing = {id(value) for value, _ in pairs(self.world, self.twin)}
        named = {
            at
            for at, value in changeable.items()
            if hasattr(value, "copy") and (at in existing or (uses[at] > 1 and at not in free))
        }
        self.possible: dict[str, list[Mutation]] = {}
        for value in changeable.values():
            for mutation in mutations(value, named):
                self.possible.setdefault(mutation.name, []).append(mutation)

    def difference(self) -> Difference | None:
        return difference(self.case, self.world, self.twin, self.actual, self.expected)


@given(cases, st.data())
def test_single_mutation_is_found(case: Case, data: st.DataObject) -> None:
    """One of each sort that the case allows, each on a value made anew."""
    for name, several in Scene(case).possible.items():
        scene = Scene(case)
        mutation = scene.possible[name][data.draw(st.integers(0, len(several) - 1), label=name)]
        mutation.apply()
        event(name)
        found = scene.difference()
        assert found is not None, mutation
        assert found.kind in mutation.kinds, (mutation, found)


@given(cases, st.data())
def test_another_root_is_found(case: Case, data: st.DataObject) -> None:
    scene = Scene(case)
    scene.actual[data.draw(st.integers(0, len(case.roots) - 1))] = STRANGER
    found = scene.difference()
    assert found is not None
    assert found.kind == "type"


# --- the targets --------------------------------------------------------------------------------------


@given(case=cases)
def test_own_target_gives_the_value_back_or_refuses(own: Target, case: Case) -> None:
    outcome = Runner(own).run(case)
    event(f"{outcome.status} {outcome.reason}")
    assert outcome.status in ("passed", "rejected"), outcome


@settings(max_examples=max(1, EXAMPLES // 3))
@given(case=cases)
def test_torch_target_gives_the_value_back_or_refuses(targets: dict[str, Target], case: Case) -> None:
    torch = targets["torch"]
    outcome = Runner(torch).explain(case)[0]
    outcome = without_known(read(HERE).known_of("torch", torch.versions()), case, outcome)
    event(f"{outcome.status} {outcome.reason}")
    assert outcome.status in ("passed", "rejected", "known"), outcome
