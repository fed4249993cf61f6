"""Emits drawn cases of every kind on the target `own`, in this process: `python -m tests.emit_cases COUNT`.

For measuring what they reach; whether the emissions are right is a campaign's question.
"""

from __future__ import annotations

import sys

from generators.cases import CASE_KINDS, drawn_case
from harness.runner import Runner
from harness.targets import load


def main() -> int:
    count = int(sys.argv[1])
    with load("own") as target:
        runner = Runner(target, sampled=True)
        for kind in CASE_KINDS:
            for index in range(count):
                outcome = runner.run(drawn_case(0, index, (kind,)))
                if outcome.status == "failed":
                    print(f"{kind} {index}: {outcome.findings[0].bucket}")
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
