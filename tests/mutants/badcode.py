"""Bad bytecode as readable files: `corpus/bytecode/*.json`, one code object each, rebuilt bit by bit.

The claim: what was written is what is read, on the Python versions that the file names; the file alone says
what is wrong, what the verifier must answer, and how executing it ends. Nothing is executed here.
"""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

from oracles.stack import Report

from . import samples

FOLDER: Final = Path(__file__).parents[2] / "corpus" / "bytecode"
ACCEPTED: Final = "accepted"

NUMBERS: Final = (
    *("co_argcount", "co_posonlyargcount", "co_kwonlyargcount"),
    *("co_nlocals", "co_stacksize", "co_flags", "co_firstlineno"),
)
TEXTS: Final = ("co_filename", "co_name", *(("co_qualname",) if sys.version_info >= (3, 11) else ()))
NAMES: Final = ("co_names", "co_varnames", "co_freevars", "co_cellvars")
BYTES: Final = (
    *("co_code", "co_linetable"),
    *(("co_exceptiontable",) if sys.version_info >= (3, 11) else ()),
)


class BadFile(ValueError):  # noqa: N818 - the file is bad, as its code may be
    """A file that does not say what it must: its name, and what is missing or wrong."""


@dataclass(frozen=True)
class BadCode:
    """One file.

    `python`: versions, as `3.11` or `3.11-3.12`. `verdict`: the invariant of the first violation in the code
    or the codes nested in it, or `accepted`. `release`, `debug`: how executing it ends there, as `returned`,
    `raised` or `died SIGSEGV`, or two of these with ` or ` between where memory decides. `wrong`: a sentence.
    `gap`: what the verifier does not see yet, so that its verdict is another.
    """

    name: str
    python: str
    wrong: str
    verdict: str
    release: str
    debug: str
    code: CodeType
    arguments: tuple[Any, ...] = ()
    gap: str = ""

    def function(self) -> FunctionType:
        """The function to call; the names of `samples.py` are its globals."""
        return FunctionType(self.code, dict(vars(samples)), self.code.co_name)

    @property
    def ends(self) -> set[str]:
        """How it may end on the running build, without the signals, which may differ between two builds."""
        text = self.debug if hasattr(sys, "gettotalrefcount") else self.release
        return {end.partition(" ")[0] for end in text.split(" or ")}


def first_invariant(code: CodeType, verify: Callable[[CodeType], Report]) -> str:
    """The first violation of the code, or of a code nested in it; else `accepted`."""
    for violation in verify(code).violations:
        return violation.invariant
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and (found := first_invariant(constant, verify)) != ACCEPTED:
            return found
    return ACCEPTED


def versions(text: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """The first and last Python that `3.11` or `3.11-3.12` names."""
    first, _, last = text.partition("-")
    return _version(first), _version(last or first)


def _version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)


def applies(text: str) -> bool:
    """Whether the running Python is among the versions."""
    first, last = versions(text)
    return first <= sys.version_info[:2] <= last


# Constants. JSON has null, booleans, integers and strings; anything else is an object with one key, its type.

_SEQUENCES: Final[dict[type, str]] = {tuple: "tuple", list: "list", frozenset: "frozenset", set: "set"}
_FROM_SEQUENCE: Final[dict[str, Callable[[Any], Any]]] = {name: kind for kind, name in _SEQUENCES.items()}


def encode(value: object) -> Any:
    """The constant as JSON; raises TypeError for a type that has no form here."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) in _SEQUENCES:
        assert isinstance(value, (tuple, list, frozenset, set))
        return {_SEQUENCES[type(value)]: [encode(item) for item in value]}
    if isinstance(value, CodeType):
        return {"code": encode_code(value)}
    if type(value) is float:
        return {"float": value.hex()}
    if type(value) is complex:
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if type(value) is bytes:
        return {"bytes": value.hex()}
    if type(value) is dict:
        return {"dict": [[encode(key), encode(held)] for key, held in value.items()]}
    if isinstance(value, BaseException):
        return {"exception": [type(value).__name__, [encode(part) for part in value.args]]}
    name = "Ellipsis" if value is ... else getattr(value, "__name__", "")
    if getattr(builtins, name, None) is value:
        return {"builtin": name}
    raise TypeError(f"no form for a constant of type {type(value).__name__}: add it to encode and decode")


def decode(form: Any) -> Any:
    """The constant that `encode` wrote; raises ValueError for a form that is not known."""
    if not isinstance(form, dict):
        return form
    ((kind, held),) = form.items()
    if kind in _FROM_SEQUENCE:
        return _FROM_SEQUENCE[kind](decode(item) for item in held)
    if kind == "code":
        return decode_code(held)
    if kind == "float":
        return float.fromhex(held)
    if kind == "complex":
        return complex(*map(float.fromhex, held))
    if kind == "bytes":
        return bytes.fromhex(held)
    if kind == "dict":
        return {decode(key): decode(value) for key, value in held}
    if kind == "exception":
        return getattr(builtins, held[0])(*map(decode, held[1]))
    if kind == "builtin":
        return getattr(builtins, held)
    raise ValueError(f"{kind!r} is no type of constant")


def encode_code(code: CodeType) -> dict[str, Any]:
    """Every field that it takes to build the code again."""
    return {
        **{name: getattr(code, name) for name in (*TEXTS, *NUMBERS)},
        **{name: list(getattr(code, name)) for name in NAMES},
        "co_consts": [encode(constant) for constant in code.co_consts],
        **{name: getattr(code, name).hex() for name in BYTES},
    }


def decode_code(form: dict[str, Any]) -> CodeType:
    """The code object; raises KeyError where a field is missing."""
    fields: dict[str, Any] = {name: form[name] for name in (*TEXTS, *NUMBERS)}
    fields |= {name: tuple(form[name]) for name in NAMES}
    fields |= {name: bytes.fromhex(form[name]) for name in BYTES}
    fields["co_consts"] = tuple(map(decode, form["co_consts"]))
    return (lambda: None).__code__.replace(**fields)


# Files.

_PLAIN: Final = ("python", "wrong", "verdict", "release", "debug")


def write(bad: BadCode, folder: Path = FOLDER) -> Path:
    """Write the file; its path."""
    form: dict[str, Any] = {name: getattr(bad, name) for name in _PLAIN}
    if bad.gap:
        form["gap"] = bad.gap
    form["arguments"] = [encode(argument) for argument in bad.arguments]
    form["code"] = encode_code(bad.code)
    path = folder / f"{bad.name}.json"
    path.write_text(json.dumps(form, indent=2) + "\n")
    return path


def python_of(path: Path) -> str:
    """The versions that the file is for; its code can be built on no other."""
    python = _form(path)["python"]
    assert isinstance(python, str)
    return python


def _form(path: Path) -> dict[str, Any]:
    form = json.loads(path.read_text())
    missing = [name for name in (*_PLAIN, "code") if name not in form]
    if missing:
        raise BadFile(f"{path.name} lacks {', '.join(missing)}")
    assert isinstance(form, dict)
    return form


def read(path: Path) -> BadCode:
    """The file's code; raises BadFile, or ValueError where this Python refuses to build it."""
    form = _form(path)
    plain = {name: form[name] for name in _PLAIN}
    arguments = tuple(map(decode, form.get("arguments", ())))
    code = decode_code(form["code"])
    return BadCode(name=path.stem, code=code, arguments=arguments, gap=form.get("gap", ""), **plain)


def files(folder: Path = FOLDER) -> Iterator[Path]:
    """All files, by name."""
    return iter(sorted(folder.glob("*.json")))
