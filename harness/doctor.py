"""What can run here, and what not: interpreters, libraries, oracles, targets.

Claim: a target is called working only after cases went through it in a fresh process just now.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from generators.cases import drawn_case
from harness.isolation import Death, HarnessFailure, isolated
from harness.runner import Runner
from harness.targets import TARGETS, MissingTargetError, load
from oracles.peers import DIFFERENCES, Difference

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
"""The CPythons that the project is for."""

LIBRARIES = ("bytecode", "hypothesis", "torch")
TRIAL_CASES = 50
TRIAL_SECONDS = 60.0
"""Loading torch takes seconds on a slow disk."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. `ok` is None where nothing is wrong but something is not there."""

    what: str
    ok: bool | None
    told: str


def examine() -> list[Check]:
    """Every check, in the order to read them."""
    libraries, targets = map(_library, LIBRARIES), map(_target, TARGETS)
    return [_python(), _fork(), *libraries, _stack(), *targets, *map(_difference, DIFFERENCES), _others()]


def _python() -> Check:
    here = platform.python_version()
    build = "debug" if hasattr(sys, "gettotalrefcount") else "release"
    known = ".".join(here.split(".")[:2]) in PYTHONS and sys.implementation.name == "cpython"
    told = f"{platform.python_implementation()} {here}, {build} build, {os.cpu_count()} cores"
    return Check("python", known, told if known else f"{told}; the project is for CPython 3.10 to 3.14")


def _fork() -> Check:
    there = hasattr(os, "fork")
    return Check("isolation", there, "by fork" if there else "no fork here: fuzz and repro need one")


def _library(name: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, None, f"not installed: pip install {name}")


def _stack() -> Check:
    from oracles.stack import UnsupportedPython, verify

    try:
        report = verify(_stack.__code__)
    except UnsupportedPython as missing:
        return Check("stack oracle", None, str(missing))
    return Check("stack oracle", report.ok, "verifies the code of this Python")


def _target(name: str) -> Check:
    try:
        end = isolated(lambda: _trial(name), TRIAL_SECONDS)
    except HarnessFailure as failure:
        return Check(f"target {name}", False, f"the harness fails on it: {str(failure).splitlines()[-1]}")
    if isinstance(end, Death):
        return Check(f"target {name}", False, f"died with {end.cause} on the first {TRIAL_CASES} cases")
    return end.value


def _trial(name: str) -> Check:
    try:
        target = load(name)
    except MissingTargetError as missing:
        return Check(f"target {name}", None, str(missing))
    ends: Counter[str] = Counter()
    with target:
        runner = Runner(target)
        for index in range(TRIAL_CASES):
            ends[runner.run(drawn_case(0, index)).status] += 1
    told = ", ".join(f"{count} {status}" for status, count in ends.most_common())
    versions = ", ".join(f"{name} {version}" for name, version in target.versions().items())
    working = ends["passed"] > 0
    return Check(f"target {name}", working, f"{versions}: of {TRIAL_CASES} cases {told}")


def _difference(row: Difference) -> Check:
    return Check("on purpose", True, f"{row.name}: ours differs from torch's: {row.what}; {row.why}")


def _others() -> Check:
    here = ".".join(platform.python_version_tuple()[:2])
    found = {}
    for name in PYTHONS:
        path = shutil.which(f"python{name}")
        if name != here and path is not None and (full := _version_of(path)):
            found[name] = full
    told = ", ".join(found.values()) or "none found on PATH"
    return Check("other CPythons", True if found else None, told)


def _version_of(path: str) -> str:
    """The version of the interpreter at `path`, empty if it does not say one (a shim of a missing one)."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.match(r"Python (\S+)", answer.stdout)
    return match.group(1) if match else ""
