"""Call cases through both targets: what is emitted, what the reducer keeps, what a replay tells."""

from __future__ import annotations

import dataclasses
import dis
from collections.abc import Callable

import pytest
from rich.console import Console

from generators import Case, Options, check, dumps
from generators.cases import drawn_case
from generators.nodes import ConstantNode
from harness.describe import call_text
from harness.reducer.reduce import reduce
from harness.report.replay import print_replay, replay_data
from harness.repro import replay
from harness.runner import Outcome, Runner
from harness.targets import own_calls
from harness.targets.base import COMPILED, Target, world_of
from oracles.run import Emission
from tests.unit.test_calls import CALL, shares_a_part
from tests.unit.test_targets import without_address

TARGETS = ["own", "torch"]
CASES = 300


def emit(target: Target, case: Case) -> Emission:
    return target.emit(case, world_of(target, case))


def names(emission: Emission, opname: str) -> list[str]:
    code = emission.code.replace(co_consts=(None,) * len(emission.code.co_consts))
    return [found.argval for found in dis.get_instructions(code) if found.opname == opname]


@pytest.mark.parametrize("name", TARGETS)
def test_a_call_passes_and_its_temporaries_are_deleted(name: str, targets: dict[str, Target]) -> None:
    target = targets[name]
    assert Runner(target, sampled=True).run(CALL) == Outcome("passed")
    emission = emit(target, CALL)
    # a.x is shared
    assert emission.temporaries >= {"tmp_2"}
    assert sorted(names(emission, "DELETE_FAST")) == sorted(emission.temporaries)
    # the profiler's mark stays
    assert set(names(emission, "STORE_FAST")) - emission.temporaries == {"tmp_1"}
    assert emission.deletes
    assert COMPILED in names(emission, "LOAD_GLOBAL")


def test_the_profile_decides_what_is_cached_and_deleted(own: Target) -> None:
    base = dataclasses.replace(CALL, options=Options(profile="base"))
    assert Runner(own).run(base) == Outcome("passed")
    emission = emit(own, base)
    assert not emission.deletes
    assert names(emission, "DELETE_FAST") == []
    # a, a.x, a.x[0], a.x[1], b
    assert len(emission.temporaries) == 5


def test_the_profile_means_nothing_to_torch(targets: dict[str, Target]) -> None:
    base = dataclasses.replace(CALL, options=Options(profile="base"))
    emissions = [emit(targets["torch"], case) for case in (CALL, base)]
    assert emissions[0].code.co_code == emissions[1].code.co_code


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_of_a_call_is_left_to_the_next_case(name: str, targets: dict[str, Target]) -> None:
    target = targets[name]

    def shapes(indices: list[int]) -> dict[int, object]:
        found = {}
        for index in indices:
            emission = emit(target, drawn_case(41, index, ("call", "tree")[index % 2 :][:1]))
            code = emission.code
            names = [sorted(map(without_address, each)) for each in (code.co_names, emission.namespace)]
            found[index] = (code.co_code, code.co_varnames, *names)
        return found

    # trees that any target emits
    trees = [at for at in range(1, CASES, 2) if _emits(target, drawn_case(41, at, ("tree",)))]
    indices = sorted([*range(0, CASES, 2), *trees])
    assert shapes(indices) == shapes(indices[::-1])


def _emits(target: Target, case: Case) -> bool:
    return Runner(target).run(case).status == "passed"


def test_the_graph_does_not_grow(targets: dict[str, Target]) -> None:
    target = targets["torch"]
    plain = Case((ConstantNode(0),), (0,))
    emit(target, plain)
    # what the pool of tensors and cases of before put there
    before = len(target.output.graphargs)  # type: ignore[attr-defined]
    emit(target, CALL)
    graph = target.output.graph  # type: ignore[attr-defined]
    assert len(target.output.graphargs) == 3  # type: ignore[attr-defined]
    for index in range(50):
        emit(target, drawn_case(42, index, ("call",)))
    assert target.output.graph is not graph  # type: ignore[attr-defined]
    emit(target, plain)
    assert target.output.graph is target.graph  # type: ignore[attr-defined]
    assert len(target.output.graphargs) == before  # type: ignore[attr-defined]


def test_a_mark_that_did_not_begin_last_is_refused() -> None:
    own_calls.MARKS.clear()
    outer, inner = own_calls.enter_mark(), own_calls.enter_mark()
    own_calls.exit_mark(inner)
    own_calls.exit_mark(outer)
    with pytest.raises(ValueError, match="did not begin last"):
        own_calls.exit_mark(outer)


def test_a_mark_that_was_left_open_is_forgotten(own: Target) -> None:
    own_calls.enter_mark()
    emit(own, CALL)
    assert own_calls.MARKS == []


# --- the reducer -------------------------------------------------------------------------------------------


def smallest(case: Case, reason: Callable[[Case], bool]) -> Case:
    check(case)
    assert reason(case)
    reduced = reduce(case, reason).case
    check(reduced)
    assert reason(reduced)
    assert reduced.kind == "call"
    return reduced


def test_a_shared_part_shrinks_to_itself() -> None:
    drawn = [drawn_case(43, index, ("call",)) for index in range(60)]
    for case in filter(shares_a_part, drawn):
        small = smallest(case, shares_a_part)
        assert len(small.roots) <= 2
        assert len(small.sources) <= 3
        assert (small.as_tensor, small.options) == ((), Options())


def test_a_dropped_argument_renumbers_the_conversions() -> None:
    drawn = [drawn_case(44, index, ("call",)) for index in range(300)]
    found = [case for case in drawn if len(case.as_tensor) > 1 and case.as_tensor[0] > 0]
    assert len(found) > 5
    for case in found:
        small = smallest(case, lambda case: bool(case.as_tensor))
        assert (len(small.roots), small.as_tensor) == (1, (0,))
        assert isinstance(small.nodes[small.roots[0]], ConstantNode)


def converts_the_second(case: Case) -> bool:
    return case.as_tensor == (1,)


def test_a_conversion_keeps_its_argument() -> None:
    case = dataclasses.replace(CALL, roots=(1, 0, 5, 1), as_tensor=(1,))
    small = smallest(case, converts_the_second)
    assert len(small.roots) == 2


def test_a_profile_that_matters_is_kept() -> None:
    case = dataclasses.replace(CALL, options=Options(profile="base"))
    assert smallest(case, lambda case: case.options.profile == "base").options.profile == "base"
    assert smallest(case, lambda case: len(case.roots) > 1).options.profile == "later"


# --- what a replay tells -----------------------------------------------------------------------------------


def test_a_call_is_told_as_python() -> None:
    assert call_text(CALL) == "compiled(as_tensor(a.x[0]), a.x[1], as_tensor(b))"


@pytest.mark.parametrize("name", TARGETS)
def test_a_replay_explains_a_call(name: str, targets: dict[str, Target]) -> None:
    told = replay(targets[name], dataclasses.replace(CALL, roots=(0, 4, 6)))
    data = replay_data(told)
    assert data["status"] == "passed"
    assert data["accesses"] == [{"due": text, "made": text} for text in ("a.x", "a.x[0]")]
    console = Console(width=150, color_system=None, record=True, file=None, quiet=False)
    with console.capture() as capture:
        print_replay(console, told)
    screen = capture.get()
    for part in (
        "compiled(as_tensor(a.x[0]), a.x, as_tensor(b))",
        "profile later",
        "float64 tensor of 1.5",
        "due, in order",
        "list of 4, a.x",
    ):
        assert part in screen
    assert "first difference" not in screen


def test_a_replay_marks_the_first_access_that_differs(own: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_calls.codegen.PyCodegen, "mark_source_temp", lambda self, source: None)
    told = replay(own, dataclasses.replace(CALL, roots=(0, 1), as_tensor=()))
    assert [finding.bucket for finding in told.outcome.findings] == [
        "accesses · computed twice · attribute · AttrSource.reconstruct"
    ]
    console = Console(width=150, color_system=None)
    with console.capture() as capture:
        print_replay(console, told)
    lines = [" ".join(line.split()) for line in capture.get().splitlines()]
    start = lines.index("accesses")
    rows = [line for line in lines[start:] if line[:1].isdigit()]
    assert rows == [
        "0 a.x a.x",
        "1 a.x[0] a.x[0]",
        "2 a.x[1] a.x ← first difference",
        "3 — a.x[1]",
    ]
    assert "attribute x of node 5, an object was read 2 times, and should be 1 times" in capture.get()


def test_a_tree_tells_nothing_of_accesses(own: Target) -> None:
    tree = drawn_case(45, 0, ("tree",))
    assert "accesses" not in replay_data(replay(own, tree)), dumps(tree)
