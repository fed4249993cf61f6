"""The opcode tables, on every CPython that is found here, and the notation they are written in."""

from __future__ import annotations

import dis
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from oracles.stack import UnsupportedPython, opcodes
from oracles.stack.notation import DeclarationError, parse
from oracles.stack.opcodes import table
from oracles.stack.rows import Row
from tests import stack_rows
from tests.pythons import NAMED, VERSIONS, found

ROOT = Path(__file__).parents[2]
HERE = "{}.{}".format(*sys.version_info[:2])


@pytest.mark.parametrize("version", VERSIONS)
def test_table_agrees_with_dis(version: str) -> None:
    """Every opcode has a row or is named as one that no code object holds; effects and jumps are dis's."""
    python = sys.executable if version == HERE else found().get(version)
    if python is None:
        pytest.skip(f"no CPython {version} on PATH, of uv or in {NAMED}")
    if tuple(map(int, version.split("."))) not in opcodes.ROWS:
        pytest.skip(f"no opcode table for {version} yet")
    done = subprocess.run(
        [python, "-m", "tests.stack_rows"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"{version}: " in done.stdout


WRONG = {
    "no row": ("POP_TOP", None, "has no row"),
    "effect": ("BINARY_OP", Row("left -- result", oparg=(0, 13)), "dis says -1"),
    "effect by oparg": ("BUILD_LIST", Row("items[2 * oparg] -- list: list"), "dis says"),
    "effect of the jump": ("SEND", Row("receiver, value -- receiver, item", jump=1), "with its jump"),
    "no jump": ("JUMP_FORWARD", Row("--", falls=False), "dis that it jumps"),
    "wrong way": ("JUMP_FORWARD", Row("--", jump=-1, falls=False), "direction"),
    "another space": ("LOAD_FAST", Row("-- value", space="name"), "the row says that its oparg is a name"),
    "no space": ("LOAD_FAST", Row("-- value"), "the row nothing"),
}


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the wrong rows are those of 3.11")
@pytest.mark.parametrize(("name", "row", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_row_is_told(monkeypatch: pytest.MonkeyPatch, name: str, row: Row | None, told: str) -> None:
    rows = {key: value for key, value in stack_rows.rows().items() if key != name}
    monkeypatch.setitem(opcodes.ROWS, stack_rows.VERSION, rows if row is None else {**rows, name: row})
    table.cache_clear()
    try:
        assert [line for line in stack_rows.disagreements() if line.startswith(name) and told in line]
    finally:
        monkeypatch.undo()
        table.cache_clear()


def test_an_opcode_without_a_row_is_an_error_in_code_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from oracles.stack import verify

    known = table()
    at = dis.opmap["RETURN_VALUE"]
    monkeypatch.setattr(known, "rows", [None if op == at else row for op, row in enumerate(known.rows)])
    monkeypatch.setattr(known, "fixed", [None if op == at else row for op, row in enumerate(known.fixed)])
    code = replace  # any function of the standard library returns
    assert {each.invariant for each in verify(code.__code__).violations} == {"unknown-opcode"}


@pytest.mark.parametrize("text", ["value", "value: wrong --", "value[oparg * 7] --", "a b -- c"])
def test_a_row_that_does_not_follow_the_notation_is_refused(text: str) -> None:
    with pytest.raises(DeclarationError):
        parse(text)


def test_a_python_without_table_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedPython, match=r"no opcode table for Python 2\.7"):
        table((2, 7))
