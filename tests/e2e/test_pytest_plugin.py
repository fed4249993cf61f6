"""The pytest plugin in others' suites: which tests fail, what is said, and what it costs to have it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from oracles import trace

ROOT = Path(__file__).parents[2]
PLUGIN = "harness.pytest_plugin"

CONFTEST = '''
import sys

import pytest


@pytest.fixture
def returns_null(monkeypatch):
    """Generated code ends up with a NULL where the results of the graph were."""
    from torch._dynamo import codegen
    from torch._dynamo.bytecode_transformation import create_instruction

    real = codegen.PyCodegen.make_call_generated_code

    def make(self, name):
        real(self, name)
        self.append_output(create_instruction("POP_TOP"))
        self.append_output(create_instruction("PUSH_NULL"))

    monkeypatch.setattr(codegen.PyCodegen, "make_call_generated_code", make)


@pytest.fixture
def wrong_belief(monkeypatch):
    """The stack oracle takes whatever a subscript gives for a dict."""
    from oracles.stack import opcodes
    from oracles.stack.rows import Row

    here = sys.version_info[:2]
    row = {"BINARY_SUBSCR": Row("container, key -- value: dict")}
    monkeypatch.setitem(opcodes.ROWS, here, opcodes.ROWS[here] | row)
    opcodes.table.cache_clear()
    yield
    monkeypatch.undo()
    opcodes.table.cache_clear()
'''

SUITE = """
import unittest

import pytest


def compiled(function):
    import torch  # for the first time, where nobody else did

    torch._dynamo.reset()
    return torch.compile(function, backend="eager")


def run(function):
    import torch

    return compiled(function)(torch.ones(2))


def pair(x):
    return [x + 1, 2]


def broken(x):
    import torch

    x = x + 1
    torch._dynamo.graph_break()
    return x * 2


def add(x):
    return x + 1


def test_good():
    assert run(pair)[1] == 2


def test_graph_break():
    assert run(broken)[1] == 4


def test_bad(returns_null):
    run(pair)


def test_swallowed(returns_null):
    with pytest.raises(Exception, match="null-stored"):
        run(pair)


@pytest.mark.xfail
def test_expected_to_fail(returns_null):
    run(pair)


def test_left_to_python(returns_null):
    import torch

    with torch._dynamo.config.patch(suppress_errors=True):
        assert run(pair)[1] == 2  # not by the code that was rejected


def test_skipped(returns_null):
    with pytest.raises(Exception, match="null-stored"):
        run(pair)
    pytest.skip("for some reason")


class Case(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _plant(self, returns_null):
        pass

    @unittest.expectedFailure
    def test_of_unittest(self):
        run(pair)

    def test_of_parts(self):
        for part in range(2):
            with self.subTest(part=part):
                if part:
                    with self.assertRaises(Exception):
                        run(pair)


def test_hooks_cleared():
    from torch._dynamo import convert_frame

    handle = convert_frame.register_bytecode_hook(lambda old, new: None)
    convert_frame._bytecode_hooks.clear()
    assert run(pair)[1] == 2
    handle.remove()


def test_bad_hook():
    from torch._dynamo import convert_frame

    def hook(old, new):
        return new.replace(co_stacksize=1)

    handle = convert_frame.register_bytecode_hook(hook)
    with pytest.raises(Exception, match="stack-depth"):
        run(pair)
    handle.remove()


def test_wrong_belief(wrong_belief):
    assert run(pair)[1] == 2


def test_nothing_compiled():
    assert add(1) == 2
"""

BAD = {
    "test_bad",
    "test_swallowed",
    "test_expected_to_fail",
    "test_left_to_python",
    "test_skipped",
    "test_of_unittest",
    "test_of_parts",
    "test_bad_hook",
}
TRACED = {"test_wrong_belief"} if sys.version_info[:2] in trace.LAYOUTS else set()
GOOD = {"test_good", "test_graph_break", "test_hooks_cleared", "test_nothing_compiled"}

COUNTS = re.compile(
    r"(\d+) code objects? and (\d+) resume functions? with (\d+) distinct opcodes?, (\d+) finding"
)
TRACE_COUNTS = re.compile(r"(\d+) of them traced: ([\d,]+) instructions in (\d+) frames")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q -rA -p no:logging -p no:cacheprovider\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_suite.py").write_text(SUITE)
    return folder


def run(folder: Path, *words: str, status: int) -> str:
    """What a run of pytest printed; `words` after `python -m`."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def outcomes(printed: str) -> dict[str, set[str]]:
    """The tests by how they ended."""
    found: dict[str, set[str]] = {}
    for outcome, name in re.findall(r"^([A-Z]+) test_suite\.py::(?:\w+::)?(\w+)", printed, re.MULTILINE):
        found.setdefault(outcome, set()).add(name)
    return found


def check_suite(printed: str, bad: set[str], good: set[str]) -> None:
    ended = outcomes(printed)
    assert ended["FAILED"] == bad
    assert ended["PASSED"] == good
    codes, resumed, opcodes, findings = map(int, COUNTS.findall(printed)[-1])
    # one that was found is counted too, and the graph break is two
    assert (codes, resumed, findings) == (len(bad | good - {"test_nothing_compiled"}) + 1, 1, len(bad))
    assert 15 < opcodes < 60
    listing = printed[printed.index("stack oracle: frame of pair") :]
    assert re.search(r"✗ \d+ +STORE_FAST .* NULL *\n.*↑ null-stored", listing)
    assert "test_suite.py::test_swallowed: generated code (frame) of pair, " in printed


def test_each_test_with_bad_code_fails_and_coverage_goes_on(suite: Path) -> None:
    data = f"--data-file={suite / 'coverage.data'}"
    arguments = ["coverage", "run", data, f"--include={suite}/*", "-m", "pytest", "-p", PLUGIN]
    printed = run(suite, *arguments, "--stackproof-trace", "1", status=1)
    check_suite(printed, BAD | TRACED, GOOD)
    if TRACED:
        assert "trace oracle: frame of pair" in printed
        traced, instructions, frames = TRACE_COUNTS.findall(printed)[-1]
        assert int(traced) >= 5
        assert int(frames) >= 5
        assert int(instructions.replace(",", "")) > 100
    else:
        assert "not traced: the value stack of this Python cannot be read" in printed
    run(suite, "coverage", "json", data, "-o", "coverage.json", status=0)
    report = json.loads((suite / "coverage.json").read_text())["files"]["test_suite.py"]
    source = SUITE.splitlines()
    # what ran compiled alone has no lines of its own; all else was seen before, beside and after traced code
    missed = {source[line - 1].strip() for line in report["missing_lines"]}
    assert missed <= {"import torch", "x = x + 1", "torch._dynamo.graph_break()", "return x * 2"}


def test_the_same_over_workers(suite: Path) -> None:
    bad, good = {"test_bad", "test_swallowed"}, {"test_good", "test_graph_break"}
    tests = [f"test_suite.py::{name}" for name in sorted(bad | good)]
    printed = run(suite, "pytest", "-n", "2", "-p", PLUGIN, "--stackproof", *tests, status=1)
    check_suite(printed, bad, good)


CHEAP = """
import sys


def test_nothing_else_is_imported():
    ours = [name for name in sys.modules if name.partition(".")[0] in ("harness", "oracles", "generators")]
    assert sorted(ours) == ["harness", "harness.pytest_plugin"]
    assert "torch" not in sys.modules
    assert "rich" not in sys.modules
    assert not [finder for finder in sys.meta_path if type(finder).__module__ == "harness.pytest_plugin"]
    assert sys.gettrace() is None
"""

NO_TORCH = """
import sys


def test_torch_is_not_imported_for_it():
    assert "torch" not in sys.modules
"""


def test_without_the_option_nothing_is_imported(tmp_path: Path) -> None:
    (tmp_path / "test_cheap.py").write_text(CHEAP)
    printed = run(tmp_path, "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", status=0)
    assert "stackproof" not in printed.replace(str(tmp_path), "")


def test_a_suite_without_torch_pays_no_import(tmp_path: Path) -> None:
    (tmp_path / "test_cheap.py").write_text(NO_TORCH)
    printed = run(tmp_path, "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "--stackproof", status=0)
    assert COUNTS.findall(printed) == [("0", "0", "0", "0")]


def test_a_share_is_a_number_from_0_to_1(tmp_path: Path) -> None:
    run(tmp_path, "pytest", "-p", PLUGIN, "--stackproof-trace", "2", status=4)
