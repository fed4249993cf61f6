"""What a maker is, and the roles that its arguments have.

Claim: a role alone decides whether a node may be given to a maker at a place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from generators.nodes import (
    ConstantNode,
    DictNode,
    FunctionNode,
    ListNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    SetNode,
    TensorNode,
    TupleNode,
)

Existing = Literal["never", "always", "loaded", "rebuilt"]
"""What becomes of a value that exists beforehand: there is `never` one; it is `always` loaded, since its
changes must not be lost; it is `loaded`, or refused where it may not be; it is `rebuilt` where it may be."""


@dataclass(frozen=True, slots=True)
class Role:
    """What an argument may be: a node that `accepts` says yes to; `told` completes "is …"."""

    told: str
    accepts: Callable[[Node], bool]


def _of(told: str, *kinds: type[Any]) -> Role:
    return Role(told, lambda node: isinstance(node, kinds))


def _constant(told: str, *types: type[Any]) -> Role:
    return Role(told, lambda node: isinstance(node, ConstantNode) and type(node.value) in types)


ANY = Role("any value", lambda node: True)
LIST = _of("a list", ListNode)
TUPLE = _of("a tuple", TupleNode)
SEQUENCE = _of("a list or a tuple", ListNode, TupleNode)
DICT = _of("a dict or an ordered dict", DictNode, OrderedDictNode)
SET = _of("a set", SetNode)
FUNCTION = _of("a function", FunctionNode)
OBJECT = _of("an object", ObjectNode)
TENSOR = _of("a tensor", TensorNode)
INT = _constant("a constant int", int)
FLAG = _constant("True or False", bool)
TEXT = _constant("a constant string", str)


@dataclass(frozen=True, slots=True)
class Maker:
    """`takes`: the roles of its arguments; `rest`: that of any number more. `weight`: how often it is drawn.

    `existing`: see there. `new`: may the frame make one itself? `refused`: a codegen may refuse a new one,
    with the reason in this text."""

    takes: tuple[Role, ...] = ()
    rest: Role | None = None
    existing: Existing = "never"
    weight: int = 10
    refused: str = ""
    new: bool = True

    def role(self, position: int) -> Role | None:
        """The role of the argument at a position; None: there is none."""
        return self.takes[position] if position < len(self.takes) else self.rest
