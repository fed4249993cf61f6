"""What a maker is, and the roles that its arguments have.

Claim: a role alone decides whether a node may be given to a maker at a place.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from generators.forms import form_of
from generators.nodes import (
    ConstantNode,
    DefaultDictNode,
    DictNode,
    FunctionNode,
    IteratorNode,
    ListNode,
    MadeNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    RangeNode,
    SetNode,
    SymbolicNode,
    TensorNode,
    TupleNode,
)

Existing = Literal["never", "always", "loaded", "rebuilt"]
"""What becomes of a value that exists beforehand: there is `never` one; it is `always` loaded, since its
changes must not be lost; it is `loaded`, or refused where it may not be; it is `rebuilt` where it may be."""


Stands = Literal["anywhere", "beforehand", "on the stack"]
"""Where a value may be: `anywhere`; only `beforehand`, at a source, since no frame can make it; only `on the
stack` of a frame that is left in its middle, which is where a root is."""


@dataclass(frozen=True, slots=True)
class Role:
    """What an argument may be: a node that `accepts` says yes to; `told` completes "is …"."""

    told: str
    accepts: Callable[[Node], bool]


def _of(told: str, *kinds: type[Any]) -> Role:
    return Role(told, lambda node: isinstance(node, kinds))


def _constant(told: str, *types: type[Any]) -> Role:
    return Role(told, lambda node: isinstance(node, ConstantNode) and type(node.value) in types)


ITERATING = ("zip", "zip_strict", "map", "filter", "count", "repeat", "range_iterator")
"""Makers of what a compiler can go on to iterate over."""


def _can_be_iterated(node: Node) -> bool:
    if isinstance(node, MadeNode):
        return node.source is None and node.name in ITERATING
    return isinstance(node, ListNode | TupleNode | RangeNode | IteratorNode)


def _is_size(node: Node) -> bool:
    if isinstance(node, SymbolicNode):
        return node.type == "int"
    return isinstance(node, ConstantNode) and type(node.value) is int and 0 <= node.value < 2**63


def _is_number(node: Node) -> bool:
    # of a float that is not finite no more is known than its text says; a huge int cannot be added to one
    held = node.value if isinstance(node, ConstantNode) else None
    if type(held) is int:
        return held.bit_length() < sys.float_info.max_exp
    return type(held) is float and held - held == 0


def _is_element(node: Node) -> bool:
    # which of several NaN are one element is a matter of identity, and constants have none; what is no number
    # hashes differently in every process, and so a codegen that mixes elements up would mix them
    held = node.value if isinstance(node, ConstantNode) else None
    return isinstance(held, int | float | complex) and held == held


ANY = Role("any value", lambda node: True)
LIST = _of("a list", ListNode)
TUPLE = _of("a tuple", TupleNode)
SEQUENCE = _of("a list or a tuple", ListNode, TupleNode)
DICTS = (DictNode, OrderedDictNode, DefaultDictNode)
DICT = _of("a dict of any kind", *DICTS)
SET = _of("a set", SetNode)
FUNCTION = _of("a function", FunctionNode)
OBJECT = _of("an object", ObjectNode)
TENSOR = Role(
    "a tensor with a storage", lambda node: isinstance(node, TensorNode) and form_of(node.output).is_strided
)
INT = _constant("a constant int", int)
FLAG = _constant("True or False", bool)
TEXT = _constant("a constant string", str)
NUMBER = Role("a constant number that a float can hold", _is_number)
SIZE = Role("a constant int from 0 up or a symbolic int", _is_size)
ELEMENT = Role("a constant number that equals itself", _is_element)
RANGE = _of("a range", RangeNode)
ITERABLE = Role("a list, tuple, range or iterator", _can_be_iterated)
PREDICATE = Role(
    "a function or None",
    lambda node: isinstance(node, FunctionNode) or (isinstance(node, ConstantNode) and node.value is None),
)
HOLDER = _of("an object or a function", ObjectNode, FunctionNode)


def is_of_constants(nodes: Sequence[Node], at: int) -> bool:
    """Is the node a constant, or a dict whose keys are?"""
    node = nodes[at]
    keys = [key for key, _ in node.items] if isinstance(node, DICTS) else [at]
    return all(isinstance(nodes[key], ConstantNode) for key in keys)


@dataclass(frozen=True, slots=True)
class Maker:
    """`takes`: the roles of its arguments; `rest`: that of any number more. `weight`: how often it is drawn.

    `existing`, `stands`: see there. `refused`: a codegen may refuse a new one, for the reason in this text.
    `constant`: of an existing one the arguments, or the keys of a dict among them, are constants: of others
    a compiler knows nothing. `changes`: the effects that an existing one allows. `apart`: the parts of its
    value are its arguments, or iterators over them. `imported`: a new one is loaded from where a library has
    it, and may be refused where values are not to be loaded. `aside`: a compiler makes a new one before all
    that the stack is to hold."""

    takes: tuple[Role, ...] = ()
    rest: Role | None = None
    existing: Existing = "never"
    weight: int = 10
    refused: str = ""
    constant: bool = False
    changes: tuple[str, ...] = ()
    apart: bool = False
    imported: bool = False
    aside: bool = False
    stands: Stands = "anywhere"

    def role(self, position: int) -> Role | None:
        """The role of the argument at a position; None: there is none."""
        return self.takes[position] if position < len(self.takes) else self.rest
