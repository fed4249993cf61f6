"""Where the time of a campaign goes on each target, stage by stage, and how many cases it does on one core.

    python -m benchmarks.bench_stages [--cases N] [--target NAME]

The cases are those of a campaign of all kinds, done by a worker's own loop in this process, with the oracles
that a sample gets and with what is known of the target. Times are of the processor, not of the clock on the
wall: what else the machine does makes a difference through its caches alone. Printed are microseconds
a case and the share of each stage (`rest`: the counting of what came out), the median of the rounds, and
cases a second.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time

from harness.chunks import Plan
from harness.corpus import HERE, read
from harness.runner import STAGES
from harness.targets import CODEGENS, TARGETS, load
from harness.targets.base import Target
from harness.workers import Job, Slot, work

ROUNDS = 5
WARM_UP = 3_000
"""Cases after which a target has made nearly all that it makes once."""

COLUMNS = (*STAGES, "rest")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--cases", type=int, default=2_000, help=f"cases in each of {ROUNDS} rounds")
    options.add_argument("--target", action="append", choices=list(TARGETS))
    chosen = options.parse_args()
    print(f"{chosen.cases} cases, the median of {ROUNDS} rounds, one core")
    print(f"{'':8}" + "".join(f"{column:>14}" for column in COLUMNS) + f"{'a second':>12}")
    for name in chosen.target or CODEGENS:
        with load(name) as target:
            rounds = _rounds(target, chosen.cases)
        spent = [statistics.median(each[at] for each in rounds) for at in range(len(COLUMNS))]
        whole = statistics.median(map(sum, rounds))
        cells = "".join(f"{micros:>7.0f} us{100 * micros / whole:>3.0f}%" for micros in spent)
        print(f"{name:8}{cells}{1e6 / whole:>12,.0f}")


def _rounds(target: Target, cases: int) -> list[list[float]]:
    """Microseconds a case by column, for each round."""
    plan = Plan(seed=1, examples=None, seconds=None, workers=1, chunk=max(cases, WARM_UP))
    job = Job(target, plan, read(HERE).known_of(target.name, target.versions()))
    _run(job, range(WARM_UP))
    # as a worker does before its first case
    gc.freeze()
    return [_run(job, range(cases)) for _ in range(ROUNDS)]


def _run(job: Job, cases: range) -> list[float]:
    slot = Slot(job.plan.chunk)
    began, began_on_the_wall = time.process_time(), time.perf_counter()
    for _ in work(job, slot, iter([cases])):
        pass
    whole, on_the_wall = time.process_time() - began, time.perf_counter() - began_on_the_wall
    # stages are timed by the wall, which is right on a free machine: their shares of it count
    spent = [seconds / on_the_wall * whole for seconds in slot.spent().values()]
    return [1e6 * seconds / len(cases) for seconds in (*spent, whole - sum(spent))]


if __name__ == "__main__":
    main()
