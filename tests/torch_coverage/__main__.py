"""What CASES drawn cases reach of the installed torch, measured and printed: see `ci/coverage-torch`."""

from __future__ import annotations

import contextlib
import pathlib
import sys
from collections import Counter, defaultdict

from generators.cases import drawn_case
from harness.reach import SEED
from harness.targets import load
from harness.targets.base import world_of
from oracles.run import Refused, TargetError
from tests.torch_coverage.exits import ENTRY, FAMILIES, Exit, exits
from tests.torch_coverage.reasons import POSSIBLE, reason_for

LEAST = {"codegen": 95, "reconstruct": 95, "side effects": 85, "instructions": 90}
"""Family -> percent of the exits that can be taken."""


def measure(cases: int) -> list[Exit]:
    """Every exit, by so many cases on the target `torch`."""
    with load("torch") as target:
        import torch._dynamo

        def emit_all() -> None:
            for index in range(cases):
                case = drawn_case(SEED, index)
                # what is refused or raises half-way has been asked for all the same
                with contextlib.suppress(Refused, TargetError):
                    target.emit(case, world_of(target, case))

        return exits(pathlib.Path(torch._dynamo.__file__).parent, emit_all)


def report(found: list[Exit]) -> dict[str, float]:
    """Print the table; gives family -> percent taken of what can be."""
    by_function: dict[tuple[str, str, str], list[Exit]] = defaultdict(list)
    for each in found:
        by_function[each.family, each.file, each.function].append(each)
    shares: dict[str, float] = {}
    for family in FAMILIES:
        reasons: Counter[str] = Counter()
        possible = taken = 0
        print(f"\n{family}")
        for (its, file, function), of_it in by_function.items():
            if its != family:
                continue
            missed = [(each, reason_for(each)) for each in of_it if not each.taken]
            reasons.update(reason for _, reason in missed if reason)
            did = sum(each.taken for each in of_it)
            taken += did
            possible += did + sum(reason == "" or reason in POSSIBLE for _, reason in missed)
            if missed:
                print(f"  {100 * did / len(of_it):3.0f} %  {file} {function}")
            for each, reason in missed:
                text = "never entered" if each.begins == ENTRY else f"{each.begins}  ->  {each.leads}"
                print(f"         {each.line}: {text}  [{reason or 'NOT REACHED'}]")
        shares[family] = 100 * taken / max(1, possible)
        out = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        print(
            f"  -> {shares[family]:.1f} % of {possible} exits that can be taken; beside them {out or 'none'}"
        )
    return shares


def main() -> int:
    shares = report(measure(int(sys.argv[1])))
    print()
    for family, share in shares.items():
        told = "" if share >= LEAST[family] else f"  less than {LEAST[family]} %"
        print(f"{family:14} {share:5.1f} %{told}")
    return int(any(share < LEAST[family] for family, share in shares.items()))


if __name__ == "__main__":
    sys.exit(main())
