"""Values that note what is read of them: what the containers and objects of a call case are.

Claim: between `started()` and its end every item and attribute that a program reads of such a value, the way
a source does (`value[...]`, `value.name`), is in the log, once for each time and in order; before and after
nothing is, and in all else the value behaves like the plain one it stands for.
"""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterator
from typing import Any, TypeAlias

Note: TypeAlias = "tuple[Any, str, Any]"
"""The value that was read of, `item` or `attribute`, and the index, key or name."""

_logs: list[list[Note]] = []
"""The logs that are being kept, the innermost last."""

PLAIN: dict[type[Any], type[Any]] = {}
"""A type of this module -> the plain type it stands for."""


@contextlib.contextmanager
def started() -> Iterator[list[Note]]:
    """The log, kept as long as this goes on."""
    log: list[Note] = []
    _logs.append(log)
    try:
        yield log
    finally:
        _logs.pop()


def plain_type(value: object) -> type[Any]:
    """The type of the value, or of the plain one that it stands for."""
    kind = type(value)
    return PLAIN.get(kind, kind)


def by_item(plain: type[Any]) -> type[Any]:
    """The type whose values note their items."""

    def __getitem__(self: Any, index: Any) -> Any:  # noqa: N807 - the method of the class made here
        if _logs:
            _logs[-1].append((self, "item", index))
        return plain.__getitem__(self, index)

    return _standing_for(plain, {"__getitem__": __getitem__})


def by_attribute(plain: type[Any]) -> type[Any]:
    """The type whose values note their attributes, but for those of every object."""

    read: Any = plain.__getattribute__

    def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807 - the method of the class made here
        if _logs and not name.startswith("__"):
            _logs[-1].append((self, "attribute", name))
        return read(self, name)

    return _standing_for(plain, {"__getattribute__": __getattribute__})


def _standing_for(plain: type[Any], methods: dict[str, Any]) -> type[Any]:
    made = type(f"Noting{plain.__name__}", (plain,), {**methods, "__module__": __name__})
    PLAIN[made] = plain
    return made


class Slice:
    """A slice that is not one: Python lets no class derive from slice."""

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        self.start, self.stop, self.step = start, stop, step


NotingList = by_item(list)
NotingTuple = by_item(tuple)
NotingDict = by_item(dict)
NotingOrderedDict = by_item(collections.OrderedDict)
NotingDefaultDict = by_item(collections.defaultdict)
NotingDeque = by_item(collections.deque)
NotingSlice = by_attribute(Slice)
PLAIN[NotingSlice] = slice
