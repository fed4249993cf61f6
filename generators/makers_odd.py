"""Makers of tuples of users' classes, of sizes, and of existing objects of odd classes.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.makers_callables import WHOLE_SYMBOL
from generators.makers_values import named
from generators.nodes import ConstantNode, Node, SymbolicNode
from generators.roles import ANY, Maker, Role

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


def _is_dimension(node: Node) -> bool:
    if isinstance(node, SymbolicNode):
        return WHOLE_SYMBOL.accepts(node)
    return isinstance(node, ConstantNode) and type(node.value) is int and 0 <= node.value < 2**31


DIMENSION = Role("a whole number that a tensor may have for its size", _is_dimension)

ODD: dict[str, Maker] = {
    "pair": Maker((), ANY, existing="loaded", weight=6, aside=True),
    "fields": Maker((), ANY, existing="loaded", weight=4, aside=True),
    "pair_noted": Maker((ANY,), ANY, existing="loaded", weight=5, aside=True),
    "size": Maker((DIMENSION,), DIMENSION, existing="rebuilt", weight=8),
    "odd": Maker((ODD_NAME,), ANY, existing="loaded", weight=50, new=False),
}
