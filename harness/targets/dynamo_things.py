"""Torch's own objects, by the makers that stand for them in a case.

Claim: as in `dynamo_contexts.py`.
"""

from __future__ import annotations

import collections
import functools
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.backends.cuda
from torch._functorch.pyfunctorch import VmapInterpreter
from torch._functorch.vmap import vmap_increment_nesting

from harness.targets.dynamo_contexts import UserMode
from harness.targets.dynamo_here import one_of


@functools.cache
def _level() -> Any:
    """What functorch knows a level of `vmap` by; the level itself is left."""
    with vmap_increment_nesting(2, "error"):
        return torch._C._functorch.peek_interpreter_stack()


@functools.cache
def _mode() -> UserMode:
    return UserMode()


def _removed_handle() -> Any:
    handle = torch.ones(1, requires_grad=True).register_hook(lambda gradient: gradient)
    handle.remove()
    return handle


class Opaque:
    """A constant of the graph whose class is registered as one that the compiler does not look into."""

    def __init__(self, held: int | str) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return type(other) is Opaque and type(other.held) is type(self.held) and other.held == self.held

    def __hash__(self) -> int:
        return hash(self.held)

    def __fx_repr__(self) -> tuple[str, dict[str, type]]:
        return f"Opaque({self.held!r})", {"Opaque": Opaque}


_MODULE = "torch._library.opaque_object"
_REGISTER = one_of((_MODULE, "register_custom_class"), (_MODULE, "register_opaque_type"))
IS_OPAQUE = bool(_REGISTER)
if IS_OPAQUE:
    _REGISTER(Opaque, typ="constant" if _REGISTER.__name__ == "register_custom_class" else "value")

MAKERS: dict[str, Callable[..., Any]] = {
    "stream": lambda: torch.Stream(device="cpu"),
    "event": lambda: torch.Event(device="cpu"),
    "storage": lambda tensor: tensor.untyped_storage(),
    "data_ptr": lambda tensor: tensor.data_ptr(),
    "dispatch_keys": torch._C._dispatch_keys,
    "interpreter": lambda: VmapInterpreter(_level()),
    "opaque": Opaque,
    "removed_handle": _removed_handle,
    "function_of_the_graph": lambda: torch.Tensor.add,
    "function_that_makes_a_manager": lambda: torch.autograd.graph.disable_saved_tensors_hooks,
    "function_that_logs": lambda: warnings.warn,
    "skipped_function": lambda: time.time,
    "function_mode": _mode,
    "hooks": lambda *functions: collections.OrderedDict(enumerate(functions)),
    "sdpa_params": lambda tensor: torch.backends.cuda.SDPAParams(
        tensor, tensor, tensor, None, 0.0, False, False
    ),
}
"""Name of a maker -> what it is in a program that uses torch."""
