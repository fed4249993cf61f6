"""Iterators and views in plain Python, and what they are made of.

Claim: see `makers.py`. Nothing is consumed: an iterator is left where it stands.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

MAKERS: dict[str, Callable[..., Any]] = {
    "zip": zip,
    "keys": lambda held: held.keys(),
    "values": lambda held: held.values(),
    "items": lambda held: held.items(),
}


def left_of_zip(value: Any) -> list[Any]:
    """The iterators that a zip still has; it is not moved."""
    return list(value.__reduce__()[1])


def viewed(value: Any) -> list[Any]:
    """The dict that a view shows."""
    return gc.get_referents(value)


LEADS: dict[str, dict[tuple[tuple[str, int | str], ...], int]] = {
    name: {(("part", 0),): 0} for name in ("keys", "values", "items")
}

_HELD: tuple[dict[Any, Any], ...] = ({}, OrderedDict())

PARTS: dict[type, Callable[[Any], list[Any]]] = {
    zip: left_of_zip,
    **{type(view): viewed for held in _HELD for view in (held.keys(), held.values(), held.items())},
}
