"""How drawn cases end: almost all of them with a judgement, of whatever kind they are."""

from __future__ import annotations

from collections import Counter

import pytest

from generators import seeded_case
from generators.cases import drawn_case
from harness.corpus import HERE, read, without_known
from harness.runner import Outcome, Runner
from harness.targets.base import Target

CASES = 3_000
SEED = 78
WITHOUT_JUDGEMENT = 10.0
"""Percent of the cases with a kind that may end without one: rejected or inconclusive."""

ALREADY_KNOWN = 15.0
"""Percent of all cases that may end in a known cause, and so say nothing of what lies behind it."""

FEW = 40
"""Cases of a kind below which a share says nothing."""


@pytest.mark.parametrize("name", ["own", "torch"])
def test_cases_end_in_a_judgement(name: str, targets: dict[str, Target]) -> None:
    target = targets[name]
    runner = Runner(target)
    known = read(HERE).known_of(name, target.versions())
    ended: Counter[str] = Counter()
    of_kind: Counter[str] = Counter()
    without: Counter[str] = Counter()
    for index in range(CASES):
        case = seeded_case(SEED, index)
        outcome = runner.run(case)
        if outcome.status == "failed":
            outcome = without_known(known, case, runner.explain(case)[0])
        ended[outcome.status] += 1
        of_kind.update(case.kinds())
        if outcome.status in ("rejected", "inconclusive"):
            without.update(case.kinds())
    shares = {kind: 100 * without[kind] / of_kind[kind] for kind in without if of_kind[kind] >= FEW}
    assert {kind: share for kind, share in shares.items() if share > WITHOUT_JUDGEMENT} == {}
    assert ended["failed"] == 0
    assert 100 * ended["known"] / CASES <= ALREADY_KNOWN


@pytest.mark.parametrize("name", ["own", "torch"])
def test_every_call_is_judged(name: str, targets: dict[str, Target]) -> None:
    runner = Runner(targets[name])
    # nothing in a call may be refused, and no cause is known
    ended = Counter(runner.run(drawn_case(SEED, index, ("call",))) for index in range(1_000))
    assert ended == {Outcome("passed"): 1_000}
