"""The other CPythons that a test can run something on: found, never installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
NAMED = "STACKPROOF_PYTHONS"
"""An environment variable with interpreters, separated as PATH is."""


@cache
def found() -> dict[str, str]:
    """Version ("3.12") -> an interpreter: one that STACKPROOF_PYTHONS names, else on PATH, else of uv."""
    pythons: dict[str, str] = {}
    for path in filter(None, os.environ.get(NAMED, "").split(os.pathsep)):
        pythons.setdefault(_version(path), path)
    for version in VERSIONS:
        for path in (shutil.which(f"python{version}"), _of_uv(version)):
            if version not in pythons and path and _version(path) == version:
                pythons[version] = path
    pythons.pop("", None)
    return pythons


def _version(path: str) -> str:
    # a shim of an interpreter that is not there answers with an error
    try:
        told = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.match(r"Python (\d+\.\d+)\.", told)
    return match.group(1) if match else ""


def _of_uv(version: str) -> str | None:
    if shutil.which("uv") is None:
        return None
    answer = subprocess.run(
        ["uv", "python", "find", "--no-python-downloads", version],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or None
