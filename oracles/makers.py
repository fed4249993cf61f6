"""What makers make, in plain Python: the one place that says what a `made` node stands for.

Claim: `make(name, …)` gives what a program gets that calls the maker of this name. What is compared of two
such values stands here too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from oracles import makers_contexts as contexts
from oracles import makers_iterators as iterators
from oracles import makers_torch as of_torch


def make(name: str, *arguments: Any) -> Any:
    """What the maker makes of the arguments."""
    return MAKERS[name](*arguments)


MAKERS: dict[str, Callable[..., Any]] = {**iterators.MAKERS, **contexts.MAKERS, **of_torch.MAKERS}
"""Name -> the maker; a compiler that has something of its own in its place says so (`Classes.makers`)."""

PARTS: dict[type, Callable[[Any], list[Any]]] = {**iterators.PARTS, **contexts.PARTS, **of_torch.PARTS}
"""Type -> what a value of it is made of: two values are equal if all parts are. What is no part of a value but
found out about it has to be an atom: nothing keeps it alive while its identity is looked at."""

PARTS_BY_NAME: dict[str, Callable[[Any], list[Any]]] = {**contexts.PARTS_BY_NAME, **of_torch.PARTS_BY_NAME}
"""The same for classes that are not to be imported here, by `module.name`."""


@functools.cache
def parts_of(kind: type) -> Callable[[Any], list[Any]] | None:
    """What values of the class are made of, or None where no maker makes them."""
    return PARTS.get(kind) or PARTS_BY_NAME.get(f"{kind.__module__}.{kind.__qualname__}")
