"""One side of a gate, in a process of its own: `python -m harness.gate_side`, the base or the change.

Claim: the changed files are in place before anything that could import the modules they replace. It talks
JSON lines: a job on stdin, answered by `loaded`, one `result` for each case in order, and `done`; then
questions (`run`, `shrink`, `listing`), each answered by one line, until stdin ends.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import IO, Any

from generators.case import Case
from generators.cases import drawn_case
from generators.codec import dumps, loads
from harness.isolation import HARNESS_FAILED, Answer, Death, isolated
from harness.overlay import Replacement, broken_change, install, replacement

SEED = 0
"""Of the fixed cases: those of `fuzz --seed 0`."""

HANG_SECONDS = 1.0
"""For one candidate of a reduction."""


def main() -> None:
    """Be a side until stdin ends."""
    # stdout belongs to the answers alone: whatever prints, prints to stderr
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    job = json.loads(sys.stdin.readline())

    def say(**answer: Any) -> None:
        answers.write(json.dumps(answer) + "\n")

    replacements = [replacement(text) for text in job["replace"]]
    target = _loaded(job["target"], replacements, say)
    if target is None:
        return
    say(type="loaded", broken=None, versions=target.versions())
    from harness.batch import run_all, to_data

    cases = [loads(text) for text in job["cases"]]
    cases += [drawn_case(SEED, index) for index in range(job["count"])]
    for result in run_all(target, cases):
        say(type="result", **to_data(result))
    say(type="done")
    _answer(sys.stdin, target, say)


def _loaded(name: str, replacements: Sequence[Replacement], say: Callable[..., None]) -> Any:
    """The target, entered; None where that failed, which has been said."""
    install(replacements)
    try:
        from harness.targets import load

        target = load(name).__enter__()
        for replaced in replacements:
            importlib.import_module(replaced.module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a file that somebody changed may raise anything
        say(type="loaded", broken=asdict(broken_change(error, replacements)))
        return None
    return target


def _answer(questions: IO[str], target: Any, say: Callable[..., None]) -> None:
    from harness.batch import run_all, to_data

    for line in questions:
        asked = json.loads(line)
        case = loads(asked["case"])
        if asked["do"] == "run":
            (result,) = run_all(target, [case])
            say(type="result", **to_data(result))
        elif asked["do"] == "shrink":
            say(type="shrunk", case=dumps(_shrink(target, case, asked["signature"], asked["seconds"])))
        else:
            say(type="listing", lines=_listing(target, case))


def _shrink(target: Any, case: Case, signature: str, seconds: float) -> Case:
    """The smallest case found in `seconds` that ends with `signature` among what it is compared by."""
    from harness.batch import judge_here, run_all
    from harness.reducer.reduce import reduce

    end = time.monotonic() + seconds

    def in_process(candidate: Case) -> bool:
        return time.monotonic() < end and signature in judge_here(target, candidate).signature

    def apart(candidate: Case) -> bool:
        if time.monotonic() >= end:
            return False
        (result,) = run_all(target, [candidate], HANG_SECONDS)
        return signature in result.signature

    if not signature.startswith("isolation"):
        reduced = isolated(lambda: reduce(case, in_process).case, seconds + 1)
        if isinstance(reduced, Answer):
            return reduced.value
    # a candidate took the process along, or is expected to: one process for each, then
    return reduce(case, apart).case


def _listing(target: Any, case: Case) -> list[str]:
    from harness.batch import Watched, listing
    from harness.runner import Runner

    def child() -> list[str]:
        watched = Watched(target)
        Runner(watched).run(case)
        return [] if watched.last is None else listing(watched.last.code)

    end = isolated(child, HANG_SECONDS)
    return [] if isinstance(end, Death) else end.value


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001 - the boundary of the process: told by exit status
        traceback.print_exc()
        sys.exit(HARNESS_FAILED)
