"""Torch's own context managers, by the makers that stand for them in a case.

Claim: making one changes nothing of the process that is left changed.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch._dynamo
import torch.nn.attention
from torch.nn.attention import SDPBackend
from torch.overrides import TorchFunctionMode

from harness.targets.dynamo_here import there

BACKENDS = (SDPBackend.MATH, SDPBackend.FLASH_ATTENTION)


class UserMode(TorchFunctionMode):  # type: ignore[misc]
    """A mode of a user's class: what is called inside it is called as it is."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def _grad_mode(enabled: bool) -> Any:
    before = torch.is_grad_enabled()
    made = torch.set_grad_enabled(enabled)
    torch._C._set_grad_enabled(before)
    return made


def autocast_arguments(enabled: bool) -> tuple[Any, ...]:
    """What `autocast` is called with."""
    return "cpu", torch.bfloat16, enabled, True


_error_on_graph_break = there("torch._dynamo", "error_on_graph_break")
_override_cudagraphs = there("torch._dynamo", "override_cudagraphs")
_patch_config = there("torch._dynamo", "patch_dynamo_config")
_annotate = there("torch.fx.traceback", "annotate")

_DECORATORS = torch._dynamo.decorators.__name__
_CALLED: dict[Any, Any] = {
    there(_DECORATORS, "DynamoConfigPatchProxy"): _patch_config,
    there(_DECORATORS, "ErrorOnGraphBreakDecoratorContextManager"): _error_on_graph_break,
    there(_DECORATORS, "CudagraphOverrideContextManager"): _override_cudagraphs,
}
"""Class of a manager -> what is called to make one, where it is not the class."""

_GENERATORS: dict[str, Any] = {
    "disable_saved_tensors_hooks": torch.autograd.graph.disable_saved_tensors_hooks,
    "sdpa_kernel": torch.nn.attention._sdpa_kernel_variadic,
}
"""The same of managers that are written as generators, by the name of their function."""


def _entered(manager: Any) -> Any:
    if isinstance(manager, contextlib._GeneratorContextManager):
        return _GENERATORS[manager.func.__name__]
    return _CALLED.get(type(manager), type(manager))


MAKERS: dict[str, Callable[..., Any]] = {
    "grad_mode": _grad_mode,
    "no_grad": torch.no_grad,
    "autocast": lambda enabled: torch.amp.autocast(*autocast_arguments(enabled)),
    "catch_warnings": warnings.catch_warnings,
    "recorded_warnings": lambda recorded: warnings.catch_warnings(record=recorded),
    "disable_torch_function": torch._C.DisableTorchFunction,
    "disable_torch_function_subclass": torch._C.DisableTorchFunctionSubclass,
    "saved_tensors_hooks": torch.autograd.graph.disable_saved_tensors_hooks,
    # Dynamo warns that it ignores them, and puts a manager that does nothing in their place
    "record_function": lambda name: contextlib.nullcontext(),
    "sdpa_kernel": lambda: torch.nn.attention.sdpa_kernel(list(BACKENDS)),
    "sdpa_kernel_in_order": lambda: torch.nn.attention.sdpa_kernel(list(BACKENDS), set_priority=True),
    "annotate": lambda text: _annotate({"note": text}),
    "patched_config": lambda value: _patch_config(verbose=value),
    "error_on_graph_break": _error_on_graph_break,
    "cudagraphs": lambda forward, backward: _override_cudagraphs(fwd=forward, bwd=backward),
    "user_mode": UserMode,
    "entered": _entered,
}
"""Name of a maker -> what it is in a program that uses torch."""
