"""Values made by hand for the tests of the comparison."""

from __future__ import annotations

import struct
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from functools import partial
from types import CellType, FunctionType
from typing import Any

from oracles.making import NAMED_TUPLES, Thing, code_of
from oracles.values import Difference, compare

NAN_BITS = 0x7FF8_0000_0000_0000


def nan(bits: int = NAN_BITS) -> float:
    return float(struct.unpack(">d", struct.pack(">Q", bits))[0])


def fresh(*values: Any) -> tuple[Any, ...]:
    """A new tuple: a display of constants would be one object wherever it stands."""
    return values


def thing(**attributes: Any) -> Thing:
    made = Thing()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def differ(
    actual: Any, expected: Any, paired: Iterable[tuple[Any, Any]] = (), unpromised: Iterable[Any] = ()
) -> Difference | None:
    """Compare one root."""
    return compare([(("root", 0), actual, expected)], paired, unpromised)


def kind_of(difference: Difference | None) -> str | None:
    return None if difference is None else difference.kind


def cell(*contents: Any) -> CellType:
    return CellType(*contents)


NAMESPACE: dict[str, Any] = {}
HELD: list[Any] = []


def function(
    *defaults: Any, closure: tuple[Any, ...] = (), globals_: dict[str, Any] = NAMESPACE, **keywords: Any
) -> FunctionType:
    """A new function with these defaults, by position and by keyword, over these cells."""
    code = code_of(len(defaults), tuple(keywords), len(closure))
    made = FunctionType(code, globals_, "nested", None, closure)
    made.__defaults__ = tuple(defaults) or None
    made.__kwdefaults__ = keywords or None
    return made


# makers of new values with an identity
IDENTIFIED: dict[str, Callable[[], Any]] = {
    "list": list,
    "dict": dict,
    "object": Thing,
    "tuple": lambda: fresh([]),
    "set": set,
    "deque": deque,
    "ordered_dict": OrderedDict,
    "range": lambda: range(3),
    "named_tuple": lambda: NAMED_TUPLES[1](1),
    "slice": lambda: slice([], None),
    "function": function,
    "partial": lambda: partial(function()),
    "cell": cell,
    "list iterator": lambda: iter([]),
    "tuple iterator": lambda: iter(()),
}
MAKERS, MADE = list(IDENTIFIED.values()), list(IDENTIFIED)
