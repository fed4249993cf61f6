"""Tuples of users' classes, and existing objects of classes that a codegen is to ask nothing.

Claim: see `makers.py`. Nothing of an odd object is called while it is made or compared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from oracles.makers_values import LocalClass, cached, wrapped


class Pair(tuple[Any, ...]):
    """A tuple of a user's class, with a `__dict__`."""


class Fields(tuple[Any, ...]):
    """A tuple of a user's class, without a `__dict__`."""

    __slots__ = ()


TUPLES: tuple[type[Any], ...] = (Pair, Fields)


class _Odd:
    """An object that holds something."""

    def __init__(self, *held: Any) -> None:
        for at, value in enumerate(held):
            self.__dict__[f"held{at}"] = value


class EqualToAll(_Odd):
    """Equal to anything, with one hash for all."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class EqualToNone(_Odd):
    """Equal to nothing, itself included; it has no hash."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


class Empty(_Odd):
    """False, since it says that it has no length."""

    def __len__(self) -> int:
        return 0


class Undecided(_Odd):
    """Neither true nor false."""

    def __bool__(self) -> NoReturn:
        raise ValueError("nobody is to ask")

    def __eq__(self, other: object) -> bool:
        raise ValueError("nobody is to ask")

    def __hash__(self) -> int:
        raise ValueError("nobody is to ask")


class Endless(_Odd):
    """What is iterated over for ever."""

    def __iter__(self) -> Iterator[Endless]:
        return self

    def __next__(self) -> Endless:
        return self


class Anything(_Odd):
    """What has every attribute but those that Python asks for itself."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class Callable_(_Odd):  # noqa: N801 - Callable is what it is
    """What is called."""

    def __call__(self, *arguments: Any) -> Any:
        return arguments


@dataclasses.dataclass(frozen=True)
class Frozen:
    """A frozen dataclass."""

    first: Any = 1
    second: Any = None


@dataclasses.dataclass(init=False)
class Bare:
    """A dataclass without a constructor; its defaults are in its class."""

    first: int = 1
    second: Any = None


def _bare(*held: Any) -> Bare:
    made = Bare()
    for name, value in zip(("second", "first"), held, strict=False):
        setattr(made, name, value)
    return made


def _local(*held: Any) -> Any:
    made = LocalClass()
    for at, value in enumerate(held):
        setattr(made, f"held{at}", value)
    return made


ODD: dict[str, Callable[..., Any]] = {
    **{
        kind.__name__: kind
        for kind in (EqualToAll, EqualToNone, Empty, Undecided, Endless, Anything, Callable_)
    },
    "Frozen": Frozen,
    "Bare": _bare,
    "LocalClass": _local,
    "staticmethod": lambda *held: staticmethod(wrapped),
    "classmethod": lambda *held: classmethod(wrapped),
    "property": lambda *held: property(wrapped),
    "cached": lambda *held: cached,
}
"""How an odd object that holds at most two values is made, by name."""


def _with_note(value: Any, note: object) -> Any:
    value.note = note
    return value


MAKERS: dict[str, Callable[..., Any]] = {
    "pair": lambda *items: Pair(items),
    "fields": lambda *items: Fields(items),
    "pair_noted": lambda note, *items: _with_note(Pair(items), note),
    "odd": lambda name, *held: ODD[name](*held),
}


def _items(first: int) -> dict[tuple[tuple[str, int | str], ...], int]:
    """The items of a tuple, the first of which its maker was given at a place."""
    return {(("item", at),): first + at for at in range(64)}


LEADS: dict[str, dict[tuple[tuple[str, int | str], ...], int]] = {
    "pair": _items(0),
    "fields": _items(0),
    "pair_noted": {(("attribute", "note"),): 0, **_items(1)},
}
"""See `makers.py`."""


def _attributes(value: Any) -> list[Any]:
    """The attributes by name, whatever the class says of it."""
    held = object.__getattribute__(value, "__dict__")
    return [part for pair in held.items() for part in pair]


PARTS: dict[type, Callable[[Any], list[Any]]] = {
    **dict.fromkeys((EqualToAll, EqualToNone, Empty, Undecided, Endless, Anything, Callable_), _attributes),
    **dict.fromkeys((Frozen, Bare, LocalClass), _attributes),
    **dict.fromkeys((staticmethod, classmethod), lambda value: [value.__func__]),
    property: lambda value: [value.fget],
}
