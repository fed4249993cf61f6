"""Executes a function in a forked process of its own, under limits, and says how that ended.

The claim: whatever the function does - crash, hang, eat memory, write - the caller lives, nothing is left
behind, and the end is one of `Ending.kind`: returned, raised, hung, died. Forking one warm process costs
milliseconds.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import json
import os
import re
import resource
import selectors
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from tempfile import mkdtemp
from types import AsyncGeneratorType, CoroutineType, FunctionType, GeneratorType
from typing import Any, Final, NamedTuple

ADDRESS_SPACE: Final = 1 << 30
"""Bytes beyond what the warm process has mapped."""
WALL: Final = 15.0
"""Seconds until a process that uses no CPU time counts as hung."""
CALLS: Final = 12
"""Calls of each function: CPython 3.11 specialises instructions from the ninth on."""
STEPS: Final = 60
"""Items taken from a generator or coroutine; a sample has fewer."""
TAIL: Final = 2_000
"""Characters kept of what the process wrote."""
LIMIT_SIGNALS: Final = frozenset({signal.SIGPROF, signal.SIGXCPU})
"""What ends a process that uses more CPU time than it may have."""
BROKEN: Final = 97
"""The exit code of a process that failed before the function was called."""
ESCAPED: Final = 98
"""The exit code of a process in which something was raised that no `except` catches: no exception."""

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]+")
_ASSERTION: Final = re.compile(r"^.*(?:Assertion|Fatal Python error|negative refcount).*$", re.MULTILINE)


class ExecutionFailed(RuntimeError):  # noqa: N818 - not the function's failure
    """The process could not be prepared, so that nothing is known of the function: why, and its output."""


class Ending(NamedTuple):
    """How it ended. `kind`: returned, raised, hung or died; `what`: the value's repr, the exception's type,
    the signal or exit code; `text`: the failed assertion of a debug build, or the end of what was written."""

    kind: str
    what: str
    text: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.what)))


@contextmanager
def scratch_directory() -> Iterator[str]:
    """A directory for as long as the block runs.

    A `TemporaryDirectory` would be removed by the first mutant that makes the interpreter end in good order.
    """
    owner, path = os.getpid(), mkdtemp()
    try:
        yield path
    finally:
        if os.getpid() == owner:
            shutil.rmtree(path)


def settle(value: Any) -> Any:
    """What a sample gave back, driven to its end if it is a generator or coroutine of any sort."""
    if isinstance(value, GeneratorType):
        return _items(value)
    if isinstance(value, CoroutineType):
        return _drive(value)
    if isinstance(value, AsyncGeneratorType):
        items = []
        for _ in range(STEPS):
            try:
                items.append(_drive(value.asend(None)))
            except StopAsyncIteration:
                break
        _drive(value.aclose())
        return items
    return value


def _items(generator: Any) -> list[Any]:
    items = []
    for _ in range(STEPS):
        try:
            items.append(next(generator))
        except StopIteration as end:
            return [*items, end.value]
    generator.close()
    return items


def _drive(awaitable: Any) -> Any:
    """The result of an awaitable that awaits nothing but what suspends once and is sent a number."""
    steps = iter(awaitable) if hasattr(awaitable, "__iter__") else awaitable
    for step in range(STEPS):
        try:
            steps.send(step or None)
        except StopIteration as end:
            return end.value
    steps.close()
    return "did not end"


def interrupt(value: Any) -> Any:
    """What a sample gave back, looked into, and stopped halfway if it is a generator or coroutine."""
    if isinstance(value, FunctionType):
        return value.__annotations__, value.__defaults__, value.__kwdefaults__
    if isinstance(value, AsyncGeneratorType):
        return _drive(value.athrow(ValueError()))
    if isinstance(value, (GeneratorType, CoroutineType)):
        value.send(None)
        # Both look below the yielded value for what is iterated or awaited.
        awaited = value.gi_yieldfrom if isinstance(value, GeneratorType) else value.cr_await
        return awaited, value.throw(ValueError())
    return value


def call(
    function: Callable[..., Any],
    arguments: Callable[[], tuple[Any, ...]],
    finish: Callable[[Any], Any] = settle,
) -> tuple[str, str]:
    """`returned` and the value's repr, or `raised` and the exception's type; addresses are left out."""
    try:
        value = finish(function(*arguments()))
        return "returned", _ADDRESS.sub("0x", repr(value))[:TAIL]
    except BaseException as error:  # noqa: BLE001 - whatever it raises is one of the ends
        return "raised", type(error).__name__


def _mapped() -> int:
    """Bytes that this process has mapped."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _restrict(scratch: str, seconds: float) -> None:
    # Should the interpreter end by itself, what the parent wants done at its own end is not to be done here.
    atexit._clear()
    # A crash is told by its signal; a report of it would go to where the parent's errors go.
    faulthandler.disable()
    for number in (signal.SIGINT, signal.SIGTERM, *LIMIT_SIGNALS):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(scratch)
    space = _mapped() + ADDRESS_SPACE
    whole = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    # Twice: a timer can be undone by what is executed, and a limit has whole seconds only.
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _child(
    job: Callable[[], tuple[str, str]], scratch: str, seconds: float, output: int, result: int
) -> None:
    try:
        empty = os.open(os.devnull, os.O_RDONLY)
        for target, source in enumerate((empty, output, output)):
            os.dup2(source, target)
        _restrict(scratch, seconds)
    except BaseException as error:  # noqa: BLE001 - the parent raises it again as ExecutionFailed
        os.write(result, repr(error).encode())
        os._exit(BROKEN)
    code = ESCAPED
    try:
        end = job()
        # What lies on the heap with a wrong count of references shows when it is let go.
        gc.collect()
        os.write(result, json.dumps(end).encode())
        code = 0
    finally:
        # The frames below are the parent's, and nothing may come back to them.
        os._exit(code)


def _read(output: int, result: int, pid: int) -> tuple[bytes, bytes, bool]:
    """What came through both pipes until the process ended, and whether it had to be killed."""
    written = {output: b"", result: b""}
    deadline = time.monotonic() + WALL
    killed = False
    with selectors.DefaultSelector() as selector:
        for pipe in written:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0 and not killed:
                killed = True
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for key, _ in selector.select(max(left, 1.0)):
                data = os.read(key.fd, 65_536)
                if not data:
                    selector.unregister(key.fd)
                written[key.fd] = (written[key.fd] + data)[-65_536:]
    return written[output], written[result], killed


def execute(job: Callable[[], tuple[str, str]], scratch: str, seconds: float = 2.0) -> Ending:
    """Run the job in a forked process; raises ExecutionFailed. `scratch` is a directory for it to be in."""
    output, output_end = os.pipe()
    result, result_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(job, scratch, seconds, output_end, result_end)
    try:
        os.close(output_end)
        os.close(result_end)
        written, told, killed = _read(output, result, pid)
    finally:
        os.close(output)
        os.close(result)
        _, status = os.waitpid(pid, 0)
    text = written.decode(errors="replace")
    code = os.waitstatus_to_exitcode(status)
    if code == BROKEN:
        raise ExecutionFailed(f"{told.decode(errors='replace')} {text[-TAIL:]}")
    if code == 0 and told:
        kind, what = json.loads(told)
        return Ending(kind, what, "")
    if code >= 0:
        # Control left the frames of Python by a way that is none: INTERPRETER_EXIT, or no exception raised.
        what = "raised what is no exception" if code == ESCAPED else f"exit {code}"
        return Ending("died", what, text[-TAIL:])
    if killed or -code in LIMIT_SIGNALS:
        return Ending("hung", "", text[-TAIL:])
    assertion = _ASSERTION.search(text)
    return Ending("died", signal.Signals(-code).name, assertion[0] if assertion else text[-TAIL:])


def repeated(
    function: Callable[[], Callable[..., Any]], arguments: Callable[[], tuple[Any, ...]]
) -> Callable[[], tuple[str, str]]:
    """A job that makes the function, calls it often enough to be specialised, and gives the first end.

    The last call is interrupted, so that what only `throw` and `close` look at is looked at.
    """

    def job() -> tuple[str, str]:
        try:
            made = function()
        except BaseException as error:  # noqa: BLE001 - making it is a part of the experiment
            return "raised", type(error).__name__
        ends = [call(made, arguments) for _ in range(CALLS)]
        call(made, arguments, interrupt)
        return ends[0]

    return job
