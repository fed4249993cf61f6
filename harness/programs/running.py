"""One program run twice in this process, as it is and compiled, and all that it left held against each other.

Claim: both runs start from equal states, each in a load of its own, with equal random numbers; a difference
that is told is one that Python code could have seen.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy

from harness.programs.describe import text
from harness.programs.loading import Load, Made, Program, ProgramError
from oracles.heap import HeapWalk, Pair, Root
from oracles.heap_members import Raised, Returned
from oracles.trace import Tracer
from oracles.values import Difference, path_text

SEED = 20

FOUND, PASSED, INCONCLUSIVE, REFUSED = "failed", "passed", "inconclusive", "rejected"

STACK_BYTES = 512 << 20
"""For the walk: a linked list of a million links is compared link by link."""

TEXT = 300
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a program is compiled and called. `calls`: the whole list of calls so many times over. `sets`:
    names below `torch._dynamo.config` and the like, and values."""

    backend: str = "eager"
    fullgraph: bool = False
    dynamic: bool | None = None
    calls: int = 1
    sets: tuple[tuple[str, Any], ...] = ()
    trace: bool = False
    target: str = "torch"
    disabled: bool = False
    """Dynamo is told to leave the whole program alone: both runs must then be equal."""


@dataclass(frozen=True, slots=True)
class Told:
    """The first difference, as text. `kind` as in `oracles.values.KINDS`, or of the stack oracle's
    finding."""

    oracle: str
    kind: str
    path: str
    eager: str
    compiled: str
    message: str


@dataclass(slots=True)
class Checked:
    """How a check ended, as plain data. `compiled`: counts of what Dynamo did. `bad`: rejected code, with
    listings."""

    status: str
    reason: str = ""
    told: Told | None = None
    compiled: dict[str, Any] = field(default_factory=dict)
    bad: list[dict[str, Any]] = field(default_factory=list)
    unjudged: dict[str, int] = field(default_factory=dict)
    allowed: dict[str, int] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        """What two findings of one cause have in common, as far as can be told without reading the code."""
        if self.told is None:
            return f"{self.status} · {self.reason}"
        return " · ".join((self.told.oracle, self.told.kind, self.told.path.partition("[")[0]))


class _Side:
    """One of the two runs: a load of the program and what it made, with what its calls ended with."""

    def __init__(self, program: Program, next_hook: int) -> None:
        self.next_hook = next_hook
        seed()
        with self.counting():
            self.load = Load(program)
            self.made: Made = self.load.make()
        self.outcomes: list[Raised | Returned] = []
        self.observed: Raised | Returned | None = None
        self.process: dict[str, Any] = {}

    def run(self, function: Callable[..., Any], times: int) -> None:
        """All calls, one after the other, and what can be seen then."""
        seed()
        printed = io.StringIO()
        with _put_back(), self.counting(), self.load.current(), contextlib.redirect_stdout(printed):
            for args in self.made.calls * times:
                self.outcomes.append(_outcome(lambda: function(*args)))  # noqa: B023 - called at once
            self.process = {**process_state(), "printed": printed.getvalue()}
            if self.made.observe is not None:
                self.observed = _outcome(self.made.observe)

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """While this goes on hooks are numbered from where this side left off: a process numbers all of
        them."""
        from torch.utils.hooks import RemovableHandle

        others = RemovableHandle.next_id
        RemovableHandle.next_id = self.next_hook
        try:
            yield
        finally:
            self.next_hook = RemovableHandle.next_id
            RemovableHandle.next_id = max(others, self.next_hook)


def _outcome(call: Callable[[], Any]) -> Raised | Returned:
    try:
        return Returned(call())
    except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - whatever a program raises
        return Raised(error)


def seed() -> None:
    """Equal random numbers for whoever comes next."""
    import torch

    random.seed(SEED)
    numpy.random.seed(SEED)
    torch.manual_seed(SEED)


@contextlib.contextmanager
def _put_back() -> Iterator[None]:
    """What a run changes of the process is as before when the next one starts."""
    import torch

    grad, dtype, limit = torch.is_grad_enabled(), torch.get_default_dtype(), sys.getrecursionlimit()
    deterministic = torch.get_deterministic_debug_mode()
    try:
        yield
    finally:
        torch.set_grad_enabled(grad)
        torch.set_default_dtype(dtype)
        sys.setrecursionlimit(limit)
        torch.set_deterministic_debug_mode(deterministic)


def process_state() -> dict[str, Any]:
    """What a program can change of the process, and another part of it can see."""
    import torch

    return {
        "random": random.getstate(),
        "numpy.random": repr(numpy.random.get_state(legacy=False)),
        "torch random": torch.get_rng_state().numpy().tobytes(),
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "default dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "torch function modes": torch._C._len_torch_function_stack(),
        "torch function": torch._C._is_torch_function_enabled(),
        "recursion limit": sys.getrecursionlimit(),
    }


T = TypeVar("T")


def _with_deep_stack(walk: Callable[[], T]) -> T:
    """In a thread with a stack for values of any depth."""
    result: list[T | BaseException] = []

    def run() -> None:
        try:
            result.append(walk())
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            result.append(error)

    size, limit = threading.stack_size(STACK_BYTES), sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    threading.stack_size(size)
    sys.setrecursionlimit(limit)
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]


def run_both(program: Program, options: Options) -> Checked:
    """Run the program twice and compare. Whatever it does it does to this process. Raises ProgramError."""
    import torch

    from harness.targets.dynamo_watch import watching

    _check_options(options)
    torch._dynamo.reset()
    number = torch.utils.hooks.RemovableHandle.next_id
    eager, compiled = _Side(program, number), _Side(program, number)
    start = HeapWalk()
    difference = _with_deep_stack(lambda: start.look_without_taking(_start(compiled, eager)))
    if difference is not None:
        told = f"{program.path}: {program.maker}() gives something else each time: {difference.message}"
        raise ProgramError(told)
    with watching() as by_itself:
        eager.run(eager.made.function, options.calls)
    # what the program itself compiled is kept with its code, which both loads share
    torch._dynamo.reset()
    tracer = Tracer() if options.trace else None
    with (
        _codegen_of(options.target),
        _patched(options.sets),
        watching(tracer=tracer) as seen,
        tracer or contextlib.nullcontext(),
    ):
        compiled.run(_compiled(compiled.made.function, options), options.calls)
    # a program may compile a part of itself
    bad = [*by_itself.bad, *seen.bad]
    done = Checked(PASSED, compiled=seen.data(), bad=[each.whole() for each in bad])
    if bad:
        first = bad[0]
        violation = first.data["violations"][0]
        done.status = FOUND
        done.told = Told(first.oracle, violation["invariant"], violation["opcode"], "", "", first.text())
        return done
    refused = _refusal(compiled, options)
    if refused:
        done.status, done.reason = REFUSED, refused
        return done
    walk = HeapWalk([(mine, theirs) for mine, theirs, _ in start.pairs], close=options.backend not in EXACT)
    walk.added = frozenset(seen.installed | by_itself.installed)
    difference = _with_deep_stack(lambda: walk.look_at_all(_end(compiled, eager, start.pairs)))
    done.unjudged = dict(walk.unjudged)
    done.allowed = dict(walk.allowed)
    if difference is not None:
        done.status, done.told = FOUND, _told(difference)
    elif not seen.codes and not options.disabled:
        done.status, done.reason = INCONCLUSIVE, "nothing of it was compiled"
    return done


EXACT = frozenset({"eager", "eager_noexcept", "eager_debug"})
"""Backends that run the graph's operations as they are: their results are compared to the bit."""


def _check_options(options: Options) -> None:
    """Raises ProgramError for what the installed torch has not."""
    import torch

    try:
        torch._dynamo.lookup_backend(options.backend)
    except torch._dynamo.exc.InvalidBackend:
        known = ", ".join(torch._dynamo.list_backends(exclude_tags=()))
        raise ProgramError(f"--backend: torch has no backend {options.backend!r}, but {known}") from None
    for path, _ in options.sets:
        owner: Any = torch
        for name in path.split(".")[1:]:
            if not hasattr(owner, name):
                raise ProgramError(f"--set: {path} is not there: nothing is called {name!r} in it")
            owner = getattr(owner, name)


def _codegen_of(target: str) -> contextlib.AbstractContextManager[Any]:
    """While it is entered, Dynamo generates code with this target's class."""
    if target == "torch":
        return contextlib.nullcontext()
    from harness.targets.dropin import installed

    return installed()


def _compiled(function: Callable[..., Any], options: Options) -> Callable[..., Any]:
    import torch

    if options.disabled:
        function = _calling(torch._dynamo.disable(_calling(function)))
    compiled: Callable[..., Any] = torch.compile(
        function, backend=options.backend, fullgraph=options.fullgraph, dynamic=options.dynamic
    )
    return compiled


def _calling(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that calls the other: torch.compile would look through the mark of `disable` itself."""

    def called(*args: Any) -> Any:
        return function(*args)

    return called


@contextlib.contextmanager
def _patched(sets: tuple[tuple[str, Any], ...]) -> Iterator[None]:
    """Names below torch's modules bound to other values; put back at the end."""
    import torch

    before: list[tuple[Any, str, Any]] = []
    try:
        for path, value in sets:
            *owners, name = path.split(".")[1:]
            owner: Any = torch
            for each in owners:
                owner = getattr(owner, each)
            before.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(before):
            setattr(owner, name, value)


def _start(compiled: _Side, eager: _Side) -> Iterator[Root]:
    """What both sides have before a call."""
    yield ("called", 0), compiled.made.function, eager.made.function
    yield from _given(compiled, eager)
    yield ("names", 0), compiled.load.module, eager.load.module


def _given(compiled: _Side, eager: _Side) -> Iterator[Root]:
    mine, theirs = compiled.made.calls, eager.made.calls
    step = "given" if len(mine) == len(theirs) == 1 else "given to call"
    if step == "given":
        mine, theirs = mine[0], theirs[0]
    yield ("process", 0), len(mine), len(theirs)
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        yield (step, at), one, other


def _end(compiled: _Side, eager: _Side, pairs: list[Pair]) -> Iterator[Root]:
    """What both sides have after the last call."""
    for at, (mine, theirs) in enumerate(zip(compiled.outcomes, eager.outcomes, strict=True)):
        yield ("call", at), mine, theirs
    yield ("observed", 0), compiled.observed, eager.observed
    yield from _start(compiled, eager)
    yield ("process", 0), compiled.process, eager.process
    for mine, theirs, path in pairs:
        # what nothing leads to any more may have been changed before
        yield ("was", path_text(path)), mine, theirs


def _refusal(compiled: _Side, options: Options) -> str:
    """Why Dynamo refused to compile what it was told to compile whole; empty where it did not."""
    from torch._dynamo.exc import Unsupported

    for outcome in compiled.outcomes:
        if options.fullgraph and isinstance(outcome, Raised) and isinstance(outcome.error, Unsupported):
            return str(outcome.error).strip().partition("\n")[0]
    return ""


def _told(difference: Difference) -> Told:
    return Told(
        oracle="values",
        kind=difference.kind,
        path=path_text(difference.path),
        eager=text(difference.expected),
        compiled=text(difference.actual),
        message=difference.message,
    )
