"""Our codegen beside torch's, on the same trees, in one run: generating, and generating with assembling.

    python -m benchmarks.bench_codegens [CASES [ROUNDS]]

Each case goes through both targets, one right after the other, so that the load of the machine meets both
alike. A round's figure is the mean over the cases that both serve; the median of the rounds is printed, and
of the ratios. Making the trackers belongs to neither stage.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from statistics import median
from time import perf_counter_ns
from typing import Any

from generators import Case, seeded_case
from harness import codegen
from harness.targets import load, own
from harness.targets.base import world_of
from oracles.run import Refused, TargetError

SEED = 77


class Stopwatch:
    """Nanoseconds spent in the stages of one target, whose functions it takes the place of."""

    def __init__(self, **stages: tuple[Any, str]) -> None:
        self.spent: Counter[str] = Counter()
        for stage, (owner, name) in stages.items():
            setattr(owner, name, self._timed(stage, getattr(owner, name)))

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = perf_counter_ns()
            try:
                return function(*arguments, **named)
            finally:
                self.spent[stage] += perf_counter_ns() - began

        return timed


def serves(target: Any, case: Case) -> bool:
    """Let the target emit the case; False where it refuses or raises."""
    try:
        target.emit(case, world_of(target, case))
    except (Refused, TargetError):
        return False
    return True


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with load("own") as ours, load("torch") as theirs:
        cases = [seeded_case(SEED, index) for index in range(count)]
        # what one of them does not serve would be compared with nothing; and both are warm now
        cases = [case for case in cases if serves(ours, case) and serves(theirs, case)]
        watches = {
            "own": Stopwatch(generate=(own, "_generate"), assemble=(codegen, "assemble")),
            "torch": Stopwatch(generate=(theirs, "_generate"), assemble=(theirs, "_assemble")),
        }
        figures: dict[tuple[str, str], list[float]] = {}
        gc.freeze()
        for _ in range(rounds):
            for watch in watches.values():
                watch.spent.clear()
            for case in cases:
                serves(ours, case)
                serves(theirs, case)
            for name, watch in watches.items():
                spent = {**watch.spent, "generate + assemble": watch.spent.total()}
                for stage, nanoseconds in spent.items():
                    figures.setdefault((stage, name), []).append(nanoseconds / 1e3 / len(cases))
    print(f"{len(cases)} trees, {rounds} rounds; µs a case, medians")
    print(f"{'':20}{'own':>8}{'torch':>8}{'torch / own':>14}")
    for stage in ("generate", "assemble", "generate + assemble"):
        mine, other = figures[stage, "own"], figures[stage, "torch"]
        ratio = median(b / a for a, b in zip(mine, other, strict=True))
        print(f"{stage:20}{median(mine):8.1f}{median(other):8.1f}{ratio:14.2f}")


if __name__ == "__main__":
    main()
