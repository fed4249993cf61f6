"""Context managers where no compiler's own are needed, and what each is made of.

Claim: see `makers.py`. Two managers are equal if they do the same when they are entered: what they were made
with, and how they are left again, as far as that was settled when they were made.

The mode that `set_grad_enabled` puts back is no part of it: making one changes the mode at once, so what the
next one finds depends on the order in which they are made, and in a compiled function the graph has changed
the mode before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import MethodType
from typing import Any


class Manager:
    """A context manager that does nothing, made with arguments; it decorates functions."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...

    def __call__(self, function: Any) -> Decorated:
        return Decorated(self, function)


class Decorated:
    """A function that runs inside a manager."""

    __slots__ = ("function", "manager")

    def __init__(self, manager: Any, function: Any) -> None:
        self.manager = manager
        self.function = function


class UserManager:
    """A context manager of a user's class: entering it gives what it was made with."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def __enter__(self) -> Any:
        return self.given

    def __exit__(self, *error: object) -> None: ...


_CLASSES: dict[str, type[Any]] = {
    name: type(name, (Manager,), {})
    for name in (
        *(
            "grad_mode",
            "no_grad",
            "autocast",
            "catch_warnings",
            "recorded_warnings",
            "disable_torch_function",
        ),
        *("disable_torch_function_subclass", "saved_tensors_hooks", "record_function", "sdpa_kernel"),
        *("sdpa_kernel_in_order", "annotate", "patched_config", "error_on_graph_break", "cudagraphs"),
        "user_mode",
    )
}
"""A class for each maker, so that none can stand for another."""

MAKERS: dict[str, Callable[..., Any]] = {
    **_CLASSES,
    "null_of": contextlib.nullcontext,
    "user_manager": UserManager,
    "decorated": lambda manager, function: manager(function),
    "entered": type,
}


def _of_generator(value: Any) -> list[Any]:
    """What the function of a manager that is written as a generator was given; it has not begun."""
    given = value.gen.gi_frame.f_locals
    if "backends" in given:
        backends = given["backends"]
        several = backends if isinstance(backends, list | tuple) else (backends,)
        return [*(backend.name for backend in several), bool(given.get("set_priority", False))]
    return [value.func.__name__, repr(given)]


PARTS: dict[type, Callable[[Any], list[Any]]] = {
    Decorated: lambda value: [value.manager, value.function],
    contextlib._GeneratorContextManager: _of_generator,
}

LEADS: dict[str, dict[tuple[tuple[str, int | str], ...], int]] = {
    "user_manager": {(("attribute", "given"),): 0},
    "decorated": {
        (("part", 0),): 0,
        (("part", 1),): 1,
        (("cell", 0), ("contents", 0), ("self", 0)): 0,
        (("cell", 0), ("contents", 0)): 0,
        (("cell", 1), ("contents", 0)): 1,
        (("attribute", "__wrapped__"),): 1,
    },
}


TAKEN_OVER: dict[str, tuple[frozenset[str], int]] = {
    "decorated": (frozenset({"annotation", "attribute", "doc"}), 1),
}


def _of_function(value: Any) -> list[Any]:
    """The cells of a function and the methods in them."""
    cells = list(getattr(value, "__closure__", None) or ())
    return [*cells, *(cell.cell_contents for cell in cells if type(cell.cell_contents) is MethodType)]


INNER: dict[str, Callable[[Any], list[Any]]] = {"decorated": _of_function}

PARTS_BY_NAME: dict[str, Callable[[Any], list[Any]]] = {
    "abc.ABCMeta": lambda value: [id(value)],  # a class, which nothing copies
    "warnings.catch_warnings": lambda value: [value._record, value._module.__name__, value._entered],
    "torch.autograd.grad_mode.set_grad_enabled": lambda value: [value.mode],
    "torch.autograd.grad_mode.no_grad": lambda value: [],
    "torch.amp.autocast_mode.autocast": lambda value: [
        *(value.device, str(value.fast_dtype), value._enabled, value._cache_enabled)
    ],
    "torch._C.DisableTorchFunction": lambda value: [],
    "torch._C.DisableTorchFunctionSubclass": lambda value: [],
    "torch._dynamo.decorators.ErrorOnGraphBreakDecoratorContextManager": lambda value: [
        value.error_on_graph_break
    ],
    "torch._dynamo.decorators.DynamoConfigPatchProxy": lambda value: [repr(value.changes)],
}
