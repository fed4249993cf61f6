"""Code objects from files, modules, directories and marshalled bytes, and reports on them as plain data.

Claim: nothing that is read here is executed or imported, and input that cannot be read is a Problem that
says what, where, and what to do. Input may still crash the process that reads it: so `find`, which is for
the caller's process, reads no code, and all else is for the child processes of `__main__.py`.

Standard library only. A .pyc's format: CPython's `importlib/_bootstrap_external.py`.
"""

from __future__ import annotations

import errno
import marshal
import os
import stat
import sys
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder
from importlib.util import MAGIC_NUMBER, decode_source
from inspect import CO_OPTIMIZED
from types import CodeType
from typing import IO, Final, Literal, TypedDict

from . import paths
from .listing import annotate
from .report import Report

LARGEST: Final = 256 << 20
"""Bytes of an input."""
STDIN: Final = "-"
HEADER: Final = 16
"""Bytes of a .pyc before the marshalled code: magic number, flags, and eight that do not matter here."""

Kind = Literal["source", "pyc", "marshal"]
Detail = Literal["violations", "rejected", "all"]
"""How much is told: of rejected code the violations, or its listing too, or the listing of all code."""

REMEDIES: Final = {
    "missing": "check the name; a module is looked for on sys.path",
    "unreadable": "give a file that can be read",
    "too-large": f"give at most {LARGEST >> 20} MiB",
    "no-source": "give a module or directory with Python code",
    "syntax": "verify it with the Python that it is written for",
    "encoding": "save it as UTF-8, or declare its encoding in the first line",
    "null-bytes": "give Python source, or compiled code in a file named .pyc",
    "too-deep": "take the deepest expressions apart",
    "memory": "give smaller input",
    "magic": "use the Python that wrote it",
    "garbage": "compile it again",
    "crash": "do not run it: the input is broken, or this Python is",
    "time": "give smaller input",
    "verifier": "please report this as a bug of stackproof, with the input",
}
"""What to do about each kind of problem."""


class Problem(TypedDict):
    """Why an input could not be verified: a name out of REMEDIES, and the words for a person."""

    kind: str
    where: str
    what: str


class SourceError(Exception):
    """An input cannot be verified: it is missing, unreadable, or no Python code; `problem` says why."""

    def __init__(self, kind: str, where: str, what: str) -> None:
        super().__init__(kind, where, what)
        self.problem = Problem(kind=kind, where=where, what=what)

    def __str__(self) -> str:
        return explain(self.problem)


def explain(problem: Problem) -> str:
    """Where, what, and what to do, on one line."""
    return printable(f"{problem['where']}: {problem['what']}; {REMEDIES[problem['kind']]}")


def printable(text: str) -> str:
    """The text with everything escaped that would move or colour a terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


# --- what is to be verified ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Input:
    """One thing to read: `path` for a file, `data` for marshalled bytes. `named` unless met in a directory;
    `problem` where it is already known that it cannot be read."""

    kind: Kind
    path: str
    named: bool = True
    data: bytes = b""
    problem: Problem | None = None


def find(arguments: Iterable[str], stdin: IO[bytes]) -> list[Input]:
    """The inputs that the arguments name: files, directories, modules, `-` for marshalled code on `stdin`.

    A file or directory goes before a module of the same name. Raises SourceError for a name that leads
    nowhere.
    """
    return [found for argument in arguments for found in _find(argument, stdin)]


def _find(argument: str, stdin: IO[bytes]) -> list[Input]:
    if argument == STDIN:
        return [Input("marshal", "<stdin>", data=_bounded(stdin.read(LARGEST + 1), "<stdin>"))]
    if os.path.isdir(argument):
        return list(_below(argument))
    if os.path.exists(argument):
        return [_file(argument)]
    if all(part.isidentifier() for part in argument.split(".")) and not argument.endswith((".py", ".pyc")):
        return [_module(argument)]
    raise SourceError("missing", argument or "''", "no such file or directory")


def _file(path: str, named: bool = True) -> Input:
    return Input("pyc" if path.endswith(".pyc") else "source", path, named)


def _below(folder: str) -> Iterator[Input]:
    """Every .py below a directory, in sorted order; symbolic links to directories are not followed."""
    failed: list[OSError] = []
    count = 0
    for here, folders, names in os.walk(folder, onerror=failed.append):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                count += 1
                yield _file(os.path.join(here, name), named=False)
    for error in failed:
        problem = Problem(kind="unreadable", where=str(error.filename), what=str(error.strerror))
        yield Input("source", str(error.filename), named=False, problem=problem)
    if not count and not failed:
        raise SourceError("no-source", folder, "no .py file below this directory")


def _module(name: str) -> Input:
    """The file of a module; its parents are not imported, as `find_spec` of a dotted name would do."""
    folders: list[str] | None = None
    spec: ModuleSpec | None = None
    for part in name.split("."):
        if spec is not None and folders is None:
            raise SourceError("missing", name, f"{spec.name} is no package")
        # a bare name, since a dotted one makes a namespace package ask for its parent in sys.modules
        spec = PathFinder.find_spec(part, folders)
        if spec is None:
            if name in sys.builtin_module_names:
                raise SourceError("no-source", name, "built in: it has no bytecode")
            raise SourceError("missing", name, f"no file or directory, and no module {part}")
        locations = spec.submodule_search_locations
        folders = None if locations is None else list(locations)
    origin = spec.origin if spec is not None and spec.has_location else None
    if origin is None:
        raise SourceError("no-source", name, "a namespace package: it has no code of its own")
    if origin.endswith(tuple(EXTENSION_SUFFIXES)):
        raise SourceError("no-source", name, f"an extension module ({origin}): it has no bytecode")
    return _file(origin)


# --- reading: only in a child ---------------------------------------------------------------------------


def _bounded(data: bytes, where: str) -> bytes:
    if len(data) > LARGEST:
        raise SourceError("too-large", where, f"more than {LARGEST >> 20} MiB")
    return data


def bytes_of(path: str) -> bytes:
    try:
        # before it is opened: a FIFO would wait for a writer
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise SourceError("unreadable", path, "not a regular file")
        with open(path, "rb") as file:
            return _bounded(file.read(LARGEST + 1), path)
    except OSError as error:
        raise SourceError("unreadable", path, error.strerror or os.strerror(errno.EIO)) from None


COMPILER_PROBLEMS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (SyntaxError, "syntax"),
    (RecursionError, "too-deep"),
    (MemoryError, "too-deep"),
    (OverflowError, "too-deep"),
    (SystemError, "too-deep"),
    (ValueError, "syntax"),
)
"""What the compiler raises on source that it cannot compile: where its parser's stack ends, a MemoryError;
for code that is too large, an OverflowError or a SystemError."""


def compiled(data: bytes, path: str) -> CodeType:
    """The code of a module, compiled by this Python without warnings; raises SourceError."""
    if b"\0" in data:
        raise SourceError("null-bytes", path, "it has null bytes, so it is not Python source")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(data, path, "exec", dont_inherit=True)
    except tuple(kind for kind, _ in COMPILER_PROBLEMS) as error:
        raise _compiler_problem(error, data, path) from None


def _compiler_problem(error: Exception, data: bytes, path: str) -> SourceError:
    version = f"Python {sys.version_info[0]}.{sys.version_info[1]} cannot compile it"
    try:
        decode_source(data)
    except (SyntaxError, UnicodeDecodeError) as undecodable:
        told = undecodable.msg if isinstance(undecodable, SyntaxError) else str(undecodable)
        return SourceError("encoding", path, f"the text cannot be decoded: {told}")
    kind = next(problem for each, problem in COMPILER_PROBLEMS if isinstance(error, each))
    if isinstance(error, SyntaxError):
        where = f"{path}:{error.lineno}" if error.lineno else path
        return SourceError(kind, where, f"{version}: {error.msg}")
    return SourceError(kind, path, f"{version}: {type(error).__name__}{f': {error}' if str(error) else ''}")


MAGICS: Final = (
    *(
        (3430, 3439, "3.10"),
        (3450, 3495, "3.11"),
        (3500, 3531, "3.12"),
        (3550, 3571, "3.13"),
        (3600, 3627, "3.14"),
    ),
)
"""The magic numbers of each Python, first and last: CPython's `Include/internal/pycore_magic_number.h`."""


def from_pyc(data: bytes, path: str) -> CodeType:
    """The code in a .pyc of this Python; raises SourceError. Hostile data may crash the process."""
    if len(data) < HEADER:
        raise SourceError("garbage", path, f"{len(data)} bytes are no .pyc, whose header has {HEADER}")
    if data[2:4] != MAGIC_NUMBER[2:]:
        raise SourceError("garbage", path, "no .pyc: it does not begin with a magic number")
    if data[:4] != MAGIC_NUMBER:
        number, ours = (int.from_bytes(each[:2], "little") for each in (data, MAGIC_NUMBER))
        writer = next((name for low, high, name in MAGICS if low <= number <= high), "another version")
        here = f"this is {sys.version_info[0]}.{sys.version_info[1]}, which has {ours}"
        raise SourceError("magic", path, f"compiled by Python {writer} (magic number {number}); {here}")
    flags = int.from_bytes(data[4:8], "little")
    if flags > 0b11:
        raise SourceError("garbage", path, f"no .pyc: its flags are {flags:#x}")
    return unmarshalled(data[HEADER:], path)


def unmarshalled(data: bytes, path: str) -> CodeType:
    """The code in marshalled data; raises SourceError. Hostile data may crash the process."""
    if not data:
        raise SourceError("garbage", path, "no marshalled code: it is empty")
    try:
        code = marshal.loads(data)
    except MemoryError:
        raise SourceError("memory", path, "its marshalled code asks for more memory than there is") from None
    except Exception as error:  # noqa: BLE001 - at the isolation boundary: garbage may raise anything
        told = f"{type(error).__name__}: {error}"
        raise SourceError("garbage", path, f"its marshalled code cannot be read: {told}") from None
    if not isinstance(code, CodeType):
        raise SourceError(
            "garbage", path, f"it holds marshalled data of type {type(code).__name__}, and no code"
        )
    return code


READERS: Final = {"source": compiled, "pyc": from_pyc, "marshal": unmarshalled}


def nested(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """The code object and all among its constants, outermost first, each once, with its qualified name."""
    # Compilers put code among the constants themselves; whoever wants to hide some may put it deeper.
    seen = {id(code)}
    agenda: list[tuple[str, object]] = [("", code)]
    while agenda:
        prefix, found = agenda.pop()
        members: Sequence[object]
        if isinstance(found, CodeType):
            # 3.10 has no co_qualname; only a function's code is optimized, and a class body's is not
            name = getattr(found, "co_qualname", "") or prefix + found.co_name
            yield name, found
            inner = f"{name}.<locals>." if found.co_flags & CO_OPTIMIZED else f"{name}."
            prefix = "" if found.co_name == "<module>" else inner
            members = found.co_consts
        else:
            members = _members(found)
        for member in reversed(members):
            if isinstance(member, (CodeType, *HOLDERS)) and id(member) not in seen:
                seen.add(id(member))
                agenda.append((prefix, member))


HOLDERS: Final = (tuple, frozenset, list, set, dict)


def _members(found: object) -> list[object]:
    if isinstance(found, dict):
        return [*found.keys(), *found.values()]
    assert isinstance(found, HOLDERS)
    return list(found)


# --- what a verification says, as plain data ------------------------------------------------------------


class ViolationData(TypedDict):
    """A Violation, with the stack's kinds bottom first, and the line of the source where there is one.

    `path`: the shortest way there as text, for a join `other_path` the way of the other stack.
    """

    invariant: str
    offset: int
    opcode: str
    message: str
    stack: list[str]
    path: str
    other_path: str | None
    line: int | None
    source: str


class RowData(TypedDict):
    """One instruction, with the stack before it (None where control never comes). `source` is the text of
    the line, for the first of the instructions of that line."""

    offset: int
    instruction: str
    stack: str | None
    line: int | None
    source: str


class CodeData(TypedDict):
    """One verified code object."""

    name: str
    line: int
    max_depth: int
    stacksize: int
    violations: list[ViolationData]
    rows: list[RowData]


def code_data(name: str, code: CodeType, report: Report, lines: Sequence[str], listed: bool) -> CodeData:
    """What the report says of the code, with its listing if `listed`; `lines` are those of its source."""
    spans = list(code.co_lines())
    ends = [end for _, end, _ in spans]

    def line_of(offset: int) -> int | None:
        at = bisect_right(ends, offset)
        return spans[at][2] if at < len(spans) else None

    def text_of(line: int | None) -> str:
        text = lines[line - 1].expandtabs(4).strip() if line and 0 < line <= len(lines) else ""
        return printable(text)

    violations = [
        ViolationData(
            invariant=each.invariant,
            offset=each.offset,
            opcode=each.opcode,
            message=printable(each.message),
            stack=[slot.name for slot in each.stack],
            path=paths.spell(each.path, each.offset),
            other_path=None if each.other_path is None else paths.spell(each.other_path, each.offset),
            line=line_of(each.offset),
            source=text_of(line_of(each.offset)),
        )
        for each in report.violations
    ]
    rows: list[RowData] = []
    last: int | None = None
    for offset, instruction, stack in _instructions(code, report) if listed else ():
        line = line_of(offset)
        text = text_of(line) if line != last else ""
        last = line
        rows.append(
            RowData(offset=offset, instruction=printable(instruction), stack=stack, line=line, source=text)
        )
    return CodeData(
        name=printable(name),
        line=code.co_firstlineno,
        max_depth=report.max_depth,
        stacksize=code.co_stacksize,
        violations=violations,
        rows=rows,
    )


def _instructions(code: CodeType, report: Report) -> list[tuple[int, str, str | None]]:
    return [
        (
            row.offset,
            row.opname
            + ("" if row.oparg is None else f" {row.oparg}")
            + (f" ({row.argrepr})" if row.argrepr else ""),
            row.stack,
        )
        for row in annotate(code, report)
    ]
