"""A crash is a finding, not the end of the run: code that may do anything runs in a forked process.

Claim: whatever the child does (segfault, abort, exit, hang, runaway memory, endless output, nonsense on its
pipe), `isolated` returns, and says what happened, with the signal and the end of the child's stderr. Where
the parent itself is killed, the child ends with it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import pickle
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Generic, TypeVar

from harness.vitals import TICK, Vitals

T = TypeVar("T")

STDERR_TAIL = 4_000
"""Bytes kept of a dead child's stderr."""

OUTPUT = 1 << 24
"""Bytes that a limited child may write to stderr, or to any other file."""

MEMORY = 1 << 30
"""Bytes by which a limited child may grow; a case takes less than a thousandth of it."""

HARNESS_FAILED = 70
"""Exit status of a worker in which the harness itself raised. What says so is its slot: a target may exit
with any status."""

STDERR_SEARCHED = 64_000
"""Bytes at the end of it in which CPython's report of a fatal signal is looked for."""


class HarnessFailure(Exception):  # noqa: N818 - reads as what it is in `raise HarnessFailure`
    """The harness itself failed in a child: never a finding. Carries the child's traceback text."""


@dataclass(frozen=True, slots=True)
class Death:
    """How a child ended that gave no answer. `cause` is a signal's name, `exit N`, `hang`, `memory` or
    `output`."""

    cause: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the child's function returned."""

    value: T


def isolated(function: Callable[[], T], seconds: float, *, limited: bool = False) -> Answer[T] | Death:
    """Run `function` in a forked child for at most `seconds` of its own time (see `Vitals`); its result must
    be picklable. With `limited` it may take MEMORY and write OUTPUT, and no more.

    Raises HarnessFailure where the function itself raised.
    """
    with tempfile.TemporaryFile() as stderr:
        reader, writer = os.pipe()
        # what the child's own code may write to the pipe, or which status it may exit with, says nothing
        seal = os.urandom(16)
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            end_with(parent)
            os.close(reader)
            _be_child(function, writer, stderr.fileno(), seal, limited=limited)
        os.close(writer)
        killed = "interrupted"
        try:
            message, killed = _read_all(reader, Vitals(child), seconds, MEMORY if limited else sys.maxsize)
        finally:
            os.close(reader)
            if killed:
                os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
        kind, payload = _unsealed(message, seal)
        if kind == _RAISED:
            raise HarnessFailure(payload.decode("utf-8", "replace"))
        if kind == _RETURNED and not killed:
            return Answer(pickle.loads(payload))
        return Death(killed or cause_of(status), tail(stderr))


_RETURNED, _RAISED, _NOTHING = b"v", b"e", b""


def _sealed(seal: bytes, kind: bytes, payload: bytes) -> bytes:
    return seal + kind + len(payload).to_bytes(8, "big") + payload


def _unsealed(message: bytes, seal: bytes) -> tuple[bytes, bytes]:
    """The kind and payload of the child's message; (_NOTHING, b"") where it is not whole."""
    at = message.find(seal)
    start = at + len(seal) + 9
    if at < 0 or len(message) < start:
        return _NOTHING, b""
    length = int.from_bytes(message[start - 8 : start], "big")
    payload = message[start : start + length]
    return (message[start - 9 : start - 8], payload) if len(payload) == length else (_NOTHING, b"")


def _be_child(function: Callable[[], Any], writer: int, stderr: int, seal: bytes, *, limited: bool) -> None:
    """Never returns."""
    try:
        quiet(stderr)
        if limited:
            limit()
        try:
            message = _sealed(seal, _RETURNED, pickle.dumps(function()))
        except BaseException:  # noqa: BLE001 - the boundary of the process: sent to the parent
            message = _sealed(seal, _RAISED, traceback.format_exc().encode("utf-8", "backslashreplace"))
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(message)
    finally:
        os._exit(0)


_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """In a child, first of all: from now on it ends when its parent does. Nobody else would end a case that
    hangs, or one that takes all memory."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(HARNESS_FAILED)  # it ended before that was said


def quiet(stderr: int) -> None:
    """In a child: stdout goes nowhere, stderr to the file `stderr`, and a fatal signal prints where."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(stderr, 2)
    # the parent's objects may write elsewhere (a test's capture, a progress display)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stderr = open(2, "w", closefd=False, buffering=1, errors="backslashreplace")  # noqa: SIM115
    faulthandler.enable(sys.stderr, all_threads=False)


def limit() -> None:
    """In a child: end it when it writes a file without end, and before others when memory is short."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    output = OUTPUT if most == resource.RLIM_INFINITY else min(OUTPUT, most)
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _read_all(reader: int, vitals: Vitals, seconds: float, memory: int) -> tuple[bytes, str]:
    """What the child wrote, and for what it has to be killed, if for anything."""
    message = bytearray()
    looked = time.monotonic()
    while True:
        ready, _, _ = select.select([reader], [], [], min(TICK, seconds))
        if ready:
            chunk = os.read(reader, 1 << 16)
            if not chunk:
                return bytes(message), ""
            message += chunk
        if not ready or time.monotonic() - looked > TICK:
            looked = time.monotonic()
            vitals.look()
            if vitals.own >= seconds:
                return bytes(message), "hang"
            if vitals.grown() > memory:
                return bytes(message), "memory"


def cause_of(status: int) -> str:
    """A wait status in words: `SIGSEGV`, or `exit 3`; `output` for what `limit` ends."""
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) == signal.SIGXFSZ:
            return "output"
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.WEXITSTATUS(status)}"


def tail(file: IO[bytes]) -> str:
    """The end of a dead child's stderr as text: at most STDERR_TAIL bytes, the last ones.

    CPython's report of a fatal signal says most in its first lines: where there is one, it is kept from its
    head on.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - STDERR_SEARCHED))
    end = file.read()
    fatal = end.rfind(b"Fatal Python error")
    kept = end[-STDERR_TAIL:] if fatal < 0 else end[fatal : fatal + STDERR_TAIL]
    return kept.decode("utf-8", "replace").strip()
