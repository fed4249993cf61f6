"""A changed file in the place of a module, for one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.overlay import Overlay, Replacement, ReplacementError, broken_change, install, replacement

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "changed.py"
    path.write_text("CHANGED = __file__, __name__\n")
    return path


def run(program: str) -> str:
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_a_replacement_says_what_it_stands_for(file: Path) -> None:
    replaced = replacement(f"harness.codegen.sources={file}")
    assert replaced.module == "harness.codegen.sources"
    assert replaced.file == file
    assert replaced.installed == ROOT / "harness" / "codegen" / "sources.py"
    assert replaced.target == "own"
    assert replacement(str(replaced)) == replaced
    assert replacement(f"torch._dynamo.variables.lists={file}").target == "torch"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("harness.codegen.sources", "not MODULE=FILE"),
        ("=FILE", "not MODULE=FILE"),
        ("harness.codegen.sources=", "not MODULE=FILE"),
        ("harness.codegen.nobody=FILE", "not installed"),
        ("harness.codegen.sources.deeper=FILE", "not installed"),
        ("torch._dynamo.nobody=FILE", "not installed"),
        ("torch._C=FILE", "no Python source"),
        ("harness.campaign=FILE", "none of the packages"),
        ("torchvision=FILE", "none of the packages"),
        ("json=FILE", "none of the packages"),
        ("harness.codegen.sources=no/such/file.py", "no such file"),
    ],
)
def test_what_cannot_be_replaced_is_refused(text: str, told: str, file: Path) -> None:
    with pytest.raises(ReplacementError, match=told):
        replacement(text.replace("FILE", str(file)))


def test_asking_imports_nothing(file: Path) -> None:
    program = (
        "import sys\n"
        "from harness.overlay import replacement\n"
        f"replacement('torch._dynamo.codegen={file}'); replacement('harness.codegen.sources={file}')\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'torch' or 'codegen' in name])\n"
    )
    assert run(program).strip() == "[]"


def test_the_module_runs_the_file_under_the_name_of_the_installed_one(file: Path) -> None:
    file.write_text("from harness.codegen.host import Host\n\ndef where(): raise ValueError('here')\n")
    program = (
        "import inspect, traceback\n"
        "from harness.overlay import install, replacement\n"
        f"install([replacement('harness.codegen.errors={file}')])\n"
        "try:\n"
        "    import harness.codegen.errors\n"
        "except ImportError as error:\n"
        "    print('import:', error)\n"
    )
    # the rest of the package needs what the file has not: as it would where the file stood in its place
    assert "cannot import name" in run(program)

    original = (ROOT / "harness/codegen/errors.py").read_text()
    file.write_text(original + "\n\ndef where():\n    raise ValueError('here')  # a line of the change\n")
    program = (
        "import inspect, traceback\n"
        "from harness.overlay import install, replacement\n"
        f"install([replacement('harness.codegen.errors={file}')])\n"
        "import harness.codegen.errors as module\n"
        "print(module.__file__, module.__name__, module.where.__code__.co_filename == module.__file__)\n"
        "print(inspect.getsource(module.where).splitlines()[1].strip())\n"
        "try:\n    module.where()\n"
        "except ValueError: print(traceback.format_exc())\n"
    )
    first, source, *trace = run(program).splitlines()
    assert first == f"{ROOT / 'harness/codegen/errors.py'} harness.codegen.errors True"
    assert source.endswith("# a line of the change")
    assert any(line.endswith("# a line of the change") for line in trace)


def test_too_late_is_an_error_of_ours(file: Path) -> None:
    replaced = Replacement("harness.overlay", file, file)
    with pytest.raises(RuntimeError, match="imported before"):
        install([replaced])


def test_other_modules_are_left_to_others(file: Path) -> None:
    assert Overlay([Replacement("a.b", file, file)]).find_spec("a.c", None) is None


def test_a_package_can_be_replaced(file: Path) -> None:
    replaced = Replacement("a.b", file, file.parent / "__init__.py")
    spec = Overlay([replaced]).find_spec("a.b", None)
    assert spec is not None
    assert spec.submodule_search_locations == [str(file.parent)]


def test_a_broken_change_is_told_by_its_own_file_and_line(file: Path) -> None:
    installed = Path("/installed/module.py")
    replaced = Replacement("a.b", file, installed)
    error: BaseException
    try:
        compile("def f(:\n", str(installed), "exec")
    except SyntaxError as caught:
        error = caught
    told = broken_change(error, [replaced])
    assert (told.error, told.where) == ("SyntaxError", f"{file}:1")
    assert str(installed) not in told.trace

    try:
        exec(compile("x = 1\nraise KeyError('gone')", str(installed), "exec"), {})
    except KeyError as caught:
        error = caught
    assert str(broken_change(error, [replaced])) == f"{file}:2: KeyError: 'gone'"
    try:
        raise OSError("elsewhere")
    except OSError as caught:
        error = caught
    assert str(broken_change(error, [replaced])) == "OSError: elsewhere"
