"""Values that every process has one of, by name: builtins, what libraries have, enum members, odd constants.

Claim: see `makers.py`. The same name gives the same object each time, so two worlds share it, and nothing is
compared but who it is.
"""

from __future__ import annotations

import abc
import builtins
import enum
import functools
import importlib
import typing
from collections.abc import Callable
from types import CodeType, GenericAlias
from typing import Any


class Colour(enum.Enum):
    """Members that are nothing but members."""

    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    """Members that are whole numbers: one equals 1, and is the same key."""

    LOW = 1
    HIGH = 256


class Word(str, enum.Enum):
    """Members that are strings."""

    X = "x"
    EMPTY = ""


class Right(enum.Flag):
    """Members that are combined."""

    READ = 1
    WRITE = 2


def _made_in_a_function() -> tuple[type[Any], Callable[..., Any]]:
    class Local:
        """A class that no module holds under the name it says."""

    def nested() -> type[Any]:
        return Local

    return Local, nested


LocalClass, nested_function = _made_in_a_function()


@functools.lru_cache
def cached(value: Any) -> Any:
    """A function that remembers what it gave."""
    return value


@functools.wraps(cached)
def wrapped(value: Any) -> Any:
    """A function that says that it is another."""
    return value


class Holder:
    """What has methods that are not of an object."""

    @staticmethod
    def static() -> None:
        """A function that is got from a class."""

    @classmethod
    def of_class(cls) -> None:
        """A method bound to the class."""


def imported(name: str) -> Any:
    """What `module:attribute` names."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


MEMBERS: dict[str, Any] = {
    f"{member.__class__.__name__}.{member.name}": member
    for kind in (Colour, Level, Word, Right)
    for member in kind
}
"""Members of enums by name."""

GENERICS: dict[str, Any] = {
    "list[int]": list[int],
    "dict[str, list[int]]": dict[str, list[int]],
    "typing.List[int]": typing.List[int],  # noqa: UP006 - the old form is a value of another type
    "typing.Optional[int]": typing.Optional[int],  # noqa: UP045 - as above
}
"""Generic types: constants, of which an equal one is as good."""

CONSTANTS: dict[str, Any] = {
    "Right.READ|WRITE": Right.READ | Right.WRITE,
    "a code object": imported.__code__,
    "NoneType": type(None),
}
"""Constants that have no name in a module."""

KERNEL: dict[str, Any] = {
    name: object()
    for name in (
        *("float32", "int64", "bool", "cpu", "strided", "contiguous_format", "preserve_format"),
        *("add", "Size", "Linear", "relu"),
    )
}
"""What a tensor compiler has values of its own for; here nothing is known of them but who they are."""


MAKERS: dict[str, Callable[..., Any]] = {
    "builtin": lambda name: getattr(builtins, name),
    "imported": imported,
    "enum_member": MEMBERS.__getitem__,
    "generic_type": GENERICS.__getitem__,
    "odd_constant": CONSTANTS.__getitem__,
    "kernel_function": KERNEL.__getitem__,
    "kernel_constant": KERNEL.__getitem__,
}

ATOMS: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys({GenericAlias, *map(type, GENERICS.values())}, lambda value: value),
    **dict.fromkeys((enum.EnumMeta, abc.ABCMeta, CodeType, Colour, Level, Word, Right), id),
    # before 3.11 it is no class
    **({type(typing.Any): id} if isinstance(typing.Any, type) else {}),
}
"""Types that a code object holds constants of, and what two equal ones have in common: a generic type is as
good as an equal one, of the others there is one each."""
