"""The corpus of bad bytecode: each file's verdict is the one it names, and executing it ends as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles.stack import verify
from oracles.stack.opcodes import ROWS
from tests.mutants import badcode
from tests.mutants.execute import execute, repeated

FILES = list(badcode.files())


def load(path: Path) -> badcode.BadCode:
    python = badcode.python_of(path)
    if not badcode.applies(python):
        pytest.skip(f"{path.name} is bytecode of Python {python}")
    return badcode.read(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_verdict(path: Path, request: pytest.FixtureRequest) -> None:
    bad = load(path)
    if bad.gap:
        request.applymarker(pytest.mark.xfail(reason=bad.gap, strict=True))
    assert badcode.first_invariant(bad.code, verify) == bad.verdict, bad.wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_end(path: Path, tmp_path: Path) -> None:
    bad = load(path)
    ending = execute(repeated(bad.function, lambda: bad.arguments), str(tmp_path))
    assert ending.kind in bad.ends, (bad.wrong, ending)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_reading_and_writing_it_changes_nothing(path: Path, tmp_path: Path) -> None:
    bad = load(path)
    assert badcode.write(bad, tmp_path).read_text() == path.read_text()


def test_every_version_named_is_one_that_a_file_can_be_for() -> None:
    assert FILES
    for path in FILES:
        first, last = badcode.versions(badcode.python_of(path))
        assert (3, 10) <= first <= last, path.name
    assert any(
        first <= version <= last
        for version in ROWS
        for first, last in [badcode.versions(badcode.python_of(path)) for path in FILES]
    )


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
