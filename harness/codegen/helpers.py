"""Functions that emitted code calls."""

from __future__ import annotations

import collections
import itertools
import random
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
