"""Programs of others: what is refused and why, from where both runs start, what is made smaller."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from harness.programs import Options, check, check_file
from harness.programs.describe import WIDEST, text
from harness.programs.loading import Load, Program, ProgramError, read
from harness.programs.minimise import minimised
from harness.programs.running import run_both
from harness.programs.shrinking import candidates
from harness.programs.standalone import script_of
from oracles.heap_members import Raised, Returned

GOOD = """
    import torch

    def program(x, held):
        held.append(x + 1)
        return held

    def make():
        return program, (torch.ones(2), [])
    """

WRONG = """
    import torch

    def steps(x):
        yield x

    def outer(x):
        told = yield from steps(x)
        spare = [told, 1]
        yield len(spare)

    def program(x):
        # a comment
        y = x + 1
        return steps(y), y

    def make():
        return program, (torch.ones(2),)
    """
"""A generator comes back as an iterator over a tuple: see corpus/known/programs."""


def written(folder: Path, source: str, name: str = "program.py") -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(source))
    return path


def program(folder: Path, source: str) -> Program:
    return read(written(folder, source))


# --- what is no program ------------------------------------------------------------------------------------

REFUSED = {
    "no make": ("x = 1", "has no function make()"),
    "make is no function": ("make = 3", "make is a int, not a function"),
    "no tuple": ("def make(): return 1", "returned a int, not (function, args)"),
    "a tuple of one": ("def make(): return (1,)", "returned a tuple of 1"),
    "a tuple of four": ("def make(): return 1, 2, 3, 4", "returned a tuple of 4"),
    "no function": ("def make(): return 1, ()", "the function, is a int"),
    "arguments no tuple": ("def make(): return len, 3", "the arguments, is a int"),
    "a call no tuple": ("def make(): return len, [(), 3]", "the arguments of call 1 are a int"),
    "no calls": ("def make(): return len, []", "nothing would be called"),
    "observe no function": ("def make(): return len, (), 3", "observe, is a int"),
    "make raises": ("def make():\n    pass\n    1 / 0", "program.py:3: ZeroDivisionError"),
    "the file raises": ("import nothing_of_this_name", "program.py:1: ModuleNotFoundError"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_no_program_is_refused_with_what_is_wrong(what: str, tmp_path: Path) -> None:
    source, told = REFUSED[what]
    path = written(tmp_path, source)
    with pytest.raises(ProgramError) as refused:
        Load(read(path)).make()
    assert told in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_file_that_is_no_python_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"program\.py:2: "):
        program(tmp_path, "x = 1\ndef make(:")
    with pytest.raises(ProgramError, match="No such file"):
        read(tmp_path / "missing.py")


def test_the_shapes_that_are_accepted(tmp_path: Path) -> None:
    one = Load(program(tmp_path, "def make(): return len, ([],)")).make()
    assert one.calls == (([],),)
    assert one.observe is None
    several = Load(program(tmp_path, "def make(): return len, [(1,), (2,)], dict")).make()
    assert several.calls == ((1,), (2,))
    assert several.observe is dict


def test_each_load_has_modules_of_its_own(tmp_path: Path) -> None:
    written(tmp_path, "STATE = []", "stateful_helper.py")
    path = written(tmp_path, "import stateful_helper\ndef make(): return stateful_helper.STATE.append, (1,)")
    one, other = Load(read(path)), Load(read(path))
    assert one.module is not other.module
    assert one.make().function.__self__ is not other.make().function.__self__
    assert "stateful_helper" not in sys.modules
    assert str(tmp_path) not in sys.path


# --- how a check ends --------------------------------------------------------------------------------------


def test_a_program_that_passes_and_one_that_does_not(tmp_path: Path) -> None:
    done = check_file(written(tmp_path, GOOD), Options())
    assert (done.status, done.told) == ("passed", None)
    assert done.compiled["codes"] == 1
    bad = check_file(written(tmp_path, WRONG), Options())
    assert bad.status == "failed"
    assert bad.bucket == "values · type · call 0"


def test_a_program_of_which_nothing_is_compiled_proves_nothing(tmp_path: Path) -> None:
    simple = "def make(): return len, ([],)"
    assert check_file(written(tmp_path, simple), Options()).status == "inconclusive"


def test_a_graph_break_under_fullgraph_is_a_refusal(tmp_path: Path) -> None:
    source = "import torch\ndef f(x):\n    torch._dynamo.graph_break()\n    return x + 1\n"
    path = written(tmp_path, source + "def make(): return f, (torch.ones(1),)")
    done = check_file(path, Options(fullgraph=True))
    assert done.status == "rejected"


def test_a_program_that_dies_is_a_finding(tmp_path: Path) -> None:
    done = check_file(written(tmp_path, "import os\ndef make(): return os._exit, (3,)"), Options())
    assert done.status == "failed"
    assert done.told is not None
    assert done.told.oracle == "isolation"


def test_a_make_that_gives_something_else_each_time_is_refused(tmp_path: Path) -> None:
    source = "import itertools, sys\nsys.numbers = getattr(sys, 'numbers', itertools.count())\n"
    path = written(tmp_path, source + "def make(): return len, ([next(sys.numbers)],)")
    with pytest.raises(ProgramError, match="something else each time"):
        check_file(path, Options())


def test_check_takes_a_function_of_a_file_alone() -> None:
    with pytest.raises(ProgramError, match="no function at the top"):
        check(lambda: None)


def test_both_runs_start_from_equal_random_numbers_and_modes(tmp_path: Path) -> None:
    source = """
        import random
        import numpy
        import torch

        def program(x):
            torch.set_grad_enabled(not torch.is_grad_enabled())
            torch.set_default_dtype(torch.float64)
            print("break")
            return x + 1, torch.rand(1), random.random()

        def make():
            return program, [(torch.ones(1),)] * 3, lambda: (numpy.random.rand(), torch.is_grad_enabled())
        """
    assert check_file(written(tmp_path, source), Options()).status == "passed"


def test_settings_are_put_back(tmp_path: Path) -> None:
    import torch._dynamo

    before = torch._dynamo.config.cache_size_limit
    run_both(program(tmp_path, GOOD), Options(sets=(("torch._dynamo.config.cache_size_limit", before + 1),)))
    assert torch._dynamo.config.cache_size_limit == before


# --- smaller programs --------------------------------------------------------------------------------------


def test_candidates_are_python_differ_and_keep_the_maker() -> None:
    source = textwrap.dedent(WRONG)
    found = list(candidates(source, "make"))
    assert len(found) > 50
    for each in found:
        tree = ast.parse(each)
        compile(each, "candidate", "exec")
        assert each != source
        assert any(isinstance(node, ast.FunctionDef) and node.name == "make" for node in tree.body)
    assert all(len(each.splitlines()) <= len(source.splitlines()) for each in found)
    assert any("outer" not in each for each in found)


@pytest.mark.parametrize(
    ("source", "smaller"),
    [
        ("def make():\n    if x:\n        y = 1", "def make():\n    y = 1"),
        ("def make():\n    try:\n        a\n    except E:\n        b", "def make():\n    b"),
        ("def make():\n    return f(1, 2)", "def make():\n    return f(1)"),
        ("def make():\n    return {1: 2, 3: 4}", "def make():\n    return {1: 2}"),
        ("def make(a, b=1, *, c=2):\n    pass", "def make(a, b=1):\n    pass"),
        ("def make():\n    return (a + b) * c", "def make():\n    return a + b"),
    ],
)
def test_an_edit_is_among_the_candidates(source: str, smaller: str) -> None:
    assert smaller in list(candidates(source, "make"))


def test_a_finding_is_made_small_and_its_script_proves_it(tmp_path: Path) -> None:
    path = written(tmp_path, WRONG)
    small = minimised(path, Options(), "make", tmp_path / "out", seconds=5)
    assert small.bucket == "values · type · call 0"
    assert small.lines < small.lines_before
    assert small.proved, small.why
    assert "harness" not in small.script.read_text()


def test_the_script_of_a_program_that_passes_ends_with_zero(tmp_path: Path) -> None:
    script = written(tmp_path, script_of(textwrap.dedent(GOOD), Options(), "make", "none"), "script.py")
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "is equal" in ended.stdout


# --- values in words ---------------------------------------------------------------------------------------


class Holder:
    def __init__(self, **held: object) -> None:
        vars(self).update(held)

    def __repr__(self) -> str:
        raise AssertionError


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1, "1"),
        ([1, (2,)], "[1, (2)]"),
        ({"a": {1}}, "{'a': {1}}"),
        (Returned([1]), "returned [1]"),
        (Raised(ValueError("x")), "raised ValueError('x')"),
        (Holder(a=1), "Holder(a=1)"),
        (len, "builtin_function_or_method len"),
        (int, "class int"),
    ],
)
def test_values_in_words(value: object, told: str) -> None:
    assert text(value) == told


def test_text_is_never_long_and_ends_in_cycles() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    assert text(cycle) == "[…]"
    assert len(text(["x" * 50] * 50)) <= WIDEST


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (Options(backend="nosuch"), "torch has no backend 'nosuch'"),
        (Options(sets=(("torch._dynamo.config.nosuch", 1),)), "nothing is called 'nosuch'"),
    ],
)
def test_what_torch_has_not_is_bad_input(tmp_path: Path, options: Options, told: str) -> None:
    file = tmp_path / "program.py"
    file.write_text("def make():\n    return abs, (1,)\n")
    with pytest.raises(ProgramError, match=told):
        check_file(file, options)


@pytest.mark.parametrize("text", ["import sys\nsys.exit(3)\n", "def make():\n    raise SystemExit(3)\n"])
def test_a_program_that_exits_while_it_is_made_is_bad_input(tmp_path: Path, text: str) -> None:
    file = tmp_path / "program.py"
    file.write_text(text)
    with pytest.raises(ProgramError, match="SystemExit: 3"):
        check_file(file, Options())
