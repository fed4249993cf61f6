"""`python -m tests.quality.catastrophes --rounds 200 --seed N`: rounds with the seeds from N on.

Claim: exits 1 where any round missed, and says with which command it is repeated.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.quality.catastrophes.plans import PLANS, subject
from tests.quality.catastrophes.rounds import play, undisturbed
from tests.quality.catastrophes.table import table_here


def main() -> int:
    """Play the rounds, and tell what became of them."""
    options = argparse.ArgumentParser(prog="python -m tests.quality.catastrophes", description=__doc__)
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--seed", type=int, default=0, help="of the first round; the others follow")
    given = options.parse_args()
    began = time.monotonic()
    subjects = [(each, undisturbed(each)) for each in (subject(*plan) for plan in PLANS)]
    print(
        f"{len(subjects)} plans, undisturbed in {', '.join(f'{pace.seconds:.1f} s' for _, pace in subjects)}"
    )
    missed = 0
    table = table_here()
    meant: Counter[str] = Counter()
    struck: Counter[str] = Counter()
    for seed in range(given.seed, given.seed + given.rounds):
        at = time.monotonic()
        each, miss = play(seed, subjects, table)
        meant[each.catastrophe.name] += each.meant
        struck[each.catastrophe.name] += each.struck
        print(f"{each}: {time.monotonic() - at:.1f} s, {'MISSED' if miss else 'ok'}", flush=True)
        if miss:
            missed += 1
            print(
                f"  {miss}\n  again: python -m tests.quality.catastrophes --rounds 1 --seed {seed}",
                flush=True,
            )
    print("\nstruck   of  catastrophe")
    for row in dict.fromkeys(table):
        if meant[row.name]:
            print(f"{struck[row.name]:6} {meant[row.name]:4}  {row.name}")
    print(f"{given.rounds} rounds in {time.monotonic() - began:.0f} s, {missed} missed")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
