"""The documented differences of a compiler: what its run may leave otherwise than Python does.

Claim: each row says what is let through and where that is documented; nothing else is let through, and each
use is counted (`HeapWalk.allowed`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy

if TYPE_CHECKING:
    from oracles.heap import HeapWalk
    from oracles.values import Path

ADDED_GLOBALS: Final = "globals that the compiler adds (torch/_dynamo/output_graph.py: install_global_by_id)"

CACHE: Final = (
    "an lru_cache is traced through (warning of torch/_dynamo/variables/functions.py: "
    "WrapperUserFunctionVariable)"
)

NO_SCALARS: Final = "a number of numpy is an array without dimensions (RFC 0032; torch/_numpy/_dtypes.py)"

OWN_OBJECTS: Final = "an object of the compiler's own classes, which keeps its own state (torch/_dynamo)"

ADDED_ATTRIBUTES: Final[dict[str, str]] = {
    "_dynamo_static_input_type": "the mark of tensors that stay where they are (torch/_dynamo/decorators.py: "
    "mark_static_address)",
    "_is_torch_compile": "the mark of a compiled module (torch/_dynamo/eval_frame.py: OptimizedModule)",
}
"""Attributes that only the compiled side may have."""

NUMBERED: Final[dict[str, str]] = {
    "_torchdynamo_wrapper_id": "the address of a wrapper (torch/_dynamo/eval_frame.py: DisableContext)",
    "_autograd_function_id": "the number of a class of autograd functions (torch/autograd/function.py: "
    "AUTOGRAD_FUNCTION_COUNTER)",
}
"""Attributes that hold a number that is used once in a process."""


def without(
    walk: HeapWalk, mine: dict[str, Any], theirs: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes of an actual and of an expected object without those that may differ."""
    gone = set()
    for name, why in ADDED_ATTRIBUTES.items():
        if name in mine and name not in theirs:
            walk.allowed[why] += 1
            gone.add(name)
    for name, why in NUMBERED.items():
        if type(mine.get(name)) is type(theirs.get(name)) is int and mine[name] != theirs[name]:
            walk.allowed[why] += 1
            gone.add(name)
    kept = [{name: held for name, held in each.items() if name not in gone} for each in (mine, theirs)]
    return kept[0], kept[1]


def globals_without(
    walk: HeapWalk, mine: dict[str, Any], theirs: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The globals of an actual and an expected namespace without what the compiler was seen to add."""
    added = {name for name in walk.added if (name in mine) != (name in theirs)}
    if added:
        walk.allowed[ADDED_GLOBALS] += len(added)
    kept = [{name: held for name, held in each.items() if name not in added} for each in (mine, theirs)]
    return kept[0], kept[1]


def own_object(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    """The rule for what `of_the_compiler` is true of: nothing is looked into."""
    walk.allowed[OWN_OBJECTS] += 1


def of_the_compiler(kind: type) -> bool:
    """Is the class one of the compiler's own?"""
    return kind.__module__.startswith("torch._dynamo.")


def other_class(walk: HeapWalk, actual: Any, expected: Any) -> bool:
    """May the two be of two classes?"""
    if (
        issubclass(type(expected), numpy.generic)
        and type(actual) is numpy.ndarray
        and actual.shape == ()
        and actual.dtype == expected.dtype
    ):
        walk.allowed[NO_SCALARS] += 1
        return True
    return False
