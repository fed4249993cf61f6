"""The gate: may a change to a codegen be merged? The same cases on the base and on the change, held together.

Claim: the verdict is yes only if every case ran on both sides and none ends worse on the change: no new
finding, no new refusal, nothing that broke. Each side is a fresh process, so that nothing of one can reach
the other, and nothing installed is touched.
"""

from __future__ import annotations

import difflib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from generators.case import Case
from generators.cases import drawn_case
from generators.codec import dumps, loads
from harness import gate_side
from harness.batch import BROKEN, NOT_RUN, Result, from_data
from harness.corpus import Corpus, of_target
from harness.isolation import HARNESS_FAILED, HarnessFailure, cause_of, tail
from harness.overlay import BrokenChange, Replacement
from harness.runner import NOT_JUDGED

CASES = 2_000
"""Fixed cases beside the corpus."""

LOAD_SECONDS = 90.0
"""For a side to load its target: torch takes 4 seconds, ten times that on a slow disk."""

ANSWER_SECONDS = 30.0
"""Between two answers of a side: a case that hangs is ended after CASE_SECONDS."""

SHRINK_UNTIL = 35.0
"""Seconds after the start up to which findings are shrunk; the verdict has to be there in 60."""

SHRINK_SECONDS = (1.0, 8.0)
"""For one finding at least, whatever the time, and at most."""

EXAMPLES = 3
"""Cases shown, with the instructions that differ, of those whose code changed and whose behaviour did not."""


@dataclass(frozen=True, slots=True)
class Item:
    """A case of the gate: where it is from, and itself."""

    name: str
    case: Case


@dataclass(frozen=True, slots=True)
class NewFinding:
    """What the change does wrong, in how many cases, and the smallest case that shows it.

    `signature` is the bucket, or `rejected · …` for a case that is refused now.
    """

    signature: str
    message: str
    items: tuple[str, ...]
    case: Case
    before: int
    """Nodes of the case before it was shrunk."""


@dataclass(frozen=True, slots=True)
class Recoded:
    """A case that gets other code and behaves the same: the instructions, as lines of a diff."""

    item: str
    difference: tuple[str, ...]


@dataclass(slots=True)
class Judgement:
    """All that a gate found out."""

    target: str
    replacements: tuple[Replacement, ...]
    versions: dict[str, str] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    broken: BrokenChange | None = None
    new: list[NewFinding] = field(default_factory=list)
    fixes: dict[str, list[str]] = field(default_factory=dict)
    """What the base does wrong and the change does not -> the cases."""
    failing_before: int = 0
    """Cases that do not pass on the base."""
    not_run: int = 0
    recoded: int = 0
    examples: list[Recoded] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def verdict(self) -> bool:
        """May it be merged?"""
        return self.broken is None and not self.new and not self.not_run


def items_of(corpus: Corpus, target: str, cases: int) -> tuple[Item, ...]:
    """The cases of a gate: the corpus, then the fixed ones."""
    return (
        *(Item(f"regressions/{each.name}", each.case) for each in corpus.regressions),
        *(Item(f"known/{each.name}", each.case) for each in corpus.known if each.target in of_target(target)),
        *(
            Item(f"seed {gate_side.SEED} case {index}", drawn_case(gate_side.SEED, index))
            for index in range(cases)
        ),
    )


def judge(
    target: str,
    replacements: Sequence[Replacement],
    corpus: Corpus,
    cases: int = CASES,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Judgement:
    """Hold the change against the base. `progress` gets the answers so far of both sides, and how many there
    will be. Raises HarnessFailure where the base itself cannot be run."""
    began = time.monotonic()
    judgement = Judgement(target, tuple(replacements))
    items = items_of(corpus, target, cases)
    job = {
        "target": target,
        "cases": [dumps(item.case) for item in items[: len(items) - cases]],
        "count": cases,
    }
    with (
        Side({**job, "replace": []}) as base,
        Side({**job, "replace": list(map(str, replacements))}) as change,
    ):
        try:
            judgement.versions = _load(base, change)
            before, after = _results(base, change, len(items), progress)
        except BrokenChangeError as error:
            judgement.broken = error.broken
        else:
            judgement.items = items
            _compare(judgement, before, after)
            _recoded(judgement, before, after, base, change)
            _findings(judgement, before, after, base, change, began + SHRINK_UNTIL)
    judgement.seconds = time.monotonic() - began
    return judgement


def _load(base: Side, change: Side) -> dict[str, str]:
    """The versions judged, once both sides have their target."""
    try:
        versions = base.loaded()
    except (SideLostError, BrokenChangeError) as error:
        raise HarnessFailure(f"the base cannot be loaded: {error}") from None
    try:
        change.loaded()
    except SideLostError as lost:
        raise lost.of_the_change("while the changed module was imported") from None
    return versions


def _results(
    base: Side, change: Side, total: int, progress: Callable[[int, int], None]
) -> tuple[list[Result], list[Result]]:
    results: dict[Side, list[Result]] = {base: [], change: []}
    while any(len(several) < total for several in results.values()):
        for side, several in results.items():
            if len(several) < total:
                try:
                    several.append(from_data(side.next("result", ANSWER_SECONDS)))
                except SideLostError as lost:
                    if side is base:
                        raise HarnessFailure(f"the base was lost: {lost}") from None
                    raise lost.of_the_change(f"after {len(several)} cases") from None
        progress(sum(map(len, results.values())), 2 * total)
    for side in results:
        side.next("done", ANSWER_SECONDS)
    for number, result in enumerate(results[base]):
        if result.status in (BROKEN, NOT_RUN):
            detail = "".join(finding.detail for finding in result.findings)
            raise HarnessFailure(f"the base itself, case number {number}: {result.reason}\n{detail}")
    return results[base], results[change]


def _compare(judgement: Judgement, before: list[Result], after: list[Result]) -> None:
    for item, old, new in zip(judgement.items, before, after, strict=True):
        judgement.failing_before += old.status != "passed"
        judgement.not_run += new.status == NOT_RUN
        if new.status == "passed":
            for signature in sorted(old.signature):
                judgement.fixes.setdefault(signature, []).append(item.name)


def _worse(old: Result, new: Result) -> frozenset[str]:
    """What is wrong on the change and was not on the base."""
    if new.status == NOT_RUN or (new.status in NOT_JUDGED and new.status == old.status):
        return frozenset()
    return new.signature - old.signature


def _findings(
    judgement: Judgement,
    before: list[Result],
    after: list[Result],
    base: Side,
    change: Side,
    deadline: float,
) -> None:
    """The new findings, the one with the most cases first, each with the smallest case that shows it."""
    shown: dict[str, list[int]] = {}
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        for signature in sorted(_worse(old, new)):
            shown.setdefault(signature, []).append(number)
    for signature, numbers in sorted(shown.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        smallest = min(numbers, key=lambda number: (len(judgement.items[number].case.nodes), number))
        case = judgement.items[smallest].case
        seconds = min(max(deadline - time.monotonic(), SHRINK_SECONDS[0]), SHRINK_SECONDS[1])
        shrunk, result = _shrunk(case, after[smallest], signature, base, change, seconds)
        message = next((each.message for each in result.findings if each.bucket == signature), signature)
        judgement.new.append(
            NewFinding(
                signature=signature,
                message=message,
                items=tuple(judgement.items[number].name for number in numbers),
                case=shrunk,
                before=len(case.nodes),
            )
        )


def _shrunk(
    case: Case, result: Result, signature: str, base: Side, change: Side, seconds: float
) -> tuple[Case, Result]:
    """The case made smaller and its result, if that is in time and the two sides differ in what is left."""
    try:
        told = change.ask(
            "shrunk",
            seconds + ANSWER_SECONDS / 3,
            do="shrink",
            signature=signature,
            seconds=seconds,
            case=case,
        )
        smaller = loads(told["case"])
        on_base, on_change = (
            from_data(side.ask("result", ANSWER_SECONDS, do="run", case=smaller)) for side in (base, change)
        )
    except SideLostError:
        return case, result
    if signature in on_change.signature - on_base.signature:
        return smaller, on_change
    return case, result


def _recoded(
    judgement: Judgement, before: list[Result], after: list[Result], base: Side, change: Side
) -> None:
    """Count the cases whose code changed though they end the same, and show the smallest."""
    numbers = [
        number
        for number, (old, new) in enumerate(zip(before, after, strict=True))
        if (old.status, old.signature) == (new.status, new.signature) and old.code != new.code
    ]
    judgement.recoded = len(numbers)
    numbers.sort(key=lambda number: (len(judgement.items[number].case.nodes), number))
    for number in numbers[:EXAMPLES]:
        item = judgement.items[number]
        sides = [
            side.ask("listing", ANSWER_SECONDS, do="listing", case=item.case)["lines"]
            for side in (base, change)
        ]
        old, new = sides
        difference = difflib.unified_diff(old, new, "base", "change", n=2, lineterm="")
        judgement.examples.append(Recoded(item.name, tuple(difference)))


# --- the two processes ---------------------------------------------------------------------------------


class BrokenChangeError(Exception):
    """The changed files could not be used at all; `broken` says why."""

    def __init__(self, broken: BrokenChange) -> None:
        super().__init__(str(broken))
        self.broken = broken


class SideLostError(Exception):
    """A side gave no answer: it ended (`cause`: a signal, `exit N`) or took too long (`hang`)."""

    def __init__(self, cause: str, stderr: str) -> None:
        super().__init__(f"{cause}\n{stderr}")
        self.cause = cause
        self.stderr = stderr

    def of_the_change(self, when: str) -> Exception:
        """The change's fault, since the base got further; unless the harness itself failed there."""
        if self.cause == f"exit {HARNESS_FAILED}":
            return HarnessFailure(str(self))
        return BrokenChangeError(BrokenChange(self.cause, f"the process ended {when}", "", self.stderr))


class Side:
    """A running `gate_side`; use it as a context manager, which ends it with all that it started."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        root = str(Path(__file__).parents[1])
        environment = {
            **os.environ,
            # the same order of sets on both sides, and this harness on both, wherever they are started
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", gate_side.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            text=True,
            env=environment,
            start_new_session=True,
        )
        self.answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self._say(job)

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()
        self.listener.join()
        for pipe in (self.process.stdin, self.process.stdout, self.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what it did not read any more
                    pipe.close()

    def _listen(self) -> None:
        if self.process.stdout is not None:
            for line in self.process.stdout:
                self.answers.put(json.loads(line))
        self.answers.put(None)

    def _say(self, data: dict[str, Any]) -> None:
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):  # its end is seen where the answer is awaited
                self.process.stdin.write(json.dumps(data) + "\n")
                self.process.stdin.flush()

    def _end(self) -> None:
        """End the side and its children: they are a session of their own."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def next(self, kind: str, seconds: float) -> dict[str, Any]:
        """The next answer, which has to be of this kind; raises SideLostError."""
        try:
            answer = self.answers.get(timeout=seconds)
        except queue.Empty:
            self._end()
            raise SideLostError("hang", tail(self.stderr)) from None
        if answer is None:
            self.answers.put(None)
            status = self.process.wait()
            raise SideLostError(cause_of(-status if status < 0 else status << 8), tail(self.stderr))
        if answer["type"] != kind:
            raise HarnessFailure(f"one side of the gate was to answer {kind}, not {answer}")
        return {name: value for name, value in answer.items() if name != "type"}

    def ask(self, kind: str, patience: float, *, case: Case, **question: Any) -> dict[str, Any]:
        """Ask about a case; raises SideLostError."""
        self._say({**question, "case": dumps(case)})
        return self.next(kind, patience)

    def loaded(self) -> dict[str, str]:
        """The versions of the target, once it is loaded; raises SideLostError and BrokenChangeError."""
        answer = self.next("loaded", LOAD_SECONDS)
        if answer["broken"] is not None:
            raise BrokenChangeError(BrokenChange(**answer["broken"]))
        versions: dict[str, str] = answer["versions"]
        return versions
