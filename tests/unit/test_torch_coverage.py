"""How the exits of functions are measured, told apart by version, and given reasons."""

from __future__ import annotations

import dataclasses
import importlib.util
import pathlib
import sys

import pytest

from tests.torch_coverage.__main__ import report
from tests.torch_coverage.exits import ENTRY, LEAVES, Exit, exits, family_of
from tests.torch_coverage.reasons import BACKWARD, MISUSE, OTHER_PYTHON, POSSIBLE, RULES, reason_for
from tests.torch_coverage.versions import lines_of_others

pytest.importorskip("coverage")

MODULE = """\
import sys


class PyCodegen:
    def both(self, wanted):
        if wanted:
            return 1
        return 2

    def old(self, wanted):
        if sys.version_info < (3, 4):
            if wanted:
                return 0
        elif wanted is None:
            raise AssertionError("wanted")
        return wanted

    def plain(self):
        return None

    def never(self):
        return None


def elsewhere(wanted):
    return 1 if wanted else 2
"""


def measured(folder: pathlib.Path) -> list[Exit]:
    (folder / "variables").mkdir()
    path = folder / "codegen.py"
    path.write_text(MODULE)

    def run() -> None:
        found = importlib.util.spec_from_file_location("measured_codegen", path)
        assert found is not None
        assert found.loader is not None
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        made = module.PyCodegen()
        made.both(True)
        made.old(True)
        made.plain()

    return exits(folder, run)


@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer of somebody else's is at work")
def test_every_exit_of_a_family_is_there_once(tmp_path: pathlib.Path) -> None:
    found = measured(tmp_path)
    assert {each.family for each in found} == {"codegen"}
    told = {(each.function.rpartition(".")[2], each.begins, each.leads): each for each in found}
    assert len(told) == len(found)
    assert told["both", "if wanted:", "return 1"].taken
    assert not told["both", "if wanted:", "return 2"].taken
    assert told["plain", ENTRY, ENTRY].taken
    assert not told["never", ENTRY, ENTRY].taken
    assert not any(each.function == "elsewhere" for each in found)
    missed = {key: reason_for(each) for key, each in told.items() if not each.taken}
    assert missed["old", "if sys.version_info < (3, 4):", "if wanted:"] == OTHER_PYTHON
    assert missed["old", "if wanted:", "return 0"] == OTHER_PYTHON
    assert missed["old", "elif wanted is None:", 'raise AssertionError("wanted")'] == MISUSE
    assert missed["both", "if wanted:", "return 2"] == ""
    assert missed["never", ENTRY, ENTRY] == ""


def test_families_are_told_by_file_and_name() -> None:
    assert family_of("codegen.py", "PyCodegen.__call__") == "codegen"
    assert family_of("variables/lists.py", "ListVariable.reconstruct") == "reconstruct"
    assert family_of("source.py", "AttrSource.reconstruct.inner") == "reconstruct"
    assert family_of("variables/lists.py", "ListVariable.reconstruct_pycode") == ""
    assert family_of("side_effects.py", "SideEffects.codegen_hooks") == "side effects"
    assert family_of("side_effects.py", "SideEffects.store_attr") == ""
    assert family_of("bytecode_transformation.py", "create_instruction") == "instructions"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("if sys.version_info >= (3, 4):\n    a\nelse:\n    b\n", {4}),
        ("if sys.version_info < (3, 4):\n    a\nb\n", {2}),
        ("if sys.version_info >= (3, 4) and a:\n    b\n", set()),
        ("if sys.version_info < (3, 4) and a:\n    b\nelse:\n    c\n", {2}),
        ("if sys.version_info < (3, 4) or a:\n    b\n", set()),
        ("def f():\n    if sys.version_info >= (3, 4):\n        return 1\n    a\n    b\n", {4, 5}),
        ("def f():\n    if a:\n        return 1\n    else:\n        raise b\n    c\n", {6}),
        ("for a in b:\n    if sys.version_info >= (3, 4):\n        continue\n    c\n", {4}),
        ("try:\n    a\nexcept E:\n    if sys.version_info < (3, 4):\n        b\n", {5}),
        ("if a.version_info >= (3, 4):\n    b\n", set()),
    ],
)
def test_lines_of_other_versions(text: str, lines: set[int]) -> None:
    assert lines_of_others(text) == lines


def test_an_exit_without_a_rule_has_no_reason() -> None:
    found = Exit("codegen", "codegen.py", "PyCodegen.store", 1, "if a:", LEAVES, False, False)
    assert reason_for(found) == ""
    assert len({(rule.function, rule.begins, rule.leads) for rule in RULES}) == len(RULES)


def test_what_a_program_could_take_counts_as_missed(capsys: pytest.CaptureFixture[str]) -> None:
    hooks = exit_of("SideEffects.codegen_hooks", "for (", "if not tensor.source:")
    misused = exit_of("SideEffects.codegen_hooks", "if not tensor.source:", "raise AssertionError(")
    taken = dataclasses.replace(hooks, leads=LEAVES, taken=True)
    assert reason_for(hooks) in POSSIBLE
    assert report([hooks, misused, taken])["side effects"] == 50
    assert BACKWARD in capsys.readouterr().out


def exit_of(function: str, begins: str, leads: str) -> Exit:
    return Exit("side effects", "side_effects.py", function, 1, begins, leads, False, False)
