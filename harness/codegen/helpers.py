"""Functions that emitted code calls."""

from __future__ import annotations

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


def dict_keys_getitem(held: dict[Any, Any], position: int) -> Any:
    """The key at a position of a dict, whatever its class makes of `keys`."""
    return next(itertools.islice(dict.keys(held), position, None))


def set_getitem(held: set[Any], position: int) -> Any:
    """The element at a position of a set, as the set itself runs through them."""
    return next(itertools.islice(set.__iter__(held), position, None))


def to_tensor(array: Any) -> Any:
    """The tensor that an array lies over."""
    return array.memory
