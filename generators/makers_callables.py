"""Makers of callables that hold others, of what `super` gives, of methods of slots, and of formatted text.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.library import LIBRARY_CLASSES
from generators.makers_values import named
from generators.nodes import (
    BoundMethodNode,
    ConstantNode,
    FunctionNode,
    LibraryNode,
    MadeNode,
    Node,
    PartialNode,
    SymbolicNode,
)
from generators.roles import ANY, LIST, OBJECT, Maker, Role

SLOTS = ("__str__", "__repr__", "__setattr__", "__hash__", "__eq__")
SLOT = named("a method of a slot", SLOTS)
TEXTS = ("{}{}", "{0}, {1}, {0}", "{}é{:>3}", "{0!r}{{}}{1}")
FORMAT = named("a text to format", TEXTS)

CALLABLE_MAKERS = frozenset({"builtin", "imported", "partial_of", "slot_method"})


CALLABLE_LIBRARY = frozenset({*LIBRARY_CLASSES, "Thing.method"})
"""What can be called of what the harness itself has."""


def _is_callable(node: Node) -> bool:
    if isinstance(node, MadeNode):
        return node.name in CALLABLE_MAKERS
    if isinstance(node, LibraryNode):
        return node.name in CALLABLE_LIBRARY
    return isinstance(node, FunctionNode | PartialNode | BoundMethodNode)


def _is_number(node: Node) -> bool:
    return isinstance(node, ConstantNode) and type(node.value) in (int, str)


CALLABLE = Role("something to call", _is_callable)
WHOLE_SYMBOL = Role(
    "a whole number of the graph", lambda node: isinstance(node, SymbolicNode) and node.type == "int"
)
SIMPLE = Role("a constant int or string", _is_number)

CALLABLES: dict[str, Maker] = {
    "partial_of": Maker((CALLABLE,), ANY, weight=20),
    "super": Maker((OBJECT,), weight=9),
    "slot_method": Maker((OBJECT, SLOT), existing="rebuilt", weight=10),
    "list_method": Maker((LIST,), existing="rebuilt", weight=4, stands="beforehand"),
    "format": Maker((FORMAT, WHOLE_SYMBOL, SIMPLE), weight=18),
}
