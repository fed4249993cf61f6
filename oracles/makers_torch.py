"""A compiler's own objects where no compiler is needed, and what each is made of.

Claim: see `makers.py`.
"""

from __future__ import annotations

import collections
import operator
from collections.abc import Callable
from typing import Any


class Standing:
    """Stands in for an object that a compiler makes, of something or of nothing."""

    __slots__ = ("made_of",)

    def __init__(self, *made_of: Any) -> None:
        self.made_of = made_of


def _hooks(*functions: Any) -> dict[int, Any]:
    return collections.OrderedDict(enumerate(functions))


_NAMES = (
    *("stream", "event", "storage", "interpreter", "removed_handle", "function_mode", "sdpa_params"),
    "opaque",
)
_CLASSES: dict[str, type[Any]] = {name: type(name, (Standing,), {"__slots__": ()}) for name in _NAMES}

MAKERS: dict[str, Callable[..., Any]] = {
    **_CLASSES,
    "data_ptr": id,
    "dispatch_keys": lambda tensor: operator.index,
    "function_of_the_graph": lambda: operator.neg,
    "function_that_makes_a_manager": lambda: operator.pos,
    "function_that_logs": lambda: operator.not_,
    "skipped_function": lambda: operator.truth,
    "hooks": _hooks,
}

PARTS: dict[type, Callable[[Any], list[Any]]] = dict.fromkeys(
    _CLASSES.values(), lambda value: list(value.made_of)
)


def _is_removed(value: Any) -> bool:
    """Is there nothing that the handle of a hook could still remove?"""
    return value.id not in (value.hooks_dict_ref() or {})


PARTS_BY_NAME: dict[str, Callable[[Any], list[Any]]] = {
    "torch.Stream": lambda value: [repr(value)],
    "torch.Event": lambda value: [repr(value)],
    "torch.storage.UntypedStorage": lambda value: [value.data_ptr(), value.nbytes()],
    "harness.targets.dynamo_things.Opaque": lambda value: [value.held],
    "torch.DispatchKeySet": lambda value: [repr(value)],
    "torch._functorch.pyfunctorch.VmapInterpreter": lambda value: [id(value._cdata)],
    "builtins.method_descriptor": lambda value: [id(value)],
    "torch.utils.hooks.RemovableHandle": lambda value: [_is_removed(value)],
}
