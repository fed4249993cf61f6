"""`stackproof fuzz` in a process and a session of its own, forked from one in which everything is imported.

Claim: what runs is the command that a user starts, with its arguments and its exit code; only the limits of a
case and the size of a chunk are smaller.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import campaign, isolation, journal, targets, triage, workers
from harness.chunks import Plan
from harness.cli import main
from tests.quality.catastrophes.plans import CHUNK, Deaths, Subject

CASE_SECONDS = 1.0
HANG_SECONDS = 0.4
MEMORY = 1 << 27
RUNS = 1

END_SECONDS = 60.0
"""In which a command has to end: it takes one or two."""

GONE_SECONDS = 10.0
"""In which what a killed campaign leaves behind has to be gone."""

PIPE = 1 << 20
"""Bytes: a command writes some ten thousand."""

ESCAPED = 99
"""Exit status of what came out of the command as an exception."""


def _set(deaths: Deaths, subject: Subject, sync_seconds: float) -> None:
    """In the child: the limits and the target."""
    campaign.CASE_SECONDS = CASE_SECONDS
    triage.HANG_SECONDS, triage.RUNS = HANG_SECONDS, RUNS
    campaign.MEMORY = workers.MEMORY = isolation.MEMORY = MEMORY  # type: ignore[attr-defined]
    journal.SYNC_SECONDS = sync_seconds
    # the command has no option for the size of a chunk
    made: Any = Plan.__init__
    made.__defaults__ = (*made.__defaults__[:-1], CHUNK)
    targets.TARGETS["own"] = lambda: subject.target(deaths)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (or minus its signal), and what it wrote."""

    code: int
    stdout: str
    stderr: str

    def records(self) -> list[dict[str, Any]]:
        """Its JSON lines; one that was cut off by its end is none."""
        whole = self.stdout[: self.stdout.rfind("\n") + 1]
        return [json.loads(line) for line in whole.splitlines()]

    def findings(self) -> list[dict[str, Any]]:
        """The causes that it told."""
        return [each for each in self.records() if each["type"] == "finding"]

    def summary(self) -> dict[str, Any] | None:
        """The summary, if it came to that."""
        return next((each for each in self.records() if each["type"] == "summary"), None)


class Command:
    """A command that runs. `prepare` is called in its process, before anything of it runs."""

    def __init__(
        self,
        subject: Subject,
        deaths: Deaths,
        arguments: Sequence[str | Path],
        prepare: Callable[[], None] = lambda: None,
        sync_seconds: float = journal.SYNC_SECONDS,
    ) -> None:
        self.code: int | None = None
        self.began = time.monotonic()
        # no files: these may be limited, or their disk full
        self.outputs, writers = zip(*(_pipe() for _ in range(2)), strict=True)

        def prepared() -> None:
            _set(deaths, subject, sync_seconds)
            prepare()

        self.process = os.fork()
        if self.process == 0:
            _be_command(
                [str(each) for each in arguments],
                writers,
                prepared,
            )
        for writer in writers:
            os.close(writer)
        # who strikes strikes its session
        while os.getsid(self.process) != self.process:
            time.sleep(0)

    def is_over(self) -> bool:
        """Has it ended?"""
        if self.code is None:
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def wait(self) -> Ended | None:
        """How it ended; None if it had to be ended."""
        end = time.monotonic() + END_SECONDS
        while not self.is_over() and time.monotonic() < end:
            time.sleep(0.005)
        code = self.code
        if code is None:
            self.kill()
        stdout, stderr = map(_all_of, self.outputs)
        return None if code is None else Ended(code, stdout, stderr)

    def kill(self) -> None:
        """End it, and all that it started."""
        for each in [self.process, *self.left()] if self.code is None else self.left():
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if self.code is None:
            os.waitpid(self.process, 0)
            self.code = -signal.SIGKILL

    def left(self) -> list[int]:
        """The processes that it started and that are there."""
        return [process for process, _ in processes_of(self.process) if process != self.process]

    def left_at_last(self) -> list[int]:
        """Those that are still there when they had time to end; they are ended."""
        end = time.monotonic() + GONE_SECONDS
        while (left := self.left()) and time.monotonic() < end:
            time.sleep(0.01)
        if left:
            self.kill()
        return left


def _pipe() -> tuple[int, int]:
    """One that takes all that a command writes."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE)
    os.set_blocking(reader, False)
    return reader, writer


def _all_of(reader: int) -> str:
    """What was written, though somebody may still hold the other end."""
    data = bytearray()
    with suppress(BlockingIOError):
        while piece := os.read(reader, PIPE):
            data += piece
    os.close(reader)
    if len(data) >= PIPE:
        raise ValueError("the command wrote more than a pipe takes")
    return data.decode(errors="replace")


def processes_of(session: int) -> list[tuple[int, int]]:
    """The living processes of a session, each with its parent."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                stat = Path("/proc", name, "stat").read_bytes().rpartition(b") ")[2].split()
            except OSError:
                continue  # it has ended
            if int(stat[3]) == session and stat[0] not in (b"Z", b"X"):
                found.append((int(name), int(stat[1])))
    return found


def _be_command(arguments: list[str], files: Sequence[int], prepare: Callable[[], None]) -> None:
    """Never returns."""
    code = ESCAPED
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, file in enumerate(files, 1):
            os.dup2(file, number)
            os.close(file)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - lives as long as the process
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        sys.argv = ["stackproof", *arguments]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        prepare()
        main()
    except SystemExit as end:
        # the interpreter would end here
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the boundary of the process: told by its status
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
