"""What the oracles judge and what they say: Emission, Run, Finding, Verdict.

Claim: an oracle answers with a Verdict, never with a bare bool; a Finding carries all that its bucket is
made of, and no bucket is keyed on a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

from generators.case import Case
from oracles import noting
from oracles.graph_values import Output
from oracles.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """The codegen call that emitted an instruction; recorded only when replaying.

    `function`: the innermost method of the target on the way to the instruction, such as
    `TupleVariable.reconstruct`. `node`: the case's node it was rebuilding, or None (epilogue, imports).
    """

    function: str
    node: int | None


def _as_it_is(value: object) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Emission:
    """What a target produced for a case.

    `outputs`: the graph outputs asked for, in the order the codegen asked: proxies of the case, or
    tensors made of symbolic floats. The code takes the tuple of their values as its first argument, then a
    local for each name in `parameters`; `closure` are its cells from outside.
    `calls`: byte offset -> the codegen call that emitted the instruction there, or None unless recorded.

    Of a call: `temporaries` are the locals in which the codegen kept values, `deletes` says whether it
    promises to delete them, and `arrived(value)` gives a tensor that a number was converted to as
    `Converted`, and anything else as it is.
    """

    target: str
    code: CodeType
    namespace: dict[str, Any]
    parameters: tuple[str, ...]
    outputs: tuple[Output, ...]
    closure: tuple[Any, ...] | None = None
    calls: Mapping[int, Call] | None = None
    temporaries: frozenset[str] = frozenset()
    deletes: bool = True
    arrived: Callable[[object], object] = _as_it_is

    def execute(self, world: World) -> object:
        """Run the code in the world; what it raises is raised. Only for code the stack oracle accepted,
        or in a process made for it."""
        function = FunctionType(self.code, self.namespace, "emitted", None, self.closure)
        outputs = tuple(world.graph_output(output) for output in self.outputs)
        with world.classes.modes(world.modes), noting.started() as notes:
            try:
                value: object = function(outputs, *(world.parameter(name) for name in self.parameters))
            finally:
                world.take_from_tensors()
        world.notes = notes
        return value


@dataclass(frozen=True, slots=True)
class Run:
    """One case through one target: the world its code runs in, the twin in which plain Python did the
    same, and the emission."""

    case: Case
    world: World
    twin: World
    emission: Emission


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed claim.

    `subject` is what the bucket names beside the invariant: the opcode of a stack finding, the node kind
    of a value finding, the exception type of a crash. `emitter` is the codegen function that emitted the
    culprit (empty until the case is replayed with recording on). `offset` is a byte offset in the code,
    `path` a path in the value such as `roots[0][2].x`, `node` an index into the case.
    """

    oracle: str
    invariant: str
    subject: str
    message: str
    emitter: str = ""
    offset: int | None = None
    path: str | None = None
    node: int | None = None
    detail: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        # what a target raised may hold anything, a lone surrogate that no terminal prints among it
        for name in ("message", "detail"):
            told = getattr(self, name).encode("utf-8", "backslashreplace").decode()
            object.__setattr__(self, name, told)

    @property
    def bucket(self) -> str:
        """Findings with one bucket have one cause, as far as can be told without reading the code."""
        return " · ".join(part for part in (self.oracle, self.invariant, self.subject, self.emitter) if part)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an oracle says of a Run: `passed`, `failed` with findings, or `inconclusive` with a reason."""

    status: str
    findings: tuple[Finding, ...] = ()
    reason: str = ""


PASSED = Verdict("passed")


def failed(*findings: Finding) -> Verdict:
    """The verdict of an oracle whose claim does not hold."""
    return Verdict("failed", findings)


def inconclusive(reason: str) -> Verdict:
    """The verdict of an oracle that could not judge; counted and shown under its reason."""
    return Verdict("inconclusive", reason=reason)


ABSENT = "absent: "
"""How the reason of a refusal begins that is no graph break."""


class Refused(Exception):  # noqa: N818 - an answer of a target, which may be legitimate
    """The target refused the case by a graph break, whose type is `reason`; or the tested version lacks what
    the case asks for: then `reason` is ABSENT and the name of what is lacking."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @classmethod
    def as_absent(cls, name: str) -> Refused:
        """The refusal of a case that asks for what the tested version lacks."""
        return cls(ABSENT + name)

    @property
    def absent(self) -> str:
        """The name of what is lacking; empty for a graph break."""
        return self.reason.removeprefix(ABSENT) if self.reason.startswith(ABSENT) else ""

    def finding(self) -> Finding:
        """The finding that this refusal is where the case has a value that must be given back."""
        return Finding(
            oracle="target",
            invariant="refused",
            subject=self.reason,
            message=f"refused with the graph break {self.reason!r} a case that it has to give a value for",
        )


class TargetError(Exception):
    """The target's own code raised while it generated or assembled: a finding, not a harness failure.

    `cause` is the exception, `function` the innermost function of the target in its traceback, or for a
    RecursionError the one that recurs.
    """

    def __init__(self, cause: BaseException, function: str) -> None:
        super().__init__(f"{type(cause).__name__} in {function}: {cause}")
        self.cause = cause
        self.function = function

    def finding(self) -> Finding:
        """The finding that this error is."""
        return Finding(
            oracle="target",
            invariant="raised",
            subject=type(self.cause).__name__,
            message=f"{type(self.cause).__name__}: {self.cause}",
            emitter=self.function,
        )
