"""What a child process uses, as its parent sees it without asking it: time of its own, and memory.

Claim: time in which a process could have run and was not let is not its own, so that a busy machine makes no
hang; and neither is time in which the parent itself did not run.
"""

from __future__ import annotations

import os
import time

TICK = 0.1
"""Seconds between two looks at a process."""

PAGE = os.sysconf("SC_PAGE_SIZE")


class Vitals:
    """A child, from its fork to its end. `own` is the time that it has had of its own since it was last
    set."""

    def __init__(self, process: int) -> None:
        self._stat = f"/proc/{process}/stat"
        self._statm = f"/proc/{process}/statm"
        # what `clock_getcpuclockid` gives: the processor time of all threads of the process
        self._clock = (~process << 3) | 2
        self._used = self._processor_time()
        self._looked = time.monotonic()
        self.own = 0.0
        self.began_with = self.resident()

    def look(self) -> None:
        """Add to its own time what it had since the last look."""
        now, used = time.monotonic(), self._processor_time()
        # all processes may have been stopped together, this one too
        passed = min(now - self._looked, 2 * TICK)
        self.own += passed if self._waits() else min(passed, used - self._used)
        self._looked, self._used = now, used

    def resident(self) -> int:
        """Bytes of memory that it holds."""
        try:
            with open(self._statm, "rb") as file:
                return int(file.read().split()[1]) * PAGE
        except (OSError, IndexError):
            return 0  # it is dead

    def grown(self) -> int:
        """Bytes of memory that it holds more than when it was forked."""
        return self.resident() - self.began_with

    def _processor_time(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return self._used  # it is dead

    def _waits(self) -> bool:
        """Does it wait for something else than a processor or a disk?"""
        try:
            with open(self._stat, "rb") as file:
                return file.read().rpartition(b") ")[2][:1] not in (b"R", b"D")
        except OSError:
            return False
