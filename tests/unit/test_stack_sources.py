"""Whatever is named is found, read without being run, and either is code or says why it is none."""

from __future__ import annotations

import io
import marshal
import os
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType

import pytest

from oracles.stack.__main__ import Child, Result, Tally, verify_all
from oracles.stack.opcodes import ROWS
from oracles.stack.sources import (
    HEADER,
    LARGEST,
    REMEDIES,
    Input,
    SourceError,
    bytes_of,
    compiled,
    explain,
    find,
    from_pyc,
    nested,
    printable,
    unmarshalled,
)

NESTED = """
def outer():
    class Inner:
        def method(self):
            return [each for each in self]
    return lambda: Inner
"""

PYC_HEADER = MAGIC_NUMBER + bytes(HEADER - len(MAGIC_NUMBER))

supported = pytest.mark.skipif(sys.version_info[:2] not in ROWS, reason="no opcode table for this Python")


def found(*arguments: str, stdin: bytes = b"") -> list[Input]:
    return find(arguments, io.BytesIO(stdin))


def paths(*arguments: str) -> list[str]:
    return [each.path for each in found(*arguments)]


def problem(kind: str, error: pytest.ExceptionInfo[SourceError]) -> str:
    """The line about an error, which must be of this kind."""
    told = str(error.value)
    assert error.value.problem["kind"] == kind
    assert "\n" not in told
    assert told.endswith(REMEDIES[kind])
    return told


def code_of(source: str = "x = 1") -> CodeType:
    return compile(source, "<test>", "exec", dont_inherit=True)


# --- finding ------------------------------------------------------------------------------------------


def test_a_directory_is_every_source_below_it_in_sorted_order(tmp_path: Path) -> None:
    folders = [f"z{at}" for at in range(9, 0, -1)]
    for name in (
        *(f"{folder}/x.py" for folder in folders),
        "b.py",
        "a/z.py",
        "a/b/c.py",
        "a/data.txt",
        "c.pyc",
        "a.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    relative = [os.path.relpath(path, tmp_path) for path in paths(str(tmp_path))]
    assert relative == ["a.py", "b.py", "a/z.py", "a/b/c.py", *(f"z{at}/x.py" for at in range(1, 10))]
    assert not any(each.named for each in found(str(tmp_path)))


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on sys.path; importing anything in it raises."""
    for name in ("package/__init__.py", "package/part.py", "spread/deep/leaf.py", "plain.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise SystemExit('executed')")
    (tmp_path / "package" / "only.pyc").write_bytes(PYC_HEADER + marshal.dumps(code_of()))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path / "package")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("plain", "plain.py"),
        ("package", "package/__init__.py"),
        ("package.part", "package/part.py"),
        ("package.only", "package/only.pyc"),
        ("spread.deep.leaf", "spread/deep/leaf.py"),
    ],
)
def test_a_module_is_found_and_nothing_is_imported(modules: Path, name: str, file: str) -> None:
    before = set(sys.modules)
    assert paths(name) == [str(modules / file)]
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("spread.deep", "no-source"),
        ("sys", "no-source"),
        ("package.absent", "missing"),
        ("plain.part", "missing"),
        ("absent", "missing"),
        ("absent.py", "missing"),
        ("no/such/file", "missing"),
        ("", "missing"),
    ],
)
def test_what_leads_nowhere_says_so(modules: Path, name: str, kind: str) -> None:
    with pytest.raises(SourceError) as error:
        found(name)
    problem(kind, error)


def test_an_extension_module_has_no_bytecode(modules: Path) -> None:
    from importlib.machinery import EXTENSION_SUFFIXES

    (modules / f"native{EXTENSION_SUFFIXES[0]}").touch()
    with pytest.raises(SourceError) as error:
        found("native")
    assert "extension module" in problem("no-source", error)


def test_a_directory_without_source_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        found(str(tmp_path))
    problem("no-source", error)


def test_a_file_goes_before_a_module_of_its_name(modules: Path) -> None:
    (modules / "package" / "plain").write_text("")
    assert paths("plain") == ["plain"]


def test_standard_input_is_read_once_and_whole() -> None:
    (read,) = found("-", stdin=b"abc")
    assert (read.kind, read.data) == ("marshal", b"abc")


# --- reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"x = 1\0", "null-bytes"),
        ("x = 'é'".encode("latin-1"), "encoding"),
        (b"# coding: no-such-encoding\nx = 1", "encoding"),
        (b"x = 1\ndef f(:\n", "syntax"),
        (b"x = " + b"-" * 100_000 + b"1", "too-deep"),
        (b"x = " + b" + ".join([b"a"] * 100_000), "too-deep"),
    ],
)
def test_source_that_cannot_be_compiled_says_why(data: bytes, kind: str) -> None:
    if kind == "too-deep" and sys.version_info[:2] != (3, 11):
        pytest.skip("how deep a compiler goes is each version's own")
    with pytest.raises(SourceError) as error:
        compiled(data, "a.py")
    assert problem(kind, error).startswith("a.py")


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(SourceError) as error:
        compiled(b"x = 1\ndef f(:\n", "a.py")
    assert problem("syntax", error).startswith("a.py:2: ")


@pytest.mark.filterwarnings("error")
def test_source_is_compiled_without_warnings_and_without_this_files_futures() -> None:
    code = compiled(b"# coding: latin-1\nx: int = '\\d\xe9'\nassert (1, 2)\n", "a.py")
    # were this file's `annotations` inherited, the annotation would be the text
    assert "int" in code.co_names
    assert "\\dé" in code.co_consts


def test_a_pyc_of_this_python_is_read() -> None:
    assert from_pyc(PYC_HEADER + marshal.dumps(code_of()), "a.pyc") == code_of()


def test_a_pyc_of_another_python_is_refused_by_name() -> None:
    number = 3531 if MAGIC_NUMBER[:2] != (3531).to_bytes(2, "little") else 3495
    other = number.to_bytes(2, "little") + PYC_HEADER[2:]
    with pytest.raises(SourceError) as error:
        from_pyc(other + marshal.dumps(code_of()), "a.pyc")
    told = problem("magic", error)
    assert f"Python {'3.12' if number == 3531 else '3.11'} (magic number {number})" in told
    assert str(int.from_bytes(MAGIC_NUMBER[:2], "little")) in told


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PYC_HEADER[:-1],
        b"PK\x03\x04" + bytes(100),
        MAGIC_NUMBER + b"\x04" + bytes(20),
        PYC_HEADER,
        PYC_HEADER + b"\xff\xfe" * 20,
        PYC_HEADER + marshal.dumps([1]),
        PYC_HEADER + marshal.dumps(code_of())[:-9],
    ],
)
def test_what_is_no_pyc_says_so(data: bytes) -> None:
    with pytest.raises(SourceError) as error:
        from_pyc(data, "a.pyc")
    problem("garbage", error)


def test_marshalled_data_that_is_no_code_says_what_it_is() -> None:
    with pytest.raises(SourceError) as error:
        unmarshalled(marshal.dumps({}), "<stdin>")
    assert "type dict" in problem("garbage", error)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(SourceError) as error:
        bytes_of(str(tmp_path / "pipe.py"))
    problem("unreadable", error)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.py"
    path.touch()
    os.truncate(path, LARGEST + 1)
    with pytest.raises(SourceError) as error:
        bytes_of(str(path))
    problem("too-large", error)


def test_nested_code_comes_outermost_first_with_qualified_names() -> None:
    names = [name for name, _ in nested(code_of(NESTED))]
    assert names[:4] == ["<module>", "outer", "outer.<locals>.Inner", "outer.<locals>.Inner.method"]
    assert names[-1] == "outer.<locals>.<lambda>"
    if sys.version_info < (3, 12):  # later ones inline comprehensions
        assert names[4] == "outer.<locals>.Inner.method.<locals>.<listcomp>"


def test_qualified_names_are_those_of_python() -> None:
    codes = dict(nested(code_of(NESTED)))
    if sys.version_info >= (3, 11):
        assert [code.co_qualname for code in codes.values()] == list(codes)


def test_code_that_is_hidden_in_a_container_is_found_once() -> None:
    inner = code_of("y = 2").replace(co_name="inner")
    holder = code_of().replace(co_consts=((inner, (inner,)), None, frozenset({inner})))
    assert [code.co_name for _, code in nested(holder)] == ["<module>", "inner"]


@pytest.mark.parametrize(
    ("text", "shown"), [("a é", "a é"), ("\x1b[31m\n", "\\x1b[31m\\n"), ("\udc80", "\\udc80")]
)
def test_nothing_that_moves_a_terminal_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


# --- verifying ------------------------------------------------------------------------------------------


@supported
def test_results_come_in_the_order_of_the_inputs_whatever_the_number_of_children(tmp_path: Path) -> None:
    for at in range(12):
        (tmp_path / f"m{at:02}.py").write_text("def f(): pass\n" * at if at % 5 else "def f(:")
    inputs = found(str(tmp_path))
    one, three = (list(verify_all(inputs, jobs)) for jobs in (1, 3))
    assert one == three
    assert [result.input for result in one] == inputs
    assert [result.counts["codes"] for result in one] == [at + 1 if at % 5 else 0 for at in range(12)]


@supported
def test_nothing_is_executed(tmp_path: Path) -> None:
    path, mark = tmp_path / "a.py", tmp_path / "executed"
    path.write_text(f"open({str(mark)!r}, 'w')\ndef f(x=open({str(mark)!r}, 'w')): pass\n")
    (result,) = verify_all(found(str(path)), 1, "all")
    assert result.counts["codes"] == 2
    assert not mark.exists()


@supported
def test_the_folder_it_runs_in_cannot_come_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "dis", "marshal", "oracles"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('executed')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert [result.problem for result in verify_all(found("."), 2)] == [None] * 4


@supported
def test_marshalled_input_has_a_process_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.py", "b.py", "e.py"):
        (tmp_path / name).touch()
    for name in ("c.pyc", "d.pyc"):
        (tmp_path / name).write_bytes(PYC_HEADER + marshal.dumps(code_of()))
    used: list[subprocess.Popen[str]] = []
    exchange = Child._exchange

    def spy(process: subprocess.Popen[str], request: str) -> str:
        used.append(process)
        return exchange(process, request)

    monkeypatch.setattr(Child, "_exchange", staticmethod(spy))
    results = verify_all(found(*(str(path) for path in sorted(tmp_path.iterdir()))), 1)
    assert all(result.problem is None for result in results)
    a, b, c, d, e = used
    assert a is b
    assert len({a, c, d, e}) == 4
    assert all(process.poll() is not None for process in used)


@supported
def test_endless_work_ends(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("\n".join(f"def f{at}(x): return [x, {at}]" for at in range(20_000)))
    (tmp_path / "b.py").write_text("x = 1")
    long, short = verify_all(found(str(tmp_path)), 1, seconds=0.3)
    assert long.problem is not None
    assert long.problem["kind"] == "time"
    assert short.problem is None


@supported
def test_listings_are_as_detailed_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("def f(x):\n    return x.y\n")
    inputs = found(str(path))
    (few,), (all_,) = (list(verify_all(inputs, 1, detail)) for detail in ("rejected", "all"))
    assert few.codes == []
    module, function = all_.codes
    assert (module["name"], function["name"], function["line"]) == ("<module>", "f", 1)
    (last,) = (row for row in function["rows"] if row["instruction"].startswith("RETURN_VALUE"))
    assert (last["stack"], last["line"]) == ("object", 2)
    assert next(row["source"] for row in function["rows"] if row["line"] == 2) == "return x.y"


def test_a_tally_tells_rejected_from_unread() -> None:
    def tally(*results: Result) -> int:
        counted = Tally()
        for result in results:
            counted.add(result)
        return counted.exit_code

    zero = dict.fromkeys(("codes", "rejected", "tight", "below", "above"), 0)
    fine = Result(Input("source", "a.py"), None, {**zero, "codes": 1, "tight": 1})
    rejected = Result(Input("source", "a.py"), None, {**zero, "codes": 1, "rejected": 1, "tight": 1})
    broken = {"kind": "syntax", "where": "a.py", "what": "invalid"}
    named = Result(Input("source", "a.py"), broken)  # type: ignore[arg-type]
    below = Result(Input("source", "a.py", named=False), broken)  # type: ignore[arg-type]
    ours = Result(Input("source", "a.py"), {**broken, "kind": "verifier"})  # type: ignore[arg-type, typeddict-item]
    assert tally(fine) == 0
    assert tally(fine, below) == 0
    assert tally(below) == 2
    assert tally(fine, named) == 2
    assert tally(fine, named, ours) == 3
    assert tally(fine, named, ours, rejected) == 1


@pytest.mark.parametrize("kind", REMEDIES)
def test_every_problem_says_where_what_and_what_to_do(kind: str) -> None:
    assert explain({"kind": kind, "where": "a", "what": "b"}) == f"a: b; {REMEDIES[kind]}"
