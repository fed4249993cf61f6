"""Values of any program in a few words, without its methods being called."""

from __future__ import annotations

import reprlib
from typing import Any

from oracles.heap_attributes import attributes_of, dict_of
from oracles.heap_members import HEAP_TYPE, Raised, Returned
from oracles.members import ATOM_BITS
from oracles.values import atom_text

WIDEST = 300
MEMBERS = 12
DEEPEST = 4


def text(value: Any) -> str:
    """The value on one line of at most WIDEST characters."""
    told = " ".join(_told(value, DEEPEST, ()).split())
    return told if len(told) <= WIDEST else told[: WIDEST - 1] + "…"


def _told(value: Any, depth: int, outer: tuple[int, ...]) -> str:
    kind = type(value)
    if issubclass(kind, type):
        return f"class {value.__qualname__}"
    if kind in ATOM_BITS:
        return atom_text(value)
    if id(value) in outer or not depth:
        return "…"
    inner = (*outer, id(value))
    if kind is Returned:
        return f"returned {_told(value.value, depth, inner)}"
    if kind is Raised:
        return f"raised {_told(value.error, depth, inner)}"
    if issubclass(kind, BaseException):
        given = BaseException.__dict__["args"].__get__(value)
        return f"{kind.__name__}({', '.join(_each(given, depth, inner))})"
    if issubclass(kind, dict):
        pairs = [
            f"{_told(key, depth - 1, inner)}: {_told(held, depth - 1, inner)}"
            for key, held in list(dict.items(value))[:MEMBERS]
        ]
        return f"{_named(kind, dict)}{{{', '.join(pairs)}}}"
    for base, (left, right) in _BRACKETS.items():
        if issubclass(kind, base):
            members = _each(list(base.__iter__(value)), depth, inner)  # type: ignore[attr-defined]
            return f"{_named(kind, base)}{left}{', '.join(members)}{right}"
    if kind.__module__.partition(".")[0] in ("torch", "numpy"):
        return reprlib.repr(value)
    if dict_of(value) is not None and kind.__module__ != "builtins":
        held = [
            f"{name}={_told(each, depth - 1, inner)}"
            for name, each in list(attributes_of(value).items())[:MEMBERS]
        ]
        return f"{kind.__qualname__}({', '.join(held)})"
    name = None if kind.__flags__ & HEAP_TYPE else getattr(value, "__qualname__", None)
    return f"{kind.__name__} {name}" if isinstance(name, str) else f"a {kind.__name__}"


_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset{", "}"),
}


def _named(kind: type, base: type) -> str:
    return "" if kind is base else f"{kind.__name__} "


def _each(values: Any, depth: int, outer: tuple[int, ...]) -> list[str]:
    told = [_told(value, depth - 1, outer) for value in values[:MEMBERS]]
    return [*told, f"… {len(values) - MEMBERS} more"] if len(values) > MEMBERS else told
