"""A program that is found wrong, made small: its source shrinks while the finding stays in its bucket.

Claim: what is left still fails in the same bucket, and the script that is written beside it was run: whether
it shows the difference with torch alone is told as it was seen.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.programs import Checked, Options, check_program
from harness.programs.loading import ProgramError, read
from harness.programs.running import FOUND
from harness.programs.shrinking import candidates
from harness.programs.standalone import script_of

SECONDS_EACH = 60.0
"""For one candidate."""

SECONDS = 300.0
"""For all of them: whoever asked is waiting."""

SCRIPT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Minimised:
    """What is left of a program. `proved`: its script ended with exit code 1; else `why` says how it
    ended."""

    source: str
    lines_before: int
    lines: int
    candidates: int
    bucket: str
    script: Path
    proved: bool
    why: str
    output: str

    def data(self) -> dict[str, Any]:
        """As data that JSON can hold."""
        return {**dataclasses.asdict(self), "script": str(self.script)}


def minimised(file: Path, options: Options, maker: str, out: Path, seconds: float = SECONDS) -> Minimised:
    """Shrink the program in the file, which fails with the options, and write its script into `out`."""
    source = file.read_text()
    bucket = _bucket(file, source, options, maker)
    small, tried = shrunk(file, source, options, maker, bucket, seconds)
    out.mkdir(parents=True, exist_ok=True)
    script = out / f"{file.stem}-minimised.py"
    script.write_text(script_of(small, options, maker, bucket))
    ended = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=SCRIPT_SECONDS, check=False
    )
    why = "" if ended.returncode == 1 else f"exit code {ended.returncode}\n{ended.stderr[-1000:]}".strip()
    return Minimised(
        small,
        len(source.splitlines()),
        len(small.splitlines()),
        tried,
        bucket,
        script,
        ended.returncode == 1,
        why,
        ended.stdout,
    )


def shrunk(
    file: Path, source: str, options: Options, maker: str, bucket: str, seconds: float = SECONDS
) -> tuple[str, int]:
    """The smallest source found that fails in the bucket, and how many candidates were run."""
    end = time.monotonic() + seconds
    tried = 0
    seen = {source}
    smaller = True
    while smaller:
        smaller = False
        for candidate in _unseen(candidates(source, maker), seen):
            if time.monotonic() > end:
                return source, tried
            tried += 1
            if _bucket(file, candidate, options, maker) == bucket:
                source, smaller = candidate, True
                break
    return source, tried


def _unseen(sources: Iterator[str], seen: set[str]) -> Iterator[str]:
    for source in sources:
        if source not in seen:
            seen.add(source)
            yield source


def _bucket(file: Path, source: str, options: Options, maker: str) -> str:
    """The bucket of the program's finding; empty where it is none."""
    try:
        done: Checked = check_program(read(file, maker, source), options, SECONDS_EACH)
    except ProgramError:
        return ""
    return done.bucket if done.status == FOUND else ""
