"""What makers make, in plain Python: the one place that says what a `made` node stands for.

Claim: `make(name, …)` gives what a program gets that calls the maker of this name. What is compared of two
such values stands here too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oracles import makers_effects as effects
from oracles import makers_iterators as iterators
from oracles import makers_tensors as tensors


def make(name: str, *arguments: Any) -> Any:
    """What the maker makes of the arguments."""
    return MAKERS[name](*arguments)


MAKERS: dict[str, Callable[..., Any]] = {**iterators.MAKERS, **effects.MAKERS, **tensors.MAKERS}
"""Name -> the maker; a compiler that has something of its own in its place says so (`Classes.makers`)."""

PARTS: dict[type, Callable[[Any], list[Any]]] = {**iterators.PARTS, **effects.PARTS, **tensors.PARTS}
"""Type -> what a value of it is made of: two values are equal if all parts are."""
