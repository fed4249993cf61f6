"""Makers of what is there for its effects: random numbers, contexts of automatic differentiation.

Claim: as in `makers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from generators.roles import INT, Maker

MAKERS: Mapping[str, Maker] = {
    "random": Maker((INT,), existing="always", weight=7),
    "autograd_context": Maker(
        weight=11, refused="AutogradFunctionContextVariable escaped Dynamo-traced region"
    ),
}
