"""Makers of tuples of users' classes, and of existing objects of odd classes.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.makers_values import named
from generators.roles import ANY, Maker

ODD_NAMES = (
    *("EqualToAll", "EqualToNone", "Empty", "Undecided", "Endless", "Anything", "Callable_"),
    *(
        "Frozen",
        "Frozen",
        "Frozen",
        "Bare",
        "LocalClass",
        "staticmethod",
        "classmethod",
        "property",
        "cached",
    ),
)
ODD_NAME = named("an odd class", ODD_NAMES)


ODD: dict[str, Maker] = {
    "pair": Maker((), ANY, existing="loaded", weight=6, aside=True),
    "fields": Maker((), ANY, existing="loaded", weight=4, aside=True),
    "pair_noted": Maker((ANY,), ANY, existing="loaded", weight=5, aside=True),
    "odd": Maker((ODD_NAME,), ANY, existing="loaded", weight=150, stands="beforehand"),
}
