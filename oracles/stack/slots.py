"""What one slot of the value stack, or one local variable, may hold.

A slot is a set of kinds, written as bits: `LIST` alone is a list and nothing else, `OBJECT` is every kind
except NULL. So a join is a union, and "the opcode trusts a list" is "no other bit is set". More is known
of some: the constant of a LOAD_CONST, the items of a tuple built here, the code of a function made here, and
that two slots hold the value of one instruction (`origin`), which is what a test against None narrows.

Slots are compared by identity. Slots without such extra knowledge are singletons, made by `of_bits`.
"""

from __future__ import annotations

from types import CellType, CodeType, FunctionType
from typing import Final

NULL_BIT: Final = 1
NONE_BIT: Final = 1 << 1
CELL_BIT: Final = 1 << 2
ITERATOR_BIT: Final = 1 << 3
LIST_BIT: Final = 1 << 4
SET_BIT: Final = 1 << 5
DICT_BIT: Final = 1 << 6
STRING_BIT: Final = 1 << 7
TUPLE_BIT: Final = 1 << 8
CODE_BIT: Final = 1 << 9
EXCEPTION_BIT: Final = 1 << 10
LASTI_BIT: Final = 1 << 11
FUNCTION_BIT: Final = 1 << 12
OTHER_BIT: Final = 1 << 13
BOOL_BIT: Final = 1 << 14
EXCEPTION_TYPE_BIT: Final = 1 << 15
CALLER_BIT: Final = 1 << 16
"""Of the kind that is needed here, because whoever calls this code guarantees it."""
UNBOUND_BIT: Final = 1 << 17
"""The NULL of a local that was unbound when it was put aside: it may go back, and nothing else."""
BUILDING_BIT: Final = 1 << 18
"""A function that still lacks its closure: it may get it, and nothing else."""

TAGGED_BIT: Final = 1 << 19
"""An instruction offset that is no object: it may be looked at by RERAISE, and dropped."""

OBJECT_BITS: Final = (1 << 16) - 2
ALL_BITS: Final = (1 << 20) - 1

KIND_NAMES: Final[dict[int, str]] = {
    NULL_BIT: "NULL",
    NONE_BIT: "None",
    CELL_BIT: "cell",
    ITERATOR_BIT: "iterator",
    LIST_BIT: "list",
    SET_BIT: "set",
    DICT_BIT: "dict",
    STRING_BIT: "str",
    TUPLE_BIT: "tuple",
    CODE_BIT: "code",
    EXCEPTION_BIT: "exception",
    LASTI_BIT: "lasti",
    FUNCTION_BIT: "function",
    OTHER_BIT: "other",
    BOOL_BIT: "bool",
    EXCEPTION_TYPE_BIT: "exception type",
    CALLER_BIT: "caller's",
    UNBOUND_BIT: "unbound local",
    BUILDING_BIT: "function without its closure",
    TAGGED_BIT: "lasti",
}


class Unknown:
    """The type of `UNKNOWN`, the constant of a slot whose value is not known."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
NOWHERE: Final = -1


class Slot:
    """One slot: `bits` (its possible kinds) and what else is known of it; immutable, compared by identity.

    `constant` is the value itself or `UNKNOWN`; `items` are the slots of a tuple built by this code, bottom
    first, or None; `origin` is the index of the instruction whose value this is, or `NOWHERE`; `code` is the
    code of a function made here, or None; `borrowed` has bit n where local n may own what is here.
    """

    __slots__ = ("bits", "borrowed", "code", "constant", "items", "name", "origin")

    def __init__(
        self,
        bits: int,
        name: str,
        constant: object = UNKNOWN,
        items: tuple[Slot, ...] | None = None,
        origin: int = NOWHERE,
        code: CodeType | None = None,
        borrowed: int = 0,
    ) -> None:
        self.bits = bits
        self.name = name
        self.constant = constant
        self.items = items
        self.origin = origin
        self.code = code
        self.borrowed = borrowed

    def __repr__(self) -> str:
        return self.name

    @property
    def length(self) -> int | None:
        """How many items this tuple has, or None where that (or its being a tuple) is not known."""
        if self.items is not None:
            return len(self.items)
        return len(self.constant) if isinstance(self.constant, tuple) else None


def _name_of(bits: int) -> str:
    if bits & OBJECT_BITS == OBJECT_BITS:
        others = " or ".join(name for bit, name in KIND_NAMES.items() if bits & bit & _NO_OBJECTS)
        return f"object or {others}" if others else "object"
    return " or ".join(name for bit, name in KIND_NAMES.items() if bits & bit)


_NO_OBJECTS: Final = NULL_BIT | UNBOUND_BIT | BUILDING_BIT | TAGGED_BIT
_BY_BITS: dict[int, Slot] = {}


def of_bits(bits: int) -> Slot:
    """The slot of which nothing but its possible kinds is known: one object for each `bits`."""
    slot = _BY_BITS.get(bits)
    if slot is None:
        slot = _BY_BITS[bits] = Slot(bits, _name_of(bits))
    return slot


OBJECT: Final = of_bits(OBJECT_BITS)
NULL: Final = of_bits(NULL_BIT)
MAYBE_NULL: Final = of_bits(NULL_BIT | OBJECT_BITS)
CELL: Final = of_bits(CELL_BIT)
ITERATOR: Final = of_bits(ITERATOR_BIT)
LIST: Final = of_bits(LIST_BIT)
SET: Final = of_bits(SET_BIT)
DICT: Final = of_bits(DICT_BIT)
STRING: Final = of_bits(STRING_BIT)
TUPLE: Final = of_bits(TUPLE_BIT)
CODE: Final = of_bits(CODE_BIT)
EXCEPTION: Final = of_bits(EXCEPTION_BIT)
EXCEPTION_OR_NONE: Final = of_bits(EXCEPTION_BIT | NONE_BIT)
EXCEPTION_TYPE: Final = of_bits(EXCEPTION_TYPE_BIT)
EXCEPTION_TYPE_OR_NONE: Final = of_bits(EXCEPTION_TYPE_BIT | NONE_BIT)
TUPLE_OR_NONE: Final = of_bits(TUPLE_BIT | NONE_BIT)
LASTI: Final = of_bits(LASTI_BIT)
TAGGED_LASTI: Final = of_bits(TAGGED_BIT)
FUNCTION: Final = of_bits(FUNCTION_BIT)
NONE: Final = of_bits(NONE_BIT)
OTHER: Final = of_bits(OTHER_BIT)
BOOL: Final = of_bits(BOOL_BIT)
CALLERS: Final = of_bits(CALLER_BIT)

METHOD_OR_NULL: Final = Slot(NULL_BIT | OBJECT_BITS, "method or NULL")
"""The lower half of a method pair: the method, or NULL where the upper half is the callable itself."""
SELF_OR_CALLABLE: Final = Slot(OBJECT_BITS, "self or callable")
"""The upper half of a method pair. Meaningful only above its METHOD_OR_NULL."""
SLICE: Final = Slot(OTHER_BIT, "slice")
COMPARED: Final = Slot(OBJECT_BITS, "comparison")
"""What a comparison gave that was not asked for a bool."""
SPECIAL_SELF: Final = Slot(NULL_BIT | OBJECT_BITS, "self or NULL of a special method")
"""The same of 3.14's LOAD_SPECIAL, which a `with` statement may leave unused."""
SELF_OR_NULL: Final = Slot(NULL_BIT | OBJECT_BITS, "self or NULL")
"""From 3.13 on the upper half, above the callable."""

# Code made by hand or by a code generator may hold any object among its constants.
_CONSTANT_BITS: Final[tuple[tuple[type, int], ...]] = (
    (type(None), NONE_BIT),
    (str, STRING_BIT),
    (tuple, TUPLE_BIT),
    (CodeType, CODE_BIT),
    (list, LIST_BIT),
    (dict, DICT_BIT),
    (set, SET_BIT),
    (BaseException, EXCEPTION_BIT),
    (CellType, CELL_BIT),
)
_BITS_OF_TYPE: Final[dict[type, int]] = {
    **dict(_CONSTANT_BITS),
    bool: BOOL_BIT,
    FunctionType: FUNCTION_BIT,
    **dict.fromkeys((int, float, complex, bytes, frozenset, type(...)), OTHER_BIT),
}


def of_constant(value: object) -> Slot:
    """A new slot for this known constant; the caller keeps one for each constant of a code object."""
    kind = type(value)
    bits = _BITS_OF_TYPE.get(kind)
    if bits is None:
        bits = _bits_of_unusual(kind)
    return Slot(bits, f"{kind.__name__} const", value)


def _bits_of_unusual(kind: type) -> int:
    # Asked of the type and not of the value, which could answer with code of its own.
    if issubclass(kind, list):
        return LIST_BIT | OTHER_BIT  # a slice of it may be anything
    for base, bits in _CONSTANT_BITS:
        if issubclass(kind, base):
            return bits
    return ITERATOR_BIT if any("__next__" in vars(base) for base in kind.__mro__) else OTHER_BIT


NULL_BITS: Final = NULL_BIT | UNBOUND_BIT
"""Kinds that are no object at all."""

ANY_KIND: Final = CALLER_BIT | BUILDING_BIT
"""Kinds that say nothing of what is seen from outside."""


def kinds_of(value: object) -> int:
    """All kinds that this object, seen on a stack, may have been predicted to be."""
    kind = type(value)
    bits = _BITS_OF_TYPE.get(kind) or _bits_of_unusual(kind)
    if kind is int:
        return bits | LASTI_BIT
    if isinstance(value, type) and issubclass(value, BaseException):
        return bits | EXCEPTION_TYPE_BIT
    return bits


def of_tuple(items: tuple[Slot, ...]) -> Slot:
    """A tuple of known length and kinds; `items` bottom first, which is the order in the tuple."""
    return Slot(TUPLE_BIT, f"tuple of {len(items)}", items=items)


def of_function(code: CodeType, building: bool = False) -> Slot:
    """A function made by this code, of this known code; `building`, where its closure is still to come."""
    bits = BUILDING_BIT if building else FUNCTION_BIT
    return Slot(bits, KIND_NAMES[bits], code=code)


def of_origin(bits: int, origin: int) -> Slot:
    """The value that the instruction with index `origin` pushed, wherever copies of it lie."""
    return Slot(bits, _name_of(bits), origin=origin)


_BORROWED: dict[tuple[int, int], Slot] = {}


def of_borrowed(bits: int, locals_: int) -> Slot:
    """A slot of these kinds whose value one of these locals may own: one object for each pair."""
    slot = _BORROWED.get((bits, locals_))
    if slot is None:
        slot = Slot(bits, f"borrowed {_name_of(bits)}", borrowed=locals_)
        slot = _BORROWED.setdefault((bits, locals_), slot)
    return slot


def join(one: Slot, other: Slot) -> Slot:
    """What holds of both; `one` itself where `other` adds nothing. Joins NULL too, as locals may."""
    if one is other:
        return one
    bits = one.bits | other.bits
    if one.borrowed or other.borrowed:
        return of_borrowed(bits, one.borrowed | other.borrowed)
    if one.items is not None and other.items is not None and len(one.items) == len(other.items):
        items = tuple(map(join, one.items, other.items))
        if all(map(_is, items, one.items)):
            return one
        return of_tuple(items)
    plain = of_bits(bits)
    return one if one is plain else plain


def _is(one: object, other: object) -> bool:
    return one is other


def joinable(one: Slot, other: Slot) -> bool:
    """Whether two stack slots may meet: an object and a NULL may not, nor halves of unlike pairs."""
    if one is other:
        return True
    return not (one.bits | other.bits) & NULL_BIT


def spell(stack: tuple[Slot, ...] | list[Slot]) -> str:
    """The stack as short text, bottom first, for example `NULL, str const, list`."""
    return ", ".join(slot.name for slot in stack)
