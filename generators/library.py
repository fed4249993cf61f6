"""What every process has one of: the classes and modules that a `library` node may be.

Claim: what is reached through a class has a name of its own here, and one way there.
"""

from __future__ import annotations

from generators.nodes import NamedTupleNode, Node, ObjectNode

LIBRARY_CLASSES = ("Thing", "Named0", "Named1", "Named2", "Named3", "Common")
"""The harness's classes: of objects, of named tuples by their number of fields; what that of objects is
derived from."""

LIBRARY_MODULES = ("collections", "functools", "operator")

SUPERCLASSES: dict[tuple[str, int], str] = {("Thing", 1): "Common"}
"""A class and a position in its method resolution order -> the class there."""

CLASS_MEMBERS: dict[tuple[str, str], str] = {
    ("Common", "shared"): "Common.shared",
    ("Thing", "method"): "Thing.method",
}
"""A class and a name -> what the class itself has under it: a list, a function."""

DERIVED: dict[tuple[str, None], str] = {("Common", None): "Common.__subclasses__()"}
"""A class -> the list of those that derive from it, which is made whenever it is asked for."""

LIBRARY_MEMBERS = (*CLASS_MEMBERS.values(), *DERIVED.values())
"""What is only reached through a class."""


def class_name(node: Node) -> str | None:
    """The name in LIBRARY_CLASSES of the class of a node's value; None where it is not there."""
    if isinstance(node, NamedTupleNode):
        return LIBRARY_CLASSES[1 + len(node.items)]
    return LIBRARY_CLASSES[0] if isinstance(node, ObjectNode) else None
