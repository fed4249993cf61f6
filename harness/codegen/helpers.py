"""Functions that emitted code calls."""

from __future__ import annotations

from types import CellType


def make_cell() -> CellType:
    """A new cell with nothing in it."""
    return CellType()
