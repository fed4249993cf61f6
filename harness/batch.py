"""Given cases through one target, one after the other in a forked process: how each ended, and its code.

Claim: there is one Result for each case, in order, whatever a case does to its process; two runs of the same
cases give equal Results where the target did the same.
"""

from __future__ import annotations

import dis
import hashlib
import json
import os
import re
import select
import struct
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from types import CodeType, TracebackType
from typing import Any

from generators.case import Case
from harness.contracts import Watch
from harness.isolation import HarnessFailure, cause_of, tail
from harness.runner import STAGES, Clock, Outcome, Runner
from harness.targets.base import Target, function_name
from harness.triage import death_finding
from harness.vitals import TICK
from harness.workers import IDLE, Slot, Worker, finding_from_data, start
from oracles.graph_values import Value
from oracles.run import Emission, Finding
from oracles.world import World

CASE_SECONDS = 5.0
"""A case that takes longer hangs. Shorter than in a campaign: whoever gave the cases is waiting."""

HANGS = 2
"""Cases that may hang; what comes after the last is not run any more."""

BROKEN = "broken"
"""A status beside those of `runner.py`: the harness itself could not take the case through the target."""

NOT_RUN = "not run"
"""The status of a case that came after too many hangs."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a case ended. `code` is a digest of the emitted code, empty where there was none."""

    status: str
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    code: str = ""

    @property
    def signature(self) -> frozenset[str]:
        """What two runs of one case are compared by: the buckets, or how else it did not pass."""
        if self.findings:
            return frozenset(finding.bucket for finding in self.findings)
        return frozenset() if self.status == "passed" else frozenset([f"{self.status} · {self.reason}"])


class Watched:
    """A target whose last emission can be looked at."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.name = target.name
        self.classes = target.classes
        self.last: Emission | None = None

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The target was entered by somebody else."""

    def graph_value(self, asked: Value) -> object:
        """See `Target.graph_value`."""
        return self.target.graph_value(asked)

    def versions(self) -> dict[str, str]:
        """See `Target.versions`."""
        return self.target.versions()

    def lacking(self) -> frozenset[str]:
        """See `Target.lacking`."""
        return self.target.lacking()

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Watch | None = None) -> Emission:
        """See `Target.emit`."""
        self.last = None
        self.last = self.target.emit(case, world, record=record, watch=watch)
        return self.last


def judge_here(target: Target, case: Case, clock: Clock | None = None) -> Result:
    """The result of a case in this process, which it may take along."""
    watched = Watched(target)
    runner = Runner(watched, clock)
    try:
        outcome: Outcome = runner.run(case)
        any_order = not _UNORDERED.isdisjoint(case.kinds())
        code = "" if watched.last is None else digest(watched.last.code, any_order=any_order)
        if outcome.status == "failed":
            explained, _ = runner.explain(case)
            outcome = explained if explained.findings else outcome
    except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - only the caller knows whose it is
        where = function_name(list(traceback.walk_tb(error.__traceback__))[-1][0])
        finding = Finding("harness", "raised", type(error).__name__, str(error), where)
        trace = "".join(traceback.format_exception(error))
        return Result(BROKEN, finding.bucket, (Finding(**{**asdict(finding), "detail": trace}),))
    return Result(outcome.status, outcome.reason, outcome.findings, code)


def run_all(target: Target, cases: Sequence[Case], seconds: float = CASE_SECONDS) -> Iterator[Result]:
    """The result of each case, in order; a case may take `seconds`. The target has to be entered."""
    slot = Slot()
    done = hangs = 0
    while done < len(cases):
        if hangs == HANGS:
            yield from [Result(NOT_RUN, f"{HANGS} cases before it hung")] * (len(cases) - done)
            return
        worker = start(slot, lambda *_: _work(target, cases, done, slot))  # noqa: B023 - forked at once
        killed = ""
        try:
            while True:
                ready, _, _ = select.select([worker.pipe], [], [], TICK)
                lines, ended = worker.read() if ready else ([], False)
                for line in lines:
                    done += 1
                    yield from_data(json.loads(line))
                if ended:
                    break
                if not killed and not ready and (killed := worker.watch(seconds)):
                    worker.kill()
            death = _bury(worker, killed, done, len(cases))
        except GeneratorExit:
            worker.kill()
            worker.reap()
            raise
        slot.rest()
        if death is not None:
            hangs += killed == "hang"
            done += 1
            yield Result("failed", findings=(death,))


def _work(target: Target, cases: Sequence[Case], first: int, slot: Slot) -> Iterator[str]:
    clock = Clock([0] * len(STAGES), slot.stage)
    parent = os.getppid()
    for index in range(first, len(cases)):
        if os.getppid() != parent:
            return
        slot.begin(index)
        clock.start()
        yield json.dumps(to_data(judge_here(target, cases[index], clock)))
        slot.rest()


def _bury(worker: Worker, killed: str, done: int, total: int) -> Finding | None:
    """Reap the worker; the finding that it died in case number `done`, or None if it did not."""
    status = worker.reap()
    stderr = tail(worker.stderr)
    worker.stderr.close()
    if status == 0 and done == total:
        return None
    if worker.slot.failed():
        raise HarnessFailure(f"case number {done}\n{stderr}")
    if killed and worker.slot.begun() != worker.begun:
        # it went on at that very moment: what it had in hand is run again
        return None
    if worker.slot.case() == IDLE:
        raise HarnessFailure(f"a worker died between two cases ({cause_of(status)})\n{stderr}")
    return death_finding(killed or cause_of(status), worker.slot.current_stage(), stderr)


def to_data(result: Result) -> dict[str, Any]:
    """The result as JSON-serialisable data."""
    return {
        "status": result.status,
        "reason": result.reason,
        "findings": [asdict(finding) for finding in result.findings],
        "code": result.code,
    }


def from_data(data: dict[str, Any]) -> Result:
    """The result that `to_data` made `data` of."""
    findings = tuple(finding_from_data(each) for each in data["findings"])
    return Result(data["status"], data["reason"], findings, data["code"])


# --- the emitted code ----------------------------------------------------------------------------------

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}|[0-9]{6,}")
"""What differs from process to process in the text of an object, and in names that hold an `id`."""


_NUMBERED = frozenset({dis.opmap["LOAD_CONST"], dis.opmap["EXTENDED_ARG"]})
_UNORDERED = frozenset({"set", "frozenset"})
"""Kinds of which a codegen may walk the elements in the order of their hashes, which hold addresses."""


def digest(code: CodeType, *, any_order: bool = False) -> str:
    """Equal for two code objects that do the same in the same way, whatever process they were made in.

    With `any_order` the order of the instructions and of the constants does not count.
    """
    shape = _shape(code)
    if any_order:
        # a constant's number says how early it is loaded
        units = sorted(
            code.co_code[at : at + (1 if code.co_code[at] in _NUMBERED else 2)]
            for at in range(0, len(code.co_code), 2)
        )
        names = sorted(_ADDRESS.sub("…", name) for name in code.co_names + code.co_varnames)
        # the order decides on the depth too
        shape = (units, sorted(map(repr, shape[1])), names, shape[4])
    return hashlib.sha256(repr(shape).encode()).hexdigest()[:16]


def _shape(code: CodeType) -> tuple[Any, ...]:
    names = (code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars)
    return (
        code.co_code,
        [_constant(value) for value in code.co_consts],
        _ADDRESS.sub("…", repr(names)),
        code.co_stacksize,
        getattr(code, "co_exceptiontable", b""),  # 3.11 on
    )


def _constant(value: object) -> object:
    match value:
        case CodeType():
            return _shape(value)
        case float():
            return "float", struct.pack("<d", value)
        case complex():
            return "complex", struct.pack("<dd", value.real, value.imag)
        case tuple():
            return tuple(map(_constant, value))
        case frozenset():
            return "frozenset", sorted(repr(_constant(each)) for each in value)
        case dict() if "__builtins__" in value:
            # what is in it is the process's business
            return "a namespace"
        case None | bool() | int() | str() | bytes():
            return type(value).__qualname__, repr(value)
    return type(value).__qualname__, _ADDRESS.sub("…", repr(value))


def listing(code: CodeType) -> list[str]:
    """The instructions without their offsets, to be read beside those of another emission."""
    return [
        re.sub(
            "0x[0-9a-f]+", "0x…", f"{each.opname} {each.argrepr or ('' if each.arg is None else each.arg)}"
        )
        for each in dis.get_instructions(code)
    ] + [f"stack size {code.co_stacksize}"]
