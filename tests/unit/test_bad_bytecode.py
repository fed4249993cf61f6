"""The corpus of bad bytecode: each file's verdict is the one it names, and executing it ends as it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oracles.stack import verify
from oracles.stack.opcodes import ROWS
from tests.mutants import badcode
from tests.mutants.execute import execute, repeated
from tests.pythons import NAMED, VERSIONS, found

ROOT = Path(__file__).parents[2]
HERE = "{}.{}".format(*sys.version_info[:2])
FILES = [path for path in badcode.files() if badcode.applies(badcode.python_of(path))]
"""Those for the running Python; the others have theirs run them."""


@pytest.mark.parametrize("version", VERSIONS)
def test_every_cpython_that_is_found_gives_its_verdicts(version: str) -> None:
    python = sys.executable if version == HERE else found().get(version)
    if python is None:
        pytest.skip(f"no CPython {version} on PATH, of uv or in {NAMED}")
    done = subprocess.run(
        [python, "-m", "tests.mutants.check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"{version}: " in done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_verdict(path: Path, request: pytest.FixtureRequest) -> None:
    bad = badcode.read(path)
    if bad.gap:
        request.applymarker(pytest.mark.xfail(reason=bad.gap, strict=True))
    assert badcode.first_invariant(bad.code, verify) == bad.verdict, bad.wrong


ENDS = {"returned", "raised", "hung", "died"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_executing_it_harms_nobody(path: Path, tmp_path: Path) -> None:
    """How it ends on a release build is decided by what lies in memory; the file says what was seen."""
    bad = badcode.read(path)
    assert bad.ends <= ENDS
    ending = execute(repeated(bad.function, lambda: bad.arguments), str(tmp_path))
    assert ending.kind in ENDS


def test_a_death_that_memory_does_not_decide(tmp_path: Path) -> None:
    bad = badcode.read(badcode.FOLDER / "list-append-to-an-int.json")
    if not badcode.applies(bad.python):
        pytest.skip(f"the file is for {bad.python}")
    assert execute(repeated(bad.function, lambda: bad.arguments), str(tmp_path)).kind == "died"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_reading_and_writing_it_changes_nothing(path: Path, tmp_path: Path) -> None:
    bad = badcode.read(path)
    assert badcode.write(bad, tmp_path).read_text() == path.read_text()


def test_every_version_named_is_one_that_a_file_can_be_for() -> None:
    every = list(badcode.files())
    for path in every:
        first, last = badcode.versions(badcode.python_of(path))
        assert (3, 10) <= first <= last, path.name
    ranges = [badcode.versions(badcode.python_of(path)) for path in every]
    for version in ROWS:
        assert any(first <= version <= last for first, last in ranges), version


VALUES = [None, True, 3, 10**30, -0.0, 2j, "\ud800", b"\0", ..., len, (1, [2, {"a": {3}}]), frozenset({1})]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_constants_come_back_as_they_were(value: object) -> None:
    back = badcode.decode(badcode.encode(value))
    assert repr(back) == repr(value)
    assert type(back) is type(value)


def test_a_constant_without_a_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no form for a constant of type object"):
        badcode.encode(object())


def test_a_file_that_says_too_little_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.json"
    path.write_text('{"python": "3.11"}')
    with pytest.raises(badcode.BadFile, match=r"short.json lacks wrong, verdict"):
        badcode.read(path)
