"""How faults are planted: each is one small wrong change to a codegen, or to the code it emitted.

A fault is applied in a forked child and never undone. It must be a change that a person could make by
mistake, and must leave most cases working.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from generators.case import Case
from generators.cases import drawn_case
from harness.corpus import HERE, read, without_known
from harness.isolation import Death, isolated
from harness.runner import STAGES, Clock, Runner
from harness.targets.base import Target
from harness.triage import SHRINK_SECONDS, Shrunk, StageWatch, death_finding, shrink
from oracles.run import Emission, Finding
from oracles.world import World

HANG_SECONDS = 4.0
"""For one case, which takes milliseconds."""


@dataclass(frozen=True)
class Fault:
    """`apply(target)` plants it; `caught_by` are the (oracle, invariant) of which one should catch it, in
    cases of these `kinds`."""

    name: str
    target: str
    apply: Callable[[Any], None]
    caught_by: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...] = ("tree",)


@dataclass(frozen=True)
class Catch:
    """The first case that showed the fault, and how."""

    index: int
    case: Case
    finding: Finding


def wrap(owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
    """Put `make(original)` in the place of a function of a class or module."""
    setattr(owner, name, make(getattr(owner, name)))


def change_code(target: Target, change: Callable[[CodeType], CodeType]) -> None:
    """Let the target's emitted code go through `change`."""
    original = target.emit

    def emit(case: Case, world: World, **named: Any) -> Emission:
        import dataclasses

        emission = original(case, world, **named)
        return dataclasses.replace(emission, code=change(emission.code))

    target.emit = emit  # type: ignore[method-assign]


def first_catch(
    target: Target,
    fault: Fault,
    cases: int,
    seed: int,
    seconds: float = 120.0,
) -> Catch | None:
    """The first of `cases` drawn cases in which the planted fault is found, or None."""
    watch = StageWatch()
    shared = _SharedIndex()
    # the installed torch's own bugs are none of the fault's doing
    known = read(HERE).known_of(target.name, target.versions())

    def child() -> tuple[int, Finding] | None:
        fault.apply(target)
        _belong_to(target)
        # nobody catches it: a case that takes this long dies of it
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        runner = Runner(target, Clock([0] * len(STAGES), watch.enter))
        for index in range(cases):
            signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
            shared.set(index)
            case = drawn_case(seed, index, fault.kinds)
            outcome = runner.run(case)
            if outcome.findings:
                explained, _ = runner.explain(case)
                unknown = without_known(known, case, explained if explained.findings else outcome)
                if unknown.findings:
                    return index, unknown.findings[0]
        return None

    end = isolated(child, seconds)
    if isinstance(end, Death):
        index = shared.get()
        if end.cause == "hang":
            raise RuntimeError(
                f"{cases} cases took more than {seconds} s: nothing can be said of {fault.name}"
            )
        cause = "hang" if end.cause == "SIGALRM" else end.cause
        return Catch(
            index, drawn_case(seed, index, fault.kinds), death_finding(cause, watch.name(), end.stderr)
        )
    if end.value is None:
        return None
    index, finding = end.value
    return Catch(index, drawn_case(seed, index, fault.kinds), finding)


def shrunk(target: Target, fault: Fault, catch: Catch) -> Shrunk:
    """What the reducer makes of the case that showed the planted fault."""

    def child() -> Shrunk:
        fault.apply(target)
        _belong_to(target)
        return shrink(target, catch.finding.bucket, catch.case)

    end = isolated(child, SHRINK_SECONDS)
    if isinstance(end, Death):
        raise RuntimeError(  # noqa: TRY004 - no argument has a wrong type
            f"shrinking the case of {fault.name} ended with {end.cause}: {end.stderr}"
        )
    return end.value


def _belong_to(target: Target) -> None:
    """What a planted fault raises is raised by the target: count the fault's file as the target's."""
    import sys

    module = sys.modules[type(target).__module__]
    name = "_TORCH_FILES" if target.name == "torch" else "_CODEGEN_FILES"
    files = getattr(module, name)
    setattr(module, name, (*((files,) if isinstance(files, str) else files), __file__.rpartition("/")[0]))


class _SharedIndex:
    def __init__(self) -> None:
        import mmap

        self.words = memoryview(mmap.mmap(-1, 8)).cast("q")

    def set(self, index: int) -> None:
        self.words[0] = index

    def get(self) -> int:
        return self.words[0]
