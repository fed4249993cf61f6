"""Functions that emitted code calls."""

from __future__ import annotations

import collections
import contextlib
import itertools
import random
from collections.abc import Iterable, Iterator
from types import CellType
from typing import Any


def make_cell() -> CellType:
    """A new cell with nothing in it."""
    return CellType()


def to_numpy(tensor: Any) -> Any:
    """A new array over a tensor, wherever that is."""
    return tensor.numpy()


def to_subclass(tensor: Any, cls: type) -> Any:
    """A new tensor of a subclass over another tensor."""
    return tensor.as_subclass(cls)


def tuple_iterator_getitem(iterator: Any, index: int) -> Any:
    """The item that an iterator over a tuple gives after `index` others; it is not moved."""
    reduced = iterator.__reduce__()
    return reduced[1][0][reduced[2] + index]


def drain(iterator: Any) -> None:
    """Take all that an iterator has left."""
    collections.deque(iterator, maxlen=0)


def dict_keys_getitem(held: dict[Any, Any], position: int) -> Any:
    """The key at a position of a dict, whatever its class makes of `keys`."""
    return next(itertools.islice(dict.keys(held), position, None))


def set_getitem(held: set[Any], position: int) -> Any:
    """The element at a position of a set, as the set itself runs through them."""
    return next(itertools.islice(set.__iter__(held), position, None))


def to_tensor(array: Any) -> Any:
    """The tensor that an array lies over."""
    return array.memory


def refill(held: Any, contents: Any) -> None:
    """Put other contents (a list, or a dict) into an instance of a user's class, past the methods of that."""
    kind = next((base for base in _REFILLED if isinstance(held, base)), None)
    if kind is None:
        return
    kind.clear(held)
    if issubclass(kind, dict):
        for key, value in contents.items():
            kind.__setitem__(held, key, value)
    else:
        add = kind.add if issubclass(kind, set) else kind.append
        for value in contents:
            add(held, value)


_REFILLED: tuple[Any, ...] = (list, set, collections.deque, collections.OrderedDict, dict)
"""The types that users make classes of, the most special first."""


def set_attribute(held: Any, name: str, value: Any) -> None:
    """Set an attribute, past the `__setattr__` and the properties of its class."""
    if hasattr(held, "__dict__"):
        vars(held)[name] = value
    else:
        object.__setattr__(held, name, value)


def delete_attribute(held: Any, name: str) -> None:
    """Delete an attribute, past the `__delattr__` and the properties of its class."""
    if hasattr(held, "__dict__"):
        del vars(held)[name]
    else:
        object.__delattr__(held, name)


def filled(held: Any, contents: Any, names: tuple[str, ...], *attributes: Any) -> Any:
    """A new instance of a user's class, with contents and attributes."""
    refill(held, contents)
    for name, value in zip(names, attributes, strict=True):
        set_attribute(held, name, value)
    return held


def random_in_state(state: Any) -> random.Random:
    """A new generator of random numbers, in the state."""
    made = random.Random()
    made.setstate(state)
    return made


def list_getitem(held: list[Any], index: int) -> Any:
    """An item of a list, past the methods of its class."""
    return list.__getitem__(held, index)


def dict_getitem(held: dict[Any, Any], key: Any) -> Any:
    """What a dict has under a key, past the methods of its class."""
    return dict.__getitem__(held, key)


MODES: list[Any] = []
"""The stack of modes that have been entered, the innermost last."""


@contextlib.contextmanager
def entered(modes: Iterable[Any]) -> Iterator[None]:
    """While this goes on, these modes are on the stack, the first of them lowest."""
    before = len(MODES)
    MODES.extend(modes)
    try:
        yield
    finally:
        del MODES[before:]


def mode_at(index: int) -> Any:
    """The mode at a position of the stack; raises IndexError where there is none."""
    return MODES[index]
