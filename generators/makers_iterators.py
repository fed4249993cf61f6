"""Makers of iterators, and of views of what something holds.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.roles import DICT, SEQUENCE, Maker

ITERATORS: dict[str, Maker] = {
    "zip": Maker(rest=SEQUENCE),
}
"""Iterators over what they are given; new ones have given nothing yet."""

VIEWS: dict[str, Maker] = {
    "keys": Maker((DICT,), existing="loaded"),
    "values": Maker((DICT,), existing="loaded"),
    "items": Maker((DICT,), existing="loaded"),
}
"""What shows the contents of something else."""
