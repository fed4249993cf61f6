"""Mutants by the thousand: the verifier's verdict on each against how its execution ends.

The claim: mutant `i` of a seed is the same whatever the number of jobs, and every mutant is counted once.
What the verifier must not do: accept a mutant that dies, or fail itself.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from types import CodeType

from oracles.stack import Report, verify
from oracles.stack.slots import spell

from .execute import Ending, execute, repeated, scratch_directory
from .layout import raw_instructions
from .mutate import Mutant, Refused, mutant_of
from .subjects import Subject

AROUND = 8
"""Instructions shown before and after the one that a mutation is about."""

Verify = Callable[[CodeType], Report]


@dataclass(frozen=True)
class Result:
    """One mutant. `verdict`: accepted, rejected, refused (by CodeType.replace) or broken (the verifier
    failed); `invariant`: of the first violation; `end`, `what`, `text` as in `Ending`; `same`: it ended as
    the original does; `notes` (the verifier's, by name) and `listing`: only of those that are shown."""

    index: int
    subject: str
    changes: str
    verdict: str
    invariant: str = ""
    offset: int = 0
    end: str = ""
    what: str = ""
    text: str = ""
    same: bool = False
    notes: list[str] = field(default_factory=list)
    listing: list[str] = field(default_factory=list)

    @property
    def outside(self) -> str:
        """Why the death of an accepted mutant is outside the verifier's claim, empty where it is not."""
        if self.verdict != "accepted" or self.end != "died":
            return ""
        reasons = [reason for name, reason in OUTSIDE.items() if name in self.notes]
        reasons += [reason for text, reason in OUTSIDE_TEXTS.items() if text in self.text]
        return reasons[0] if reasons else ""

    @property
    def wrong(self) -> bool:
        """Whether this mutant shows that the verifier's claim does not hold."""
        died = self.verdict == "accepted" and self.end == "died"
        return self.verdict == "broken" or (died and not self.outside)

    @property
    def shown(self) -> bool:
        """Whether somebody should look: CPython complaining of itself is close to a death."""
        return self.wrong or bool(self.outside) or (self.verdict == "accepted" and self.what == "SystemError")


OUTSIDE = {
    "trusts-cell": "a value of unknown kind is put into a closure: code generators make cells by calls",
    "trusts-closure": "a closure of unknown length is given to a function",
    "trusts-annotations": "a tuple of unknown length is given to a function as its annotations",
    "trusts-exceptions": "a list of unknown items is given to except*",
    "trusts-comparison": "a comparison is tested without being made a bool, as 3.14's own compiler does",
    "builds-the-empty-tuple": "a debug build of 3.14 asserts that BUILD_TUPLE makes a mortal tuple",
}
"""Notes of the verifier that say what it takes for granted, and why."""

OUTSIDE_TEXTS = {
    "!PyErr_ExceptionMatches(PyExc_StopIteration)": "a generator lets StopIteration out: a debug build minds",
    "func_obj->func_": "a part of a function is set twice: the first is never freed",
    "defcount <= argcount": "more defaults than arguments: an assignment to __defaults__ does the same",
}
"""What a debug build says where harmless Python code ends it as well."""


class BaselineError(RuntimeError):
    """A sample is rejected, dies or hangs as it is: it or the verifier is not ready for this Python."""


class WorkerDied(RuntimeError):  # noqa: N818 - it names the fact
    """A worker of the campaign ended without a result for all of its mutants."""


def listing(code: CodeType, report: Report | None, about: int) -> list[str]:
    """The instructions around an offset, each with the stack that the verifier believes before it."""
    import dis

    states = report.states if report is not None else {}
    rows = []
    for start, op, arg, prefixes in raw_instructions(code.co_code):
        state = states.get(start + 2 * prefixes)
        stack = "" if state is None else f"[{spell(state)}]"
        mark = ">" if start == about else " "
        rows.append((start, f"{mark} {start:4} {dis.opname[op]:28} {arg:<6} {stack}".rstrip()))
    at = next((at for at, (start, _) in enumerate(rows) if start >= about), 0)
    return [text for _, text in rows[max(0, at - AROUND) : at + AROUND + 1]]


def draw(subjects: Sequence[Subject], seed: int, index: int) -> tuple[Subject, Random]:
    """The subject of a mutant, and the random numbers for its changes."""
    random = Random(f"{seed}:{index}")
    return subjects[int(random.random() * len(subjects))], random


PATIENCE = 10
"""Times as long as a mutant may a subject take as it is."""


class Campaign:
    """Subjects, what each of them does unmutated, and the limits."""

    def __init__(
        self, subjects: Sequence[Subject], scratch: str, seconds: float, check: Verify = verify
    ) -> None:
        self.subjects = subjects
        self.scratch = scratch
        self.seconds = seconds
        self.check = check
        self.expected: dict[str, Ending] = {}
        for subject in subjects:
            self._baseline(subject)

    def _baseline(self, subject: Subject) -> None:
        report = self.check(subject.code)
        if report.violations:
            raise BaselineError(f"{subject.name} is rejected as it is: {report.violations[0]}")
        root = subject.name.partition(".")[0]
        if root not in self.expected:
            # what hangs here is the machine, and not the code
            patience = PATIENCE * self.seconds
            ending = execute(repeated(lambda: subject.function, subject.arguments), self.scratch, patience)
            if ending.kind not in ("returned", "raised"):
                raise BaselineError(f"{root} as it is: {ending} {ending.text}")
            self.expected[root] = ending

    def result(self, seed: int, index: int) -> Result:
        """Draw one mutant, verify it, and run it."""
        subject, random = draw(self.subjects, seed, index)
        try:
            mutant = mutant_of(subject.code, random)
        except Refused as refusal:
            return Result(index, subject.name, str(refusal), "refused")
        return self.judge(index, subject, mutant)

    def judge(self, index: int, subject: Subject, mutant: Mutant) -> Result:
        """The result for this mutant."""
        chain = subject.chain_with(mutant.code)
        verdict, invariant, text, report = "accepted", "", "", None
        reports: list[Report] = []
        try:
            # The codes around it make its closure and hand it its arguments: they are a part of the verdict.
            reports = [self.check(code) for code in chain]
        except Exception as error:  # noqa: BLE001 - an error of the verifier is a finding, and is reported
            verdict, text = "broken", f"{type(error).__name__}: {error}"
        else:
            report = reports[-1]
            violations = [violation for each in reports for violation in each.violations]
            if violations:
                verdict, invariant = "rejected", violations[0].invariant
        job = repeated(lambda: subject.with_code(chain[0]), subject.arguments)
        ending = execute(job, self.scratch, self.seconds)
        found = Result(
            index=index,
            subject=subject.name,
            changes=mutant.changes,
            verdict=verdict,
            invariant=invariant,
            offset=mutant.offset,
            end=ending.kind,
            what=ending.what,
            text=text or ending.text,
            same=ending == self.expected[subject.name.partition(".")[0]],
        )
        if found.shown:
            found.notes.extend(sorted({note.name for each in reports for note in each.notes}))
            found.listing.extend(listing(mutant.code, report, mutant.offset))
        return found

    def run(self, seed: int, indices: Sequence[int], jobs: int = 1) -> Iterator[Result]:
        """The results, in no order with more than one job; raises WorkerDied."""
        gc.collect()
        # What is there now is left alone by collections, so that forked processes need not copy it.
        gc.freeze()
        try:
            if jobs == 1:
                for index in indices:
                    yield self.result(seed, index)
            else:
                yield from self._in_workers(seed, indices, jobs)
        finally:
            gc.unfreeze()

    def _in_workers(self, seed: int, indices: Sequence[int], jobs: int) -> Iterator[Result]:
        with scratch_directory() as folder:
            files = [Path(folder) / str(worker) for worker in range(jobs)]
            workers = [self._worker(seed, indices[at::jobs], file) for at, file in enumerate(files)]
            statuses = [os.waitpid(pid, 0)[1] for pid in workers]
            for file, status in zip(files, statuses, strict=True):
                if status:
                    code = os.waitstatus_to_exitcode(status)
                    raise WorkerDied(f"a worker ended with {code}; its last words are above")
                for line in file.read_text().splitlines():
                    yield Result(**json.loads(line))

    def _worker(self, seed: int, indices: Sequence[int], file: Path) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            with file.open("w") as out:
                for index in indices:
                    out.write(json.dumps(asdict(self.result(seed, index))) + "\n")
            code = 0
        finally:
            if code:
                import traceback

                traceback.print_exc()
            os._exit(code)
