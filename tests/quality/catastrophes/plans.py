"""The campaigns that catastrophes befall: their plans, the cases that kill their workers, and what has to
come of them.

Claim: what is expected is added up from an undisturbed run of the plan, case by case, with the planted deaths
in the place of what their cases ended with; neither chunks, nor journal, nor any catastrophe is in it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from generators import dumps
from generators.case import Case
from generators.cases import CASE_KINDS
from harness.campaign import Campaign
from harness.chunks import Part, Plan, Statistics
from harness.isolation import Death, isolated
from harness.targets.own import OwnTarget
from oracles.run import Emission
from oracles.world import World
from tests.net.faults import FAULTS
from tests.traps import chatter, counted, eat, spin

CHUNK = 12
"""Cases in a chunk: a campaign of some 120 has ten of them."""

SMALL = 9
"""Nodes of a case that a death is planted in, at most: it is shrunk, a process for each candidate."""


@dataclass(frozen=True, slots=True)
class Deadly:
    """What a case does to its worker, and the bucket that it has to be found in."""

    name: str
    act: Callable[[], Any]
    bucket: str


QUICK = (
    Deadly("segfault", lambda: ctypes.string_at(0), "isolation · crash · SIGSEGV in emit"),
    Deadly("abort", os.abort, "isolation · crash · SIGABRT in emit"),
    Deadly("exit 0", lambda: os._exit(0), "isolation · crash · exit 0 in emit"),
    Deadly("exit 3", lambda: os._exit(3), "isolation · crash · exit 3 in emit"),
    Deadly("kill", lambda: os.kill(os.getpid(), signal.SIGKILL), "isolation · crash · SIGKILL in emit"),
)
SLOW = (
    Deadly("blocked", lambda: time.sleep(600), "isolation · hang · emit"),
    Deadly("busy", spin, "isolation · hang · emit"),
    Deadly("memory", eat, "isolation · memory · emit"),
    Deadly("output", chatter, "isolation · output · emit"),
)
"""What takes its time, until a limit is reached."""

Deaths = Mapping[int, Deadly]
"""By the index of the case."""


class Planted(OwnTarget):
    """The own target, in which some cases of a plan kill their process; it may have a fault besides."""

    def __init__(self, plan: Plan, deaths: Deaths, fault: str | None) -> None:
        super().__init__()
        self.deaths = {dumps(plan.case(index)): deadly for index, deadly in deaths.items()}
        for each in FAULTS:
            if each.name == fault:
                each.apply(self)

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Any = None) -> Emission:
        deadly = self.deaths.get(dumps(case)) if self.deaths else None
        if deadly is not None:
            deadly.act()
        return super().emit(case, world, record=record, watch=watch)


@dataclass(frozen=True, slots=True)
class Subject:
    """A plan, with what an undisturbed run made of each case, and the cases that may be made deadly."""

    plan: Plan
    fault: str | None
    single: Mapping[int, Statistics]
    small: tuple[int, ...]

    def target(self, deaths: Deaths) -> Planted:
        """A new target."""
        return Planted(self.plan, deaths, self.fault)

    def deaths(self, rng: Random, quick: int, slow: int) -> dict[int, Deadly]:
        """So many deaths, in cases drawn at random."""
        chosen = [*rng.choices(QUICK, k=quick), *rng.choices(SLOW, k=slow)]
        return dict(zip(rng.sample(self.small, len(chosen)), chosen, strict=True))

    def expected(self, deaths: Deaths) -> Counted:
        """What has to come of the plan, whatever happens."""
        whole = Statistics()
        found: dict[str, list[tuple[int, int]]] = {}
        for index, single in self.single.items():
            case = self.plan.case(index)
            if index in deaths:
                whole.count(case.kinds(), "failed")
                found.setdefault(deaths[index].bucket, []).append((len(case.nodes), index))
                continue
            whole.add(single)
            for bucket in single.buckets:
                found.setdefault(bucket, []).append((len(case.nodes), index))
        # told from the cases themselves, not by what joins buckets
        buckets = {name: Cause(len(cases), *min(cases)) for name, cases in found.items()}
        return replace(counts_of(whole), buckets=buckets)


@dataclass(frozen=True, slots=True)
class Cause:
    """How often a cause was found, and its smallest case."""

    count: int
    nodes: int
    index: int


@dataclass(frozen=True, slots=True)
class Counted:
    """All that has to be the same in two runs of one plan."""

    statuses: dict[str, int]
    by_kind: dict[str, dict[str, int]]
    reasons: dict[str, int]
    buckets: dict[str, Cause]

    def differences(self, other: Counted) -> list[str]:
        """In words: this, and not the other."""
        rows: list[tuple[str, Any, Any]] = [
            ("cases", sum(self.statuses.values()), sum(other.statuses.values())),
            ("statuses", self.statuses, other.statuses),
            ("reasons", self.reasons, other.reasons),
        ]
        for name in sorted({*self.buckets, *other.buckets}):
            rows.append((name, self.buckets.get(name), other.buckets.get(name)))
        for kind, counts in self.by_kind.items():
            rows.append((kind, counts, other.by_kind.get(kind)))
        return [f"{name}: {one}, expected {two}" for name, one, two in rows if one != two]


def counts_of(statistics: Statistics) -> Counted:
    """What was counted, without what depends on the clock."""
    buckets = {each.name: Cause(each.count, each.nodes, each.index) for each in statistics.buckets.values()}
    kinds = {kind: {status: n for status, n in row.items() if n} for kind, row in statistics.by_kind.items()}
    return Counted(counted(statistics), kinds, dict(statistics.reasons), buckets)


PLANS = (
    (Plan(5, 120, None, 1, ("tree",), chunk=CHUNK), None),
    (Plan(8, 100, None, 1, CASE_KINDS, chunk=CHUNK), "own: NULL on the wrong side"),
)
"""With the fault that is in the target; the last chunk of the second one is shorter."""


def subject(plan: Plan, fault: str | None) -> Subject:
    """The plan run once, in peace: each case in a chunk of its own."""
    singles = replace(plan, chunk=1)

    def child() -> list[Part]:
        parts: list[Part] = []
        with Planted(plan, {}, fault) as target:
            Campaign(target, singles, done=parts.append).run()
        return parts

    ended = isolated(child, 120.0)
    if isinstance(ended, Death):
        raise TypeError(f"the run that all others are held against ended with {ended.cause}: {ended.stderr}")
    single = {part.chunk: part.statistics for part in sorted(ended.value, key=lambda part: part.chunk)}
    cases = [plan.case(index) for index in single]
    texts = [dumps(case) for case in cases]
    small = tuple(
        index
        for index, case in enumerate(cases)
        if texts.count(texts[index]) == 1 and len(case.nodes) <= SMALL and single[index].statuses["passed"]
    )
    return Subject(plan, fault, single, small)
