"""How much of what a target's codegen can rebuild is asked for by the cases that are drawn.

Claim: `reach` lists all that the installed torch has, each with the share of drawn cases that reach it, or
with the reason why none can.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass

from generators.cases import CASE_KINDS, drawn_case
from harness.isolation import Death, HarnessFailure, isolated
from oracles.run import Refused, TargetError

SECONDS = 1_800.0
SEED = 6

ENOUGH = 50 / 20_000
"""A share of cases that reaches something often enough for its faults to be found in a night."""


@dataclass(frozen=True, slots=True)
class Reachable:
    """One thing that a codegen may be asked for; `reason`: why it is out of reach, empty if it is not;
    `absent`: the tested version lacks it."""

    family: str
    name: str
    reason: str = ""
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """One row of the table: the thing, and the share of cases that reach it."""

    thing: Reachable
    share: float

    @property
    def verdict(self) -> str:
        """`covered`, `rare`, `uncovered`, `out of reach` or `absent`."""
        if self.thing.absent:
            return "absent"
        if self.share >= ENOUGH:
            return "covered"
        if self.share > 0:
            return "rare"
        return "out of reach" if self.thing.reason else "uncovered"


def reach(cases: int) -> list[Reached]:
    """The table for the installed torch, by so many drawn cases; raises HarnessFailure if they end badly."""
    end = isolated(lambda: _count(cases), SECONDS)
    if isinstance(end, Death):
        raise HarnessFailure(f"died with {end.cause} while counting what cases reach\n{end.stderr}")
    return end.value


def _count(cases: int) -> list[Reached]:
    # in a process of its own: the probe changes the target's classes for good
    from harness.targets import load
    from harness.targets.base import world_of
    from harness.targets.dynamo_reach import Probe, everything, lacking

    things = everything()
    there = {(thing.family, thing.name) for thing in things}
    counts: Counter[tuple[str, str]] = Counter()
    with load("torch") as target:
        probe = Probe()
        for index in range(cases):
            probe.reached.clear()
            case = drawn_case(SEED, index, CASE_KINDS)
            # what is refused or raises half-way has been asked for all the same
            with contextlib.suppress(Refused, TargetError, RecursionError):
                target.emit(case, world_of(target, case))
            counts.update(probe.reached)
        # some of what is lacking shows only when a case asks for it
        things += [thing for thing in lacking() if (thing.family, thing.name) not in there]
    listed = [(thing.family, thing.name) for thing in things]
    return [Reached(thing, counts[key] / cases) for thing, key in zip(things, listed, strict=True)]
