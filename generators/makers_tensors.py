"""Makers of tensors that hold other tensors.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.roles import TENSOR, Maker

TENSORS: dict[str, Maker] = {
    "parameter": Maker((TENSOR,), existing="loaded", weight=0, new=False),
}
"""A parameter whose gradient is the tensor given. It is drawn as the way to its gradient only."""
