"""Makers of tensors that hold other tensors, and of modes that change what tensors do.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.roles import TENSOR, Maker

TENSORS: dict[str, Maker] = {
    "parameter": Maker((TENSOR,), existing="loaded", weight=0, stands="beforehand"),
    "mode_on_stack": Maker(existing="always", weight=0, stands="beforehand"),
}
"""A parameter whose gradient is the tensor given. It is drawn as the way to its gradient only.
And a mode, which is on the stack of modes while the code runs."""
