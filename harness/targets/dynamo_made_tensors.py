"""Torch's own trackers of tensors that hold other tensors.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def _parameter(grad: torch.Tensor) -> torch.nn.Parameter:
    # over the memory of its gradient, so that it is the same in both worlds
    made = torch.nn.Parameter(grad.detach(), requires_grad=False)
    made.grad = grad
    return made


MAKERS: dict[str, Callable[..., Any]] = {"parameter": _parameter}
"""Name of a maker -> torch's own."""
