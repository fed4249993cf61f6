"""Makers of iterators, of views of what something holds, and of what is made of the items of something.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.roles import (
    ANY,
    DICT,
    ELEMENT,
    FUNCTION,
    HOLDER,
    INT,
    ITERABLE,
    NUMBER,
    PREDICATE,
    RANGE,
    SEQUENCE,
    SIZE,
    Maker,
)

ITERATORS: dict[str, Maker] = {
    "zip": Maker(rest=ITERABLE, existing="loaded", apart=True),
    "zip_strict": Maker(rest=ITERABLE, weight=5, apart=True),
    "map": Maker((FUNCTION, ITERABLE), ITERABLE, existing="loaded", apart=True),
    "filter": Maker((PREDICATE, ITERABLE), existing="loaded", apart=True),
    "count": Maker((NUMBER, NUMBER), existing="always", changes=("advance",)),
    "repeat": Maker((ANY,), existing="loaded", apart=True),
    "range_iterator": Maker((RANGE,), existing="always", changes=("advance", "drain")),
    "reversed_range": Maker((RANGE,), weight=2),
    "enumerate": Maker((SEQUENCE, INT), weight=1),
    "chain": Maker(rest=SEQUENCE, weight=1),
}
"""Iterators over what they are given; new ones have given nothing yet. (What one that stands further on would
be is the same maker over iterators that stand there.) A compiler that tracks what an iterator would give, and
not the iterator, gets the last two wrong each time: they are rare. `reversed` of a list is not among them: it
asks for the length, and a list that may hold itself is filled last."""

VIEWS: dict[str, Maker] = {
    "keys": Maker((DICT,), existing="rebuilt", constant=True, weight=12, apart=True),
    "values": Maker((DICT,), existing="loaded", apart=True),
    "items": Maker((DICT,), existing="loaded", apart=True),
    "mapping_proxy": Maker((DICT,), existing="always", constant=True, apart=True),
    "attributes": Maker((HOLDER,), weight=7),
}
"""What shows the contents of something else; `attributes` is the `__dict__` itself."""

COLLECTED: dict[str, Maker] = {
    "ordered_set": Maker(
        rest=ELEMENT, existing="rebuilt", constant=True, changes=("add", "discard", "clear")
    ),
    "size": Maker(rest=SIZE, existing="rebuilt", constant=True),
}
"""Values of a compiler's own classes: an ordered set of the elements, a tuple of sizes."""
