"""Campaigns whose target kills its worker at will: every case is counted, every death is a finding."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from generators import dumps, seeded_case
from generators.case import Case
from harness import campaign as campaign_module
from harness import workers as workers_module
from harness.campaign import Campaign
from harness.chunks import Part, Plan, Statistics
from harness.isolation import STDERR_TAIL, HarnessFailure
from harness.targets.own import OwnTarget
from harness.workers import IDLE
from oracles.run import Emission
from oracles.world import World
from tests.traps import EXAMPLES, SEED, Trap, chatter, counted, distinct_cases, eat, plan, spin, told


def run(traps: dict[int, Callable[[], Any]], workers: int = 2) -> Statistics:
    return Campaign(Trap(traps), plan(workers)).run()


def test_without_a_trap_all_cases_pass() -> None:
    statistics = run({})
    assert statistics.drawn == EXAMPLES
    assert statistics.statuses["failed"] == 0
    assert statistics.buckets == {}
    assert sum(statistics.by_kind["list"].values()) > 20
    assert sum(statistics.spent.values()) > 0


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_deaths_are_findings_and_nothing_is_lost(workers: int) -> None:
    first, second, third, fourth = distinct_cases(4)
    statistics = run(
        {
            first: lambda: ctypes.string_at(0),
            second: os.abort,
            third: lambda: os._exit(0),
            fourth: lambda: os._exit(3),
        },
        workers,
    )
    assert statistics.drawn == EXAMPLES
    assert statistics.statuses["failed"] == 4
    assert {bucket.name: bucket.index for bucket in statistics.buckets.values()} == {
        "isolation · crash · SIGSEGV in emit": first,
        "isolation · crash · SIGABRT in emit": second,
        "isolation · crash · exit 0 in emit": third,
        "isolation · crash · exit 3 in emit": fourth,
    }
    segfault = statistics.buckets["isolation · crash · SIGSEGV in emit"]
    assert dumps(plan().case(segfault.index)) == dumps(seeded_case(SEED, first))
    assert "Segmentation fault" in segfault.finding.detail
    assert statistics.replaced == 4


@pytest.mark.parametrize("hang", [lambda: time.sleep(600), spin], ids=["blocked", "busy"])
def test_a_hang_is_a_finding(hang: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_module, "CASE_SECONDS", 0.5)
    (at,) = distinct_cases(1)
    statistics = run({at: hang})
    assert statistics.drawn == EXAMPLES
    (bucket,) = statistics.buckets.values()
    assert (bucket.name, bucket.index) == ("isolation · hang · emit", at)


@pytest.mark.parametrize(
    ("trap", "bucket", "detail"),
    [(eat, "isolation · memory · emit", ""), (chatter, "isolation · output · emit", "and another thing")],
    ids=["memory", "output"],
)
def test_what_takes_without_end_is_a_finding(
    trap: Callable[[], Any], bucket: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "MEMORY", 1 << 28)
    first, second = distinct_cases(2)
    statistics = run({first: trap, second: trap})
    assert statistics.drawn == EXAMPLES
    (found,) = statistics.buckets.values()
    assert (found.name, found.index, found.count) == (bucket, min(first, second, key=nodes), 2)
    assert detail in found.finding.detail
    assert len(found.finding.detail) <= STDERR_TAIL


def nodes(index: int) -> tuple[int, int]:
    return len(seeded_case(SEED, index).nodes), index


def test_what_many_cases_write_together_is_no_finding() -> None:
    statistics = run(dict.fromkeys(distinct_cases(100), lambda: os.write(2, b"x" * (1 << 19))), workers=1)
    assert statistics.buckets == {}


def test_what_many_cases_take_together_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bytes] = []
    monkeypatch.setattr(workers_module, "MEMORY", 1 << 27)
    monkeypatch.setattr(campaign_module, "MEMORY", 1 << 27)
    processes: set[int] = set()
    campaign = Campaign(
        Trap(dict.fromkeys(distinct_cases(100), lambda: held.append(b"x" * (1 << 22)))),
        plan(),
        done=lambda part: processes.update(worker.process for worker in campaign.alive),
    )
    statistics = campaign.run()
    # who holds much is replaced between two chunks
    assert len(processes) > 2
    assert statistics.buckets == {}
    assert statistics.drawn == EXAMPLES


def test_one_cause_is_one_bucket_with_its_smallest_case() -> None:
    chosen = distinct_cases(6)
    statistics = run(dict.fromkeys(chosen, os.abort))
    (bucket,) = statistics.buckets.values()
    assert bucket.count == len(chosen)
    assert bucket.nodes == min(len(seeded_case(SEED, index).nodes) for index in chosen)


def test_how_often_a_cause_was_seen_is_told_while_its_chunk_runs() -> None:
    chosen = distinct_cases(6)
    told: list[int] = []

    def look(statistics: Statistics) -> None:
        told.extend(bucket.count for bucket in statistics.buckets.values())

    one_chunk = dataclasses.replace(plan(1), chunk=EXAMPLES)
    done = Campaign(Trap(dict.fromkeys(chosen, os.abort)), one_chunk, look).run()
    assert told == sorted(told)
    assert set(told) >= {1, 2, 3, 4, 5}
    assert [bucket.count for bucket in done.buckets.values()] == [6]


def test_the_same_findings_whatever_the_workers() -> None:
    traps: dict[int, Callable[[], Any]] = dict.fromkeys(distinct_cases(5), os.abort)
    ends = [run(traps, workers) for workers in (1, 3)]
    assert told(ends[0]) == told(ends[1])


class Nemesis(threading.Thread):
    """Kills workers of a campaign at random moments, but none in the case that its forerunner was killed
    in."""

    def __init__(self, campaign: Campaign, seed: int) -> None:
        super().__init__()
        self.campaign = campaign
        self.random = random.Random(seed)
        self.over = threading.Event()

    def run(self) -> None:
        hit: set[int] = set()
        while not self.over.wait(self.random.uniform(0.0, 0.02)):
            for worker in list(self.campaign.alive):
                at = worker.slot.case()
                # one that is about to begin is spared mostly: too many of those in a row are an error
                if at not in hit and self.random.random() < (0.05 if at == IDLE else 0.5):
                    if at != IDLE:
                        # between the look and the blow it may have come further, or have been reaped
                        hit.update(range(at, at + 4))
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker.process, signal.SIGKILL)


@pytest.mark.parametrize("seed", range(6))
def test_workers_that_somebody_kills_lose_nothing_and_are_no_findings(seed: int) -> None:
    traps: dict[int, Callable[[], Any]] = {
        at: (os.abort, lambda: os.kill(os.getpid(), signal.SIGKILL))[number % 2]
        for number, at in enumerate(distinct_cases(6))
    }
    campaign = Campaign(Trap(traps), plan(1 + seed % 3))
    nemesis = Nemesis(campaign, seed)
    nemesis.start()
    try:
        statistics = campaign.run()
    finally:
        nemesis.over.set()
        nemesis.join()
    assert campaign.failure is None
    assert campaign.killed > 0
    assert sorted((b.name, b.index) for b in statistics.buckets.values()) == sorted(
        (b.name, b.index) for b in run(traps).buckets.values()
    )
    assert told(statistics) == told(run(traps))


def test_chunks_go_to_whoever_is_free() -> None:
    # a worker that is held up in its first chunk leaves all the others to the other one
    (at,) = distinct_cases(1)
    parts: list[Part] = []
    others_are_done = multiprocessing.get_context("fork").Event()

    def done(part: Part) -> None:
        parts.append(part)
        if len(parts) == 7:
            others_are_done.set()

    campaign = Campaign(Trap({at: lambda: others_are_done.wait(5)}), plan(), done=done)
    statistics = campaign.run()
    assert sorted(part.chunk for part in parts) == list(range(8))
    assert parts[-1].chunk == at // 16
    whole = Statistics()
    for part in reversed(parts):
        whole.add(part.statistics)
    assert told(whole) == told(statistics)


def test_an_error_of_the_harness_ends_the_campaign_as_one() -> None:
    def mistake() -> None:
        raise LookupError("a mistake of ours")

    (at,) = distinct_cases(1)
    campaign = Campaign(Trap({at: mistake}), plan())
    campaign.run()
    assert isinstance(campaign.failure, HarnessFailure)
    assert "a mistake of ours" in str(campaign.failure)


def test_what_was_found_before_the_harness_failed_stands() -> None:
    def mistake() -> None:
        raise LookupError("a mistake of ours")

    first, *_, last = distinct_cases(40)
    campaign = Campaign(Trap({first: os.abort, last: mistake}), plan(1))
    statistics = campaign.run()
    assert campaign.failure is not None
    assert list(statistics.buckets) == ["isolation · crash · SIGABRT in emit"]


def test_an_exit_of_the_targets_own_is_a_finding_whatever_its_status() -> None:
    first, second = distinct_cases(2)
    statistics = run({first: lambda: os._exit(70), second: lambda: os._exit(1)})
    assert sorted(statistics.buckets) == [
        "isolation · crash · exit 1 in emit",
        "isolation · crash · exit 70 in emit",
    ]
    assert statistics.drawn == EXAMPLES


def test_a_bucket_is_told_as_soon_as_it_is_seen() -> None:
    (at,) = distinct_cases(1)
    seen: list[int] = []
    Campaign(
        Trap({at: os.abort}),
        plan(),
        seen=lambda bucket: seen.append(bucket.index),
    ).run()
    assert seen == [at]


def test_seconds_end_a_campaign() -> None:
    statistics = Campaign(OwnTarget(), Plan(SEED, None, 0.5, 2)).run()
    assert 0.4 < statistics.seconds < 20
    assert statistics.drawn > 0


class Reporting(OwnTarget):
    """The own target; whatever is watched is reported."""

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Any = None) -> Emission:
        if watch is not None:
            watch.report("net-effect", "method", "was watched")
        return super().emit(case, world, record=record, watch=watch)


@pytest.mark.parametrize(("every", "watched"), [(1, EXAMPLES), (8, EXAMPLES // 8)])
def test_one_case_in_so_many_is_watched(every: int, watched: int) -> None:
    calls = Plan(SEED, EXAMPLES, None, 2, ("call",), watch_every=every, chunk=16)
    assert counted(Campaign(Reporting(), calls).run()).get("failed") == watched
