"""The short form of `tests/quality/catastrophes`: a round each for twelve kinds of catastrophe."""

from __future__ import annotations

import subprocess
import sys

from tests.commands import ROOT

SEED = 94
"""With this one the twelve are: state torn, campaign and workers killed, write or sync refused, a rival,
terminated, directory moved away, a worker killed, full disk, more of the state torn, interrupted, directory
made unwritable, deaths in cases."""


def test_nothing_is_lost() -> None:
    command = [sys.executable, "-m", "tests.quality.catastrophes", "--rounds", "12", "--seed", str(SEED)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert told.returncode == 0, f"{told.stdout}\n{told.stderr}"
    assert "12 rounds in" in told.stdout
