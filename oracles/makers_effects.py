"""What is there for its effects, in plain Python, and what it is made of.

Claim: as in `makers.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any


class Context:
    """Stands for the object that a function of automatic differentiation gets to keep things in."""


MAKERS: dict[str, Callable[..., Any]] = {"random": random.Random, "autograd_context": Context}

PARTS: dict[type, Callable[[Any], list[Any]]] = {
    random.Random: lambda value: [repr(value.getstate())],
    Context: lambda value: [],
}
