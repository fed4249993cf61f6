"""What can be a key of a dict or an element of a set, and when two are one.

Claim: two hashable nodes have one identity exactly when a dict must not hold both as keys.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable, Sequence

from generators.forms import object_of
from generators.links import children
from generators.makers_values import EQUAL_TO, NAMED_KEYS
from generators.nodes import (
    AliasNode,
    ConstantNode,
    FrozensetNode,
    MadeNode,
    Node,
    ObjectNode,
    Scalar,
    TensorNode,
    TupleNode,
)

_NAN = object()
"""Marks the identity of a NaN: no constant, so that no tuple of constants can be mistaken for it."""

_BY_OBJECT = object()
"""Marks the identity of what is compared as an object."""

HASHABLE = frozenset({ConstantNode, TupleNode, FrozensetNode, AliasNode, TensorNode, ObjectNode, MadeNode})
"""Kinds that can be keys and elements, provided that all they hold can."""


def hashable(nodes: Sequence[Node]) -> list[bool]:
    """For each node: can it be a key or an element? (Hashed by what it holds, or as an object.)"""
    found: list[bool] = []
    for at, node in enumerate(nodes):
        kind = type(node)
        if kind is ObjectNode:
            found.append(True)
        elif isinstance(node, MadeNode):
            found.append(node.name in NAMED_KEYS)
        else:
            found.append(kind in HASHABLE and all(child < at and found[child] for child in children(node)))
    return found


def key_identity(value: Scalar) -> Hashable:
    """Equal for two constants exactly when a dict must not hold both as keys: Python's equality, except
    that a NaN equals the NaN of the same bits (a merged constant is one object, and so one key)."""
    if isinstance(value, float) and value != value:
        return (_NAN, struct.pack("<d", value))
    if isinstance(value, complex) and value != value:
        return (_NAN, struct.pack("<dd", value.real, value.imag))
    return value


def node_identity(nodes: Sequence[Node], index: int) -> Hashable:
    """The identity of the key or element at a hashable node."""
    node = nodes[index]
    match node:
        case ConstantNode(value):
            return key_identity(value)
        case TupleNode(items):
            return tuple([node_identity(nodes, child) for child in items])
        case FrozensetNode(items):
            return frozenset([node_identity(nodes, child) for child in items])
        case AliasNode(of):
            return node_identity(nodes, of)
        case TensorNode(proxy):
            return (_BY_OBJECT, "proxy", object_of(proxy))
        case ObjectNode():
            return (_BY_OBJECT, "node", index)
        case MadeNode(made_by, (of, *_)) if made_by in NAMED_KEYS:
            name = getattr(nodes[of], "value", "")
            return EQUAL_TO.get(name, (_BY_OBJECT, made_by, name))
    raise TypeError(f"a {node.kind} node is no key")


def equals_itself(nodes: Sequence[Node], index: int) -> bool:
    """Does the key or element at a hashable node hold no NaN? One that does is found by identity only."""
    node = nodes[index]
    if isinstance(node, ConstantNode):
        return node.value == node.value
    return isinstance(node, ObjectNode | MadeNode) or all(
        equals_itself(nodes, child) for child in children(node)
    )
