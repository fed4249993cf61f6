"""Torch's own tensors that hold other tensors, and modes, and their trackers.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.variables.torch_function import TorchFunctionModeVariable
from torch.overrides import TorchFunctionMode

from harness.targets.dynamo_tracing import Made

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def _parameter(grad: torch.Tensor) -> torch.nn.Parameter:
    # over the memory of its gradient, so that it is the same in both worlds
    made = torch.nn.Parameter(grad.detach(), requires_grad=False)
    made.grad = grad
    return made


class PassingMode(TorchFunctionMode):  # type: ignore[misc]
    """A mode that changes nothing."""

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def entered(modes: Sequence[Any]) -> Iterator[None]:
    """While this goes on, these modes are on the stack, the first of them lowest.

    Raises RuntimeError where the stack is not the same at the end.
    """
    before = torch._C._len_torch_function_stack()
    for mode in modes:
        torch._C._push_on_torch_function_stack(mode)
    left: list[Any] = list(modes)
    try:
        yield
        left = [torch._C._get_function_stack_at(at) for at in range(torch._C._len_torch_function_stack())]
    finally:
        while torch._C._len_torch_function_stack() > before:
            torch._C._pop_torch_function_stack()
    if [id(mode) for mode in left[before:]] != [id(mode) for mode in modes]:
        raise RuntimeError(f"left {len(left)} modes on the stack, or in another order, of {len(modes)}")


MAKERS: dict[str, Callable[..., Any]] = {"parameter": _parameter, "mode_on_stack": PassingMode}
"""Name of a maker -> torch's own."""


def existing_mode(made: DynamoTrackers, at: int, where: Any) -> Any:
    """The tracker of a mode of a user's class, as Dynamo builds it."""
    value = made.world.objects[at]
    if value in made.side_effects:
        return made.side_effects[value]  # met before, by another source
    tracker = TorchFunctionModeVariable(value, source=where)
    return made.side_effects.track_object_existing(value, tracker)


MADE: dict[str, Made] = {"mode_on_stack": lambda made, at, node, where: existing_mode(made, at, where)}
