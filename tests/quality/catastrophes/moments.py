"""When a catastrophe strikes: after some time, some way through the state, or before a line of the campaign's
own code is executed.

Claim: a line may be any of those that the campaign's own process executes from its first write to its last
word, so that what is between two system calls is struck too.
"""

from __future__ import annotations

import importlib
import mmap
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from tests.quality.catastrophes.command import Command

MODULES = (
    "harness.campaign",
    "harness.chunks",
    "harness.cli_common",
    "harness.journal",
    "harness.session",
    "harness.state",
    "harness.triage",
    "harness.workers",
    "pathlib",
)
"""Whose lines are counted: those that run, write and report a campaign."""

WAIT = 0.002
"""Seconds between two looks."""

LATEST = 1.1
"""The latest moment, as a share of what an undisturbed command takes."""


Place = tuple[str, int]
"""A module and a line of it."""

LONGEST = 2_048
"""Lines of a module at most."""


class Lines:
    """How often a process comes to each line of these modules, counted in memory that it shares with who
    forked it. Before the `nth` time that it comes to a place, `strike` is called."""

    def __init__(
        self, place: Place | None = None, nth: int = 0, strike: Callable[[], None] = lambda: None
    ) -> None:
        self.words = memoryview(mmap.mmap(-1, 8 * len(MODULES) * LONGEST)).cast("q")
        files = [importlib.import_module(name).__file__ for name in MODULES]
        self.begins = {file: at * LONGEST for at, file in enumerate(files)}
        self.word = -1 if place is None else MODULES.index(place[0]) * LONGEST + place[1]
        self.nth = nth
        self.strike = strike
        self.owner = 0

    def arm(self) -> None:
        """Begin to count this process's lines; forked ones are left alone."""
        self.owner = os.getpid()
        sys.settrace(self._called)

    def counts(self) -> dict[Place, int]:
        """How often it came to each place so far."""
        counts = enumerate(self.words.tolist())
        return {(MODULES[at // LONGEST], at % LONGEST): count for at, count in counts if count}

    def has_struck(self) -> bool:
        """Did it come there so often?"""
        return self.words[self.word] >= self.nth

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        if os.getpid() != self.owner:
            sys.settrace(None)
            return None
        return self._line if frame.f_code.co_filename in self.begins else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if os.getpid() != self.owner:
            return None
        if event == "line":
            at = self.begins[frame.f_code.co_filename] + frame.f_lineno
            self.words[at] += 1
            if at == self.word and self.words[at] == self.nth:
                sys.settrace(None)
                self.strike()
        return self._line


@dataclass(frozen=True, slots=True)
class Pace:
    """What an undisturbed command takes: seconds, and how often it comes to which line."""

    seconds: float
    lines: Mapping[Place, int]


@dataclass(frozen=True, slots=True)
class Moment:
    """One of three: so many seconds after the start, so many seconds after the state has so many lines, or
    before the `nth` time that it comes to a line."""

    seconds: float
    chunks: int = 0
    place: Place | None = None
    nth: int = 0

    def __str__(self) -> str:
        if self.place is not None:
            return f"before line {self.place[1]} of {self.place[0]}, time {self.nth}"
        if self.chunks:
            return f"{self.seconds * 1_000:.0f} ms after line {self.chunks} of the state"
        return f"after {self.seconds:.2f} s"

    def wait(self, command: Command, path: Path) -> bool:
        """Wait for it; False if the command is over first."""
        while self.chunks and not command.is_over() and _lines(path) < self.chunks:
            time.sleep(WAIT)
        end = (time.monotonic() if self.chunks else command.began) + self.seconds
        while not command.is_over() and time.monotonic() < end:
            time.sleep(WAIT)
        return not command.is_over()


def moment(rng: Random, pace: Pace, chunks: int) -> Moment:
    """Any moment of a campaign with so many chunks."""
    how = rng.choice(("seconds", "chunks", "line", "line"))
    if how == "seconds":
        return Moment(rng.uniform(0, pace.seconds * LATEST))
    if how == "chunks":
        return Moment(rng.uniform(0, 0.05), rng.randint(1, chunks + 1))
    # Each line as often as any other: most are executed once, or once for each chunk. Which ones are, depends
    # on the clock a little, and the same seed should come to the same one
    lot = rng.random()
    place = min(pace.lines, key=lambda place: Random(f"{lot} {place}").random())
    return Moment(0.0, 0, place, rng.randint(1, pace.lines[place]))


def _lines(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except OSError:
        return 0
