"""Functions that emitted code calls."""

from __future__ import annotations

import collections
import itertools
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
