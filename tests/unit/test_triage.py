"""What becomes of an example: run again, made small, and kept apart from what is known."""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from generators import seeded_case
from generators.case import Case
from harness import isolation as isolation_module
from harness import triage as triage_module
from harness.corpus import Known, Predicate
from harness.isolation import STDERR_TAIL
from harness.reducer.reduce import Reduced
from harness.targets.own import OwnTarget
from harness.triage import RUNS, death_finding, probe, shrink
from oracles.run import Emission
from oracles.world import World

ABORT = "isolation · crash · SIGABRT in emit"


@dataclass
class Failing(OwnTarget):
    """The own target, with something else done on cases of some kind."""

    on: Callable[[Case], bool]
    then: Callable[[], Any]

    def __post_init__(self) -> None:
        super().__init__()

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Any = None) -> Emission:
        if self.on(case):
            self.then()
        return super().emit(case, world, record=record, watch=watch)


def large(asked: Callable[[Case], bool]) -> Case:
    """A drawn case of some size."""
    drawn = (seeded_case(3, index) for index in range(2_000))
    return next(case for case in drawn if len(case.nodes) > 8 and asked(case))


def has_a_list(case: Case) -> bool:
    return "list" in case.kinds()


def test_a_death_is_made_small() -> None:
    case = large(has_a_list)
    shrunk = shrink(Failing(has_a_list, os.abort), ABORT, case)
    assert shrunk.confirmed
    assert (shrunk.shown, shrunk.runs) == (RUNS, RUNS)
    assert len(shrunk.case.nodes) == 1
    assert shrunk.finding is not None
    assert shrunk.finding.bucket == ABORT


def every_second_process() -> Callable[[], None]:
    """Aborts in one process, and in the next not."""
    words = memoryview(mmap.mmap(-1, 16)).cast("q")

    def abort() -> None:
        if words[0] != os.getpid():
            words[0] = os.getpid()
            words[1] += 1
        if words[1] % 2:
            os.abort()

    return abort


@pytest.mark.parametrize(
    ("then", "shown"), [(every_second_process(), RUNS // 2), (lambda: None, 0)], ids=["often", "never"]
)
def test_what_is_flaky_is_told_and_left_as_it_is(then: Callable[[], Any], shown: int) -> None:
    case = large(has_a_list)
    shrunk = shrink(Failing(has_a_list, then), ABORT, case)
    assert not shrunk.confirmed
    assert (shrunk.shown, shrunk.runs) == (shown, RUNS)
    assert shrunk.case is case


def test_a_small_case_that_does_not_always_show_it_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    case = large(has_a_list)
    harmless = large(lambda case: not has_a_list(case))
    monkeypatch.setattr(triage_module.Shrinker, "_reduced", lambda self, case: Reduced(harmless, 1))
    shrunk = shrink(Failing(has_a_list, os.abort), ABORT, case)
    assert not shrunk.confirmed
    assert shrunk.case is case


def test_a_new_cause_is_not_shrunk_into_a_known_one() -> None:
    # the plainest of all cases is known, and this one is not
    known = Known(
        *("plain", seeded_case(0, 0), "own", (), "two passes"),
        Predicate((("oracle", ("isolation",)), ("invariant", ("crash",))), options=(("passes", 2),)),
        "none.py",
    )
    case = large(lambda case: case.options.passes == 1)
    target = Failing(lambda case: True, os.abort)
    drifted = shrink(target, ABORT, case)
    assert drifted.finding is not None
    assert known.covers(drifted.case, drifted.finding)
    kept = shrink(target, ABORT, case, [known])
    assert kept.confirmed
    assert len(kept.case.nodes) == 1
    assert kept.case.options.passes == 1


def eat() -> None:
    held = []
    while True:
        held.append(b"x" * (1 << 24))


def chatter() -> None:
    while True:
        os.write(2, b"x" * (1 << 16))


@pytest.mark.parametrize(
    ("then", "bucket"),
    [
        (eat, "isolation · memory · emit"),
        (chatter, "isolation · output · emit"),
        (signal.pause, "isolation · hang · emit"),
    ],
    ids=["memory", "output", "hang"],
)
def test_what_is_without_end_is_made_small(
    then: Callable[[], Any], bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation_module, "MEMORY", 1 << 27)
    monkeypatch.setattr(triage_module, "HANG_SECONDS", 0.1)
    shrunk = shrink(Failing(has_a_list, then), bucket, large(has_a_list))
    assert shrunk.confirmed
    assert len(shrunk.case.nodes) == 1
    assert shrunk.finding is not None
    assert shrunk.finding.bucket == bucket
    assert len(shrunk.finding.detail) <= STDERR_TAIL


def test_a_probe_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = probe(Failing(has_a_list, signal.pause), large(has_a_list), 0.1).findings
    assert finding == death_finding("hang", "emit", "")
