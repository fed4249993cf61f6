"""Tensors that hold other tensors, and modes, without any compiler's own classes.

Claim: see `makers.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Parameter:
    """What a graph learns: all that is known of it is its gradient."""

    __slots__ = ("grad",)

    def __init__(self, grad: Any) -> None:
        self.grad = grad


class Mode:
    """A mode that changes nothing."""


MAKERS: dict[str, Callable[..., Any]] = {"parameter": Parameter, "mode_on_stack": Mode}

PARTS: dict[type, Callable[[Any], list[Any]]] = {
    Parameter: lambda value: [value.grad],
    Mode: lambda value: [],
}
