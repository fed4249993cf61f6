"""What makers make, in plain Python: the one place that says what a `made` node stands for.

Claim: `make(name, …)` gives what a program gets that calls the maker of this name. What is compared of two
such values stands here too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from oracles import makers_callables as callables
from oracles import makers_contexts as contexts
from oracles import makers_effects as effects
from oracles import makers_exceptions as exceptions
from oracles import makers_iterators as iterators
from oracles import makers_odd as odd
from oracles import makers_tensors as tensors
from oracles import makers_torch as of_torch
from oracles import makers_values as values

Step: TypeAlias = "tuple[str, int | str]"
"""As in `values.py`."""


def make(name: str, *arguments: Any) -> Any:
    """What the maker makes of the arguments."""
    return MAKERS[name](*arguments)


MAKERS: dict[str, Callable[..., Any]] = {
    **iterators.MAKERS,
    **values.MAKERS,
    **exceptions.MAKERS,
    **callables.MAKERS,
    **odd.MAKERS,
    **contexts.MAKERS,
    **of_torch.MAKERS,
    **effects.MAKERS,
    **tensors.MAKERS,
}
"""Name -> the maker; a compiler that has something of its own in its place says so (`Classes.makers`)."""

PARTS: dict[type, Callable[[Any], list[Any]]] = {
    **iterators.PARTS,
    **exceptions.PARTS,
    **callables.PARTS,
    **odd.PARTS,
    **contexts.PARTS,
    **of_torch.PARTS,
    **effects.PARTS,
    **tensors.PARTS,
}
"""Type -> what a value of it is made of: two values are equal if all parts are. What is no part of a value
but found out about it has to be an atom: nothing keeps it alive while its identity is looked at."""

PARTS_BY_NAME: dict[str, Callable[[Any], list[Any]]] = {
    **iterators.PARTS_BY_NAME,
    **contexts.PARTS_BY_NAME,
    **of_torch.PARTS_BY_NAME,
}
"""The same for classes that are not to be imported here, by `module.name`."""

CONSTANT: frozenset[str] = frozenset(iterators.CONSTANT)
"""Names of types of tuples that have no identity where all in them has none: each use is a `LOAD_CONST`."""

LEADS: dict[str, dict[tuple[Step, ...], int]] = {
    **contexts.LEADS,
    **exceptions.LEADS,
    **callables.LEADS,
    **odd.LEADS,
}
"""Name of a maker -> the steps that lead, in a value, to what it was made of: to the argument at a place."""

TAKEN_OVER: dict[str, tuple[frozenset[str], int]] = {**contexts.TAKEN_OVER}
"""Name of a maker -> the kinds of steps that lead, in a value, where they lead in the argument at a place."""

INNER: dict[str, Callable[[Any], list[Any]]] = {**contexts.INNER}
"""Name of a maker -> the objects that a value has made for itself and that others can tell apart: where it
may be made twice, so may they."""


def parts_of(kind: type) -> Callable[[Any], list[Any]] | None:
    """What values of the class are made of, or None where no maker makes them."""
    return PARTS.get(kind) or PARTS_BY_NAME.get(f"{kind.__module__}.{kind.__qualname__}")


def implied(value: Any) -> list[Any]:
    """What the maker of the value made itself on its way, where it did: the iterators over its arguments."""
    parts = parts_of(type(value))
    return [] if parts is None else [part for part in parts(value) if hasattr(type(part), "__next__")]
