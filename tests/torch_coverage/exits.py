"""The exits of the functions that generate code, and which of them were taken.

Claim: every exit of a branch in a function of FAMILIES is listed once; of a function without a branch its
entry, since it has no exit that could be missed.

An exit is told by the texts of the lines that it leads from and to, not by their numbers: a reason given for
it outlives a release of torch.
"""

from __future__ import annotations

import fnmatch
import functools
import json
import linecache
import pathlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import coverage

from tests.torch_coverage.versions import lines_of_others

FAMILIES: dict[str, tuple[tuple[str, str], ...]] = {
    "codegen": (("codegen.py", "PyCodegen.*"),),
    "reconstruct": (
        ("variables/*.py", "*.reconstruct"),
        ("variables/*.py", "*.reconstruct.*"),
        ("source.py", "*.reconstruct"),
        ("source.py", "*.reconstruct.*"),
    ),
    "side effects": (("side_effects.py", "SideEffects.codegen_*"),),
    "instructions": (
        ("bytecode_transformation.py", "create_*"),
        ("bytecode_transformation.py", "add_push_null*"),
    ),
}
"""Family -> its functions: patterns of a file below `torch/_dynamo` and of a function's qualified name."""

FILES = ("codegen.py", "source.py", "side_effects.py", "bytecode_transformation.py", "variables/*.py")

ENTRY = "(entry)"
VERSION = "sys.version_info"
LEAVES = "(leaves the function)"


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of a branch: the texts of the line it begins at and of the one it leads to.

    The entry of a function without a branch is one too, with ENTRY in the place of both.
    """

    family: str
    file: str
    function: str
    line: int
    begins: str
    leads: str
    taken: bool
    of_another_python: bool
    """Is a test of the version alone why it is not taken?"""


def exits(folder: pathlib.Path, run: Callable[[], None]) -> list[Exit]:
    """Every exit of FAMILIES in the package at `folder`, measured while `run` runs."""
    files = [str(folder / pattern) for pattern in FILES]
    measured = coverage.Coverage(data_file=None, branch=True, include=files, config_file=False)
    measured.start()
    try:
        run()
    finally:
        measured.stop()
    with tempfile.NamedTemporaryFile("w+", suffix=".json") as report:
        measured.json_report(outfile=report.name, include=files)
        told = json.load(report)
    found: list[Exit] = []
    for name, file in told["files"].items():
        path = pathlib.Path(name).resolve()
        relative = str(path.relative_to(folder.resolve()))
        for function, region in file["functions"].items():
            family = family_of(relative, function)
            if family:
                found += _of_function(family, str(path), relative, function, region)
    return sorted(found, key=lambda each: (each.family, each.file, each.line))


def family_of(file: str, function: str) -> str:
    """The family of a function; the empty text: of none."""
    for family, patterns in FAMILIES.items():
        if any(fnmatch.fnmatch(file, one) and fnmatch.fnmatch(function, two) for one, two in patterns):
            return family
    return ""


def _of_function(
    family: str, path: str, relative: str, function: str, region: dict[str, Any]
) -> Iterator[Exit]:
    others = _lines_of_others(path)
    branches = [(True, branch) for branch in region["executed_branches"]]
    branches += [(False, branch) for branch in region["missing_branches"]]
    if not branches:
        start = min(region["executed_lines"] + region["missing_lines"], default=0)
        yield Exit(
            *(family, relative, function, start, ENTRY, ENTRY),
            bool(region["executed_lines"]),
            start in others,
        )
    for taken, (begins, leads) in branches:
        text = LEAVES if leads < 0 else _text(path, leads)
        elsewhere = not taken and (begins in others or leads in others or VERSION in _text(path, begins))
        yield Exit(family, relative, function, begins, _text(path, begins), text, taken, elsewhere)


@functools.cache
def _lines_of_others(path: str) -> frozenset[int]:
    return lines_of_others(pathlib.Path(path).read_text(encoding="utf-8"))


def _text(path: str, line: int) -> str:
    return linecache.getline(path, line).strip()
