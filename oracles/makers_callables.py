"""Callables that hold others, what `super` gives, methods of slots, and formatted text, in plain Python.

Claim: see `makers.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import MethodWrapperType
from typing import Any


def own_class(value: Any) -> type[Any]:
    """The class in whose method `super()` is called with the object."""
    kind: type[Any] = type(value)
    return kind


MAKERS: dict[str, Callable[..., Any]] = {
    "partial_of": functools.partial,
    "super": lambda value: super(own_class(value), value),
    "slot_method": getattr,
    "list_method": lambda value: value.append,
    "format": lambda text, *arguments: text.format(*arguments),
}


PARTS: dict[type, Callable[[Any], list[Any]]] = {
    super: lambda value: [value.__thisclass__, value.__self__],
    MethodWrapperType: lambda value: [value.__name__, value.__self__],
}

LEADS: dict[str, dict[tuple[tuple[str, int | str], ...], int]] = {
    "super": {(("part", 1),): 0},
    "slot_method": {(("part", 1),): 0},
}
"""See `makers.py`."""
