"""When two keys of a dict are one key.

Claim: two constants, or tuples of constants, have one identity exactly when a dict must not hold both.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable

from generators.case import Case, ConstantNode, Scalar, TupleNode

_NAN = object()
"""Marks the identity of a NaN: no constant, so that no tuple of constants can be mistaken for it."""


def key_identity(value: Scalar) -> Hashable:
    """Equal for two constants exactly when a dict must not hold both as keys: Python's equality, except
    that a NaN equals the NaN of the same bits (a merged constant is one object, and so one key)."""
    if isinstance(value, float) and value != value:
        return (_NAN, struct.pack("<d", value))
    if isinstance(value, complex) and value != value:
        return (_NAN, struct.pack("<dd", value.real, value.imag))
    return value


def node_identity(case: Case, index: int) -> Hashable:
    """The identity of the key at a node that is a constant or a tuple of constants."""
    node = case.nodes[index]
    if isinstance(node, ConstantNode):
        return key_identity(node.value)
    if isinstance(node, TupleNode):
        return tuple([node_identity(case, child) for child in node.items])
    raise TypeError(f"a {node.kind} node is no key")
