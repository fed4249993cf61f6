"""Where the time of a bulk case goes on each target: draw, world, emit, stack, values.

    python -m benchmarks.bench_stages [--cases N] [--target NAME]

Prints microseconds a case and the share of each stage, and cases a second on one core.
"""

from __future__ import annotations

import argparse
import statistics

from generators.trees import seeded_case
from harness.runner import STAGES, Clock, Runner
from harness.targets import TARGETS, load

ROUNDS = 5
WARM_UP = 300


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--cases", type=int, default=2_000, help="cases in each of five rounds")
    options.add_argument("--target", action="append", choices=list(TARGETS))
    chosen = options.parse_args()
    nodes = statistics.mean(len(seeded_case(1, index).nodes) for index in range(chosen.cases))
    print(f"{chosen.cases} cases of {nodes:.1f} nodes at the mean, the median of {ROUNDS} rounds, one core")
    print(f"{'':8}" + "".join(f"{stage:>14}" for stage in STAGES) + f"{'a second':>12}")
    for name in chosen.target or TARGETS:
        rounds = _rounds(name, chosen.cases)
        spent = [statistics.median(each[at] for each in rounds) for at in range(len(STAGES))]
        whole = sum(spent)
        cells = "".join(f"{micros:>7.0f} us{100 * micros / whole:>3.0f}%" for micros in spent)
        print(f"{name:8}{cells}{1e6 / whole:>12,.0f}")


def _rounds(name: str, cases: int) -> list[list[float]]:
    """Microseconds a case by stage, for each round."""
    rounds = []
    with load(name) as target:
        for each in range(-1, ROUNDS):
            spent = [0] * len(STAGES)
            clock = Clock(spent, lambda stage: None)
            runner = Runner(target, clock)
            count = WARM_UP if each < 0 else cases
            for index in range(count):
                clock.start()
                case = seeded_case(1, index)
                clock.done(0)
                runner.run(case)
            if each >= 0:
                rounds.append([nanoseconds / 1e3 / count for nanoseconds in spent])
    return rounds


if __name__ == "__main__":
    main()
