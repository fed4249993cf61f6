"""Makers of what every process has one of, by name.

Claim: see `makers.py`. What a name means is said in `oracles/makers_values.py`, and does not change.
"""

from __future__ import annotations

from collections.abc import Hashable

from generators.nodes import ConstantNode, Node
from generators.roles import Maker, Role

BUILTINS = (
    *("getattr", "hasattr", "setattr", "iter", "len", "print", "super", "list", "dict", "range", "frozenset"),
    *("type", "int", "str", "object", "ValueError"),
)
HARNESS = "oracles.makers_values"
FOUR_TIMES = ("getattr", "hasattr", "setattr", "iter")
"""Builtins that a compiler has a tracker of its own for each, drawn more often than the others."""

IMPORTED = (
    *("operator:add", "operator:itemgetter", "math:sqrt", "functools:reduce", "functools:partial"),
    *("copy:copy", "collections:Counter", "types:CodeType", "typing:List", "typing:Any"),
    *(f"{HARNESS}:{name}" for name in ("LocalClass", "nested_function", "cached", "wrapped", "Colour")),
)
"""`module:name` of functions and classes in libraries."""

ENUM_MEMBERS = (
    *("Colour.RED", "Colour.BLUE", "Level.LOW", "Level.HIGH", "Word.X", "Word.EMPTY"),
    *("Right.READ", "Right.WRITE"),
)
GENERIC_TYPES = ("list[int]", "dict[str, list[int]]", "typing.List[int]", "typing.Optional[int]")
ODD_CONSTANTS = ("Right.READ|WRITE", "a code object", "NoneType")
KERNEL_FUNCTIONS = ("add", "Size", "Linear", "relu")
KERNEL_CONSTANTS = ("float32", "int64", "bool", "cpu", "strided", "contiguous_format", "preserve_format")


def named(told: str, names: tuple[str, ...]) -> Role:
    """A constant string that is one of the names."""

    def accepts(node: Node) -> bool:
        return isinstance(node, ConstantNode) and type(node.value) is str and node.value in names

    return Role(f"the name of {told}", accepts)


BUILTIN = named("a builtin", BUILTINS)
LIBRARY = named("something in a library", IMPORTED)
ENUM_MEMBER = named("a member of an enum", ENUM_MEMBERS)
GENERIC_TYPE = named("a generic type", GENERIC_TYPES)
ODD_CONSTANT = named("an odd constant", ODD_CONSTANTS)
KERNEL_FUNCTION = named("a function or class of a tensor compiler", KERNEL_FUNCTIONS)
KERNEL_CONSTANT = named("a constant of a tensor compiler", KERNEL_CONSTANTS)

NAMES: dict[Role, tuple[str, ...]] = {
    BUILTIN: (*BUILTINS, *FOUR_TIMES * 3),
    LIBRARY: IMPORTED,
    ENUM_MEMBER: ENUM_MEMBERS,
    GENERIC_TYPE: GENERIC_TYPES,
    ODD_CONSTANT: ODD_CONSTANTS,
    KERNEL_FUNCTION: KERNEL_FUNCTIONS,
    KERNEL_CONSTANT: KERNEL_CONSTANTS,
}
"""Role -> the names that it may be."""

VALUES: dict[str, Maker] = {
    "builtin": Maker((BUILTIN,), existing="rebuilt", weight=31),
    "imported": Maker((LIBRARY,), existing="loaded", weight=12, imported=True),
    "enum_member": Maker((ENUM_MEMBER,), existing="rebuilt", weight=10),
    "generic_type": Maker((GENERIC_TYPE,), existing="loaded", weight=9),
    "odd_constant": Maker((ODD_CONSTANT,), existing="rebuilt", weight=5),
    "kernel_function": Maker((KERNEL_FUNCTION,), existing="loaded", weight=4, imported=True),
    "kernel_constant": Maker((KERNEL_CONSTANT,), existing="rebuilt", weight=6),
}

EQUAL_TO: dict[str, Hashable] = {"Level.LOW": 1, "Level.HIGH": 256, "Word.X": "x", "Word.EMPTY": ""}
"""Members of enums that are keys as the constants are that they equal."""

NAMED_KEYS = ("enum_member", "enum_member", "builtin", "kernel_constant")
"""Makers of what can be a key, told apart by name alone."""
