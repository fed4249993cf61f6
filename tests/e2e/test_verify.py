"""`stackproof verify` and `python -m oracles.stack` as a user starts them, on every kind of input."""

from __future__ import annotations

import dis
import json
import marshal
import os
import shlex
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType

import pytest

from oracles.stack.opcodes import ROWS

ROOT = Path(__file__).parents[2]
COMMANDS = {"stackproof": ["-m", "harness", "verify"], "module": ["-m", "oracles.stack"]}
PYC_HEADER = MAGIC_NUMBER + bytes(12)

pytestmark = pytest.mark.skipif(sys.version_info[:2] not in ROWS, reason="no opcode table for this Python")


def run(
    command: str, *arguments: str | Path, stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *COMMANDS[command], *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={**os.environ, **more},
    )
    told = subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    )
    assert "Traceback" not in told.stdout + told.stderr
    return told


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def module(function: CodeType | None = None) -> CodeType:
    """The code of a module with one function, which may be another than the compiler made."""
    code = compile("def f(x):\n    return [x, x]\n", "m.py", "exec", dont_inherit=True)
    if function is None:
        return code
    return code.replace(
        co_consts=tuple(function if isinstance(each, CodeType) else each for each in code.co_consts)
    )


def wrong() -> CodeType:
    """A module whose function returns from an empty stack."""
    (function,) = (each for each in module().co_consts if isinstance(each, CodeType))
    last = max(each.offset for each in dis.get_instructions(function))
    # the first load becomes the return
    first = next(
        each.offset for each in dis.get_instructions(function) if each.opname.startswith("LOAD_FAST")
    )
    ends = function.co_code[last : last + 2]
    return module(function.replace(co_code=function.co_code[:first] + ends + function.co_code[first + 2 :]))


def crashing() -> bytes:
    """Marshalled code whose constants hold a tuple that holds itself: CPython recurses into it for ever."""
    code = module().replace(co_consts=((1, "text"),))
    plain = marshal.dumps(code, 2)
    constants = b"(\x01\0\0\0(\x02\0\0\0i\x01\0\0\0"
    assert plain.count(constants) == 1
    return plain.replace(constants, b"\xa8\x01\0\0\0(\x02\0\0\0r\x00\0\0\0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text("def f(x):\n    return [x, x]\n")
    (tmp_path / "good.pyc").write_bytes(PYC_HEADER + marshal.dumps(module()))
    (tmp_path / "wrong.pyc").write_bytes(PYC_HEADER + marshal.dumps(wrong()))
    (tmp_path / "crash.pyc").write_bytes(PYC_HEADER + crashing())
    (tmp_path / "huge.pyc").write_bytes(PYC_HEADER + b"(\xff\xff\xff\x7f")
    (tmp_path / "garbage.pyc").write_bytes(PYC_HEADER + b"\xff\xfe\xfd" * 9)
    (tmp_path / "older.pyc").write_bytes((3413).to_bytes(2, "little") + PYC_HEADER[2:])
    (tmp_path / "syntax.py").write_text("def f(:")
    (tmp_path / "latin.py").write_bytes("x = 'é'".encode("latin-1"))
    (tmp_path / "null.py").write_bytes(b"x = 1\0")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "one.py").write_text("x = 1\n")
    (tmp_path / "tree" / "two.py").write_text("def f(:\n")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("good.py", 0, "2 code objects"),
        ("good.pyc", 0, "2 code objects"),
        ("wrong.pyc", 1, "underflow"),
        ("tree", 0, "1 file (syntax 1)"),
        ("crash.pyc", 2, "is ended by SIG"),
        ("huge.pyc", 2, "more memory than there is"),
        ("garbage.pyc", 2, "cannot be read"),
        ("older.pyc", 2, "magic number 3413"),
        ("syntax.py", 2, "syntax.py:1: "),
        ("latin.py", 2, "cannot be decoded"),
        ("null.py", 2, "null bytes"),
        ("absent.py", 2, "no such file"),
    ],
)
def test_each_kind_of_file_ends_as_it_should(
    folder: Path, command: str, name: str, status: int, told: str
) -> None:
    done = run(command, folder / name)
    assert done.returncode == status, done
    assert told in done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_module_is_found_by_its_name(command: str) -> None:
    assert run(command, "json.decoder").returncode == 0
    assert run(command, "json.no_such_module").returncode == 2


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (marshal.dumps(module()), 0),
        (marshal.dumps(wrong()), 1),
        (marshal.dumps([1]), 2),
        (crashing(), 2),
        (b"", 2),
    ],
)
def test_marshalled_code_on_standard_input(command: str, data: bytes, status: int) -> None:
    done = run(command, "-", stdin=data)
    assert done.returncode == status, done
    assert status == 0 or "<stdin>" in done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_bad_usage(command: str) -> None:
    assert run(command).returncode == 2
    assert run(command, "--no-such-option", "json").returncode == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_a_crash_spoils_no_other_input(folder: Path, command: str) -> None:
    done = run(command, "--json", *(folder / name for name in ("crash.pyc", "good.py", "wrong.pyc")))
    assert done.returncode == 1
    problem, code, summary = lines(done.stdout)
    assert problem["kind"] == "crash"
    assert str(code["file"]).endswith("wrong.pyc")
    assert (summary["files"], summary["codes"], summary["rejected"], summary["unread"]) == (3, 4, 1, 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_machine_is_told(folder: Path, command: str) -> None:
    done = run(command, "--json", folder / "wrong.pyc", folder / "syntax.py")
    code, problem, summary = lines(done.stdout)
    assert set(code) == {
        *("type", "file", "ok", "name", "line", "max_depth", "stacksize", "violations", "rows")
    }
    assert (code["type"], code["ok"], code["name"], code["line"]) == ("code", False, "f", 1)
    violation = code["violations"][0]  # type: ignore[index]
    assert set(violation) == {
        "invariant",
        "offset",
        "opcode",
        "message",
        "stack",
        "line",
        "source",
        "path",
        "other_path",
    }
    assert (violation["invariant"], violation["line"], violation["stack"]) == ("underflow", 2, [])
    assert set(problem) == {"type", "kind", "where", "what", "message"}
    assert set(summary) == {
        *("type", "python", "files", "unread", "problems"),
        *("codes", "rejected", "tight", "below", "above"),
    }
    assert summary["problems"] == {"syntax": 1}
    assert (summary["tight"], summary["below"], summary["above"]) == (1, 1, 0)


def test_the_listing_marks_the_instruction_that_is_wrong(folder: Path) -> None:
    told = run("stackproof", folder / "wrong.pyc").stdout
    for part in ("wrong.pyc:1 f", "underflow", "line 2", "stack before, bottom first", "never reached"):
        assert part in told
    (marked,) = (line for line in told.splitlines() if "✗" in line and "RETURN" in line)
    assert marked.rstrip().endswith("empty")


def test_accepted_code_is_listed_where_asked_for(folder: Path) -> None:
    assert "BUILD_LIST" not in run("stackproof", folder / "good.py").stdout
    told = run("stackproof", "--list", folder / "good.py").stdout
    assert "good.py:1 f" in told
    assert "return [x, x]" in told
    (build,) = (line for line in told.splitlines() if "BUILD_LIST" in line)
    assert build.rstrip().endswith("object, object")
    (function,) = (each for each in lines(run("stackproof", "--list", "--json", folder / "good.py").stdout)
                   if each.get("name") == "f")  # fmt: skip
    assert set(function["rows"][0]) == {"offset", "instruction", "stack", "line", "source"}  # type: ignore[index]


def test_counts_only_and_a_limit(folder: Path) -> None:
    quiet = run("module", "--quiet", folder / "wrong.pyc")
    assert (quiet.returncode, quiet.stderr) == (1, "")
    assert "underflow" not in quiet.stdout
    assert "1 rejected" in quiet.stdout
    none = run("module", "--limit", "0", folder / "wrong.pyc")
    assert "underflow" not in none.stdout
    assert "1 more violation" in none.stdout
    assert lines(run("module", "--quiet", "--json", folder / "wrong.pyc").stdout)[0]["type"] == "summary"


def test_output_is_the_same_whatever_the_number_of_processes() -> None:
    one, two = (run("module", "--jobs", jobs, "--json", "oracles").stdout for jobs in ("1", "2"))
    assert one == two


def test_a_hostile_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    (function,) = (each for each in wrong().co_consts if isinstance(each, CodeType))
    names = {name: "\x1b[2J" for name in ("co_name", "co_qualname") if hasattr(function, name)}
    hostile = module(function.replace(**names))
    path = tmp_path / "\x1b[2J.pyc"
    path.write_bytes(PYC_HEADER + marshal.dumps(hostile))
    for command in COMMANDS:
        done = run(command, path)
        assert done.returncode == 1
        assert "\x1b" not in done.stdout + done.stderr


def test_a_terminal_of_another_encoding_gets_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "é.pyc"
    path.write_bytes(PYC_HEADER + marshal.dumps(wrong()))
    done = run("module", path, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "\\xe9.pyc:1 f" in done.stdout


def test_a_python_without_an_opcode_table_is_told_so(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from oracles.stack import opcodes\n"
        "opcodes.ROWS.clear()\n"
        "sys.argv = ['verify', *sys.argv[1:]]\n"
    )
    ends = {
        "module": "from oracles.stack.__main__ import main\nsys.exit(main())",
        "stackproof": "sys.argv.insert(1, 'verify')\nfrom harness.cli import main\nmain()",
    }
    for end in ends.values():
        done = subprocess.run(
            [sys.executable, "-c", program + end, "json"],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 3, done
        assert "no opcode table" in done.stderr
        assert "Traceback" not in done.stderr


def world(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "ci" / "verify-world", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **more},
    )


def interpreter(path: Path, answer: str, status: int) -> str:
    """A Python that is this one, but for what it answers when it is to verify."""
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *oracles.stack*) echo {shlex.quote(answer)}; exit {status};; esac\n'
        f'exec {shlex.quote(sys.executable)} "$@"\n'
    )
    path.chmod(0o755)
    return str(path)


COUNTS = {"files": 12345, "codes": 2, "rejected": 1, "tight": 1, "below": 1, "above": 0, "unread": 3}


@pytest.mark.parametrize(
    ("status", "told"), [(0, "12345"), (1, "rejected in"), (2, "no verdict for everything")]
)
def test_the_worst_verdict_is_the_worlds(tmp_path: Path, status: int, told: str) -> None:
    violation = {"invariant": "underflow", "offset": 2, "opcode": "POP_TOP", "message": "needs 1"}
    code = {"type": "code", "file": "a.py", "line": 1, "name": "f", "violations": [violation]}
    rows = ([code] if status == 1 else []) + [{"type": "summary", **COUNTS}]
    python = interpreter(tmp_path / "python", "\n".join(map(json.dumps, rows)), status)
    done = world("1", str(tmp_path / "kept"), STACKPROOF_PYTHONS=python)
    assert done.returncode == (3 if status == 2 else status), done
    assert told in done.stdout + done.stderr
    assert ("underflow at 2 POP_TOP: needs 1" in done.stdout) == (status == 1)
    assert len(list((tmp_path / "kept").glob("*-library.jsonl"))) == 1


def test_a_python_that_does_not_run_is_told_with_its_reason(tmp_path: Path) -> None:
    absent = tmp_path / "python3.12"
    absent.write_text("#!/bin/sh\necho no such version >&2\nexit 127\n")
    absent.chmod(0o755)
    done = world("1", STACKPROOF_PYTHONS=str(absent))
    assert done.returncode == 3
    assert "does not run: no such version" in done.stdout


def test_bad_usage_of_the_world() -> None:
    assert world("many").returncode == 2
    assert world("1", "-", "/no/such/directory").returncode == 2
