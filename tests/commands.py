"""The command line in a process of its own, as it is and with a fault planted in its target."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

FAULTY = """
import sys
from harness import targets
from tests.net.faults import FAULTS

(fault,) = [fault for fault in FAULTS if fault.name == {name!r}]
load = targets.TARGETS[fault.target]

def faulty():
    target = load()
    fault.apply(target)
    return target

targets.TARGETS[fault.target] = faulty
sys.argv = {argv!r}
from harness.cli import main
main()
"""


def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """`stackproof ARGUMENTS`."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=options.pop("cwd", ROOT),  # type: ignore[arg-type]
        **options,  # type: ignore[call-overload]
    )


def faulty(name: str, *arguments: str | Path) -> list[str]:
    """The command of `stackproof ARGUMENTS` with a fault of `tests/net/faults.py` planted."""
    argv = ["stackproof", *map(str, arguments)]
    return [sys.executable, "-c", FAULTY.format(name=name, argv=argv)]


def run_faulty(name: str, *arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """`stackproof ARGUMENTS` with a fault of `tests/net/faults.py` planted."""
    return subprocess.run(
        faulty(name, *arguments),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
        **options,  # type: ignore[call-overload]
    )


def lines(text: str) -> list[dict[str, object]]:
    """The objects of JSON lines."""
    return [json.loads(line) for line in text.splitlines()]
