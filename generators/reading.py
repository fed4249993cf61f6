"""Reading the fields of a case's JSON form.

Claim: each of these gives a value of the type that it is named by, or raises a CaseError that names the field
and says what was expected there.
"""

from __future__ import annotations

import json
from typing import Any

from generators.rules import CaseError


def show(value: Any) -> str:
    """What was read in the place of what was expected, cut short."""
    # what is inside may be too deep or too large to write out
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    if isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value):
        return f"an array of {len(value)} entries"
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "…"


def members(data: Any, where: str, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object that has these fields alone, and all of them but the optional ones."""
    if not isinstance(data, dict):
        raise CaseError(where, f"expected an object, not {show(data)}")
    for wanted in names:
        if wanted not in data and wanted not in optional:
            raise CaseError(where, f"the field {wanted!r} is missing")
    for there in data:
        if there not in names:
            raise CaseError(where, f"unknown field {show(there)}; known are {', '.join(names)}")
    return data


def array(data: Any, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise CaseError(where, f"expected an array, not {show(data)}")
    return data


def index(data: Any, where: str) -> int:
    if type(data) is not int or data < 0:
        raise CaseError(where, f"expected a number from 0 up, not {show(data)}")
    return data


def integer(data: Any, where: str) -> int:
    if type(data) is not int:
        raise CaseError(where, f"expected a whole number, not {show(data)}")
    return data


def optional_index(data: Any, where: str) -> int | None:
    return None if data is None else index(data, where)


def optional_integer(data: Any, where: str) -> int | None:
    return None if data is None else integer(data, where)


def place(data: Any, where: str) -> int | str:
    return name(data, where) if type(data) is str else index(data, where)


def flag(data: Any, where: str) -> bool:
    if type(data) is not bool:
        raise CaseError(where, f"expected true or false, not {show(data)}")
    return data


def name(data: Any, where: str) -> str:
    if type(data) is not str:
        raise CaseError(where, f"expected a name, not {show(data)}")
    return data


def optional_name(data: Any, where: str) -> str | None:
    return None if data is None else name(data, where)


def texts(data: Any, where: str) -> tuple[str, ...]:
    return tuple(name(entry, f"{where}[{at}]") for at, entry in enumerate(array(data, where)))


def indices(data: Any, where: str) -> tuple[int, ...]:
    return tuple(index(entry, f"{where}[{at}]") for at, entry in enumerate(array(data, where)))


def pairs(data: Any, where: str) -> tuple[tuple[int, int], ...]:
    pairs = []
    for at, entry in enumerate(array(data, where)):
        pair = indices(entry, f"{where}[{at}]")
        if len(pair) != 2:
            raise CaseError(f"{where}[{at}]", f"expected a pair such as [0, 1], not {show(entry)}")
        pairs.append((pair[0], pair[1]))
    return tuple(pairs)


def named(data: Any, where: str) -> tuple[tuple[str, int], ...]:
    pairs = []
    for at, entry in enumerate(array(data, where)):
        if not isinstance(entry, list) or len(entry) != 2:
            raise CaseError(f"{where}[{at}]", f"expected [name, node], not {show(entry)}")
        pairs.append((name(entry[0], f"{where}[{at}][0]"), index(entry[1], f"{where}[{at}][1]")))
    return tuple(pairs)


def names(data: Any, where: str) -> tuple[tuple[str, int], ...]:
    if not isinstance(data, dict):
        raise CaseError(where, f"expected an object, not {show(data)}")
    return tuple((key, index(node, f"{where}.{key}")) for key, node in data.items())
