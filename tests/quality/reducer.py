"""How small the reducer makes what it is given, and how long it takes: `python -m tests.quality.reducer`.

Claim: every planted fault, and every known cause of the corpus, is measured from the first drawn case that
shows it. Exits 1 where the median of nodes is above NODES, or a reduction's median time above SECONDS.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from generators.case import Case
from generators.cases import drawn_case
from harness.corpus import HERE, Known, read
from harness.isolation import Death, isolated
from harness.reducer.reduce import reduce
from harness.runner import Runner
from harness.targets import CODEGENS, load
from harness.targets.base import Target
from tests.net.call_faults import FAULTS as CALL_FAULTS
from tests.net.faults import FAULTS
from tests.net.fresh_faults import FAULTS as FRESH_FAULTS
from tests.net.fresh_faults_of_containers import FRESH_FAULTS_OF_CONTAINERS
from tests.net.neighbours import FAULTS as NEIGHBOURING_FAULTS
from tests.net.planting import Fault, first_catch, shrunk

NODES = 5
SECONDS = 10.0
PLANTED = (*FAULTS, *CALL_FAULTS, *FRESH_FAULTS, *FRESH_FAULTS_OF_CONTAINERS, *NEIGHBOURING_FAULTS)
SEARCH_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One reduction: nodes before and after, candidates tried, and the wall's seconds."""

    name: str
    before: int
    after: int
    attempts: int
    seconds: float

    def line(self) -> str:
        """For a table."""
        return f"{self.before:5} {self.after:5} {self.attempts:6} {self.seconds:7.2f}  {self.name}"


def of_planted(target: Target, fault: Fault, cases: int, seed: int) -> Measured | None:
    """The reduction of the first of `cases` cases that shows the fault; None where none does, or where the
    case alone does not."""
    catch = first_catch(target, fault, cases, seed, SEARCH_SECONDS)
    if catch is None:
        return None
    began = time.perf_counter()
    small = shrunk(target, fault, catch)
    seconds = time.perf_counter() - began
    if not small.confirmed:
        return None
    return Measured(fault.name, len(catch.case.nodes), len(small.case.nodes), small.attempts, seconds)


def of_known(target: Target, known: Sequence[Known], cases: int, seed: int) -> dict[str, Measured]:
    """The reduction of the first of `cases` cases that shows each known cause, by its name."""

    def child() -> dict[str, Measured]:
        found: dict[str, Measured] = {}
        runner = Runner(target)
        for index in range(cases):
            case = drawn_case(seed, index)
            for each in _causes(runner, case, known):
                if each.name not in found:
                    found[each.name] = _reduced(runner, case, each)
        return found

    ended = isolated(child, SEARCH_SECONDS)
    if isinstance(ended, Death):
        raise RuntimeError(f"the search for known causes ended with {ended.cause}: {ended.stderr}")  # noqa: TRY004
    return ended.value


def _causes(runner: Runner, case: Case, known: Sequence[Known]) -> Iterator[Known]:
    if runner.run(case).status != "failed":
        return
    findings = runner.explain(case)[0].findings
    yield from (each for each in known if any(each.covers(case, finding) for finding in findings))


def _reduced(runner: Runner, case: Case, known: Known) -> Measured:
    began = time.perf_counter()
    small = reduce(case, lambda candidate: known in _causes(runner, candidate, [known]))
    seconds = time.perf_counter() - began
    return Measured(f"known/{known.name}", len(case.nodes), len(small.case.nodes), small.attempts, seconds)


def main() -> int:
    """Measure, print the table, judge the medians."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=5_000, help="searched for each planted fault")
    options.add_argument("--known-cases", type=int, default=20_000, help="searched for the known causes")
    options.add_argument("--seed", type=int, default=20)
    given = options.parse_args()
    measured: list[Measured] = []
    print("nodes small  tried seconds  cause")
    for name in CODEGENS:
        with load(name) as target:
            for fault in PLANTED:
                if fault.target == name:
                    one = of_planted(target, fault, given.cases, given.seed)
                    print(
                        one.line() if one else f"    -     -      -       -  {fault.name}: not shown",
                        flush=True,
                    )
                    measured += [one] if one else []
            known = read(HERE).known_of(name, target.versions())
            by_name = of_known(target, known, given.known_cases, given.seed) if known else {}
            for each in known:
                shown = by_name.get(each.name)
                print(shown.line() if shown else f"    -     -      -       -  known/{each.name}: not drawn")
                measured += [shown] if shown else []
    nodes, seconds = median(one.after for one in measured), median(one.seconds for one in measured)
    slowest = max(one.seconds for one in measured)
    print(f"{len(measured)} causes: median {nodes} nodes, {seconds:.2f} s, slowest {slowest:.1f} s")
    return int(nodes > NODES or seconds > SECONDS)


if __name__ == "__main__":
    sys.exit(main())
