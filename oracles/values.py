"""Structural and identity comparison of two Python object graphs.

Claim: two graphs compare equal exactly when no Python program that looks at types, bits, order and `is` can
tell them apart, given the pairs of objects that stand for each other from before.

One thing is normalised, and nothing else: an *atom* (None, bool, int, float, complex, str, bytes, Ellipsis,
a class, and what else `ATOM_BITS` of `members.py` lists) has no identity, and neither has a tuple,
frozenset, slice or tuple of sizes of nothing but atoms at any depth nor any such value inside it, unless the
outermost is a paired one that existed before. Reason: such a value is emitted as one `LOAD_CONST`, and
whether equal constants of one code object are one object is the choice of the assembler. The items of a new
named tuple and the defaults of a new function are made from a tuple, so where all of them are such values
they have no identity either.
The order of a set is not compared: the language promises none.

What the members of each type are stands in `members.py`.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from oracles.graph_values import memory_of
from oracles.makers import CONSTANT, parts_of
from oracles.makers_odd import TUPLES
from oracles.making import NAMED_TUPLES, Thing
from oracles.members import (
    ATOM_BITS,
    MEMBERS,
    Members,
    attributes,
    made_parts,
    named_tuple,
    opaque,
    over_memory,
    struct_sequence,
    tuple_of_a_class,
)
from oracles.noting import plain_type

Step: TypeAlias = "tuple[str, int | str]"
"""One step of a path: its kind (a key of `_STEP_TEXT`), and the position or name there."""
Path: TypeAlias = "tuple[Step, ...]"

LONG_INTEGER_BITS = 256
ATOM_WIDTH = 60

_STEP_TEXT: dict[str, str] = {
    "root": "roots[{}]",
    "item": "[{}]",
    "key": ".keys[{}]",
    "value": ".values[{}]",
    "attribute": ".{}",
    "element": ".<element>",
    "remaining": ".<remaining {}>",
    "default": ".__defaults__[{}]",
    "keyword default": ".__kwdefaults__[{!r}]",
    "annotation": ".__annotations__[{!r}]",
    "cell": ".__closure__[{}]",
    "doc": ".__doc__",
    "contents": ".cell_contents",
    "self": ".__self__",
    "function": ".func",
    "part": ".<part {}>",
    "argument": ".args[{}]",
    "keyword": ".keywords[{!r}]",
    "local": "local {}",
    "cell variable": "cell variable {}",
    "free variable": "free variable {}",
    "global": "global {}",
    "tensor": "node {}",
    "slot": "stack[{}]",
    "cells": "cells of the frame",
    "logged": "logged",
    "variable": "variable {}",
    "inner cell": "cell {}",
    "call": "call {}",
    "error": ".<exception>",
    "given": "args[{}]",
    "given to call": "args of call {}",
    "called": "the function",
    "names": "globals",
    "value of": "[{!r}]",
    "local of": ".<local {}>",
    "observed": "observe()",
    "process": "the process",
    "was": "what was at the start {}",
}


def atom_text(value: Any) -> str:
    """An atom in a few words: a NaN with its bits, a huge integer without its digits."""
    if isinstance(value, float) and value != value:
        return f"nan (bits {struct.pack('>d', value).hex()})"
    if isinstance(value, int) and value.bit_length() > LONG_INTEGER_BITS:
        # Python refuses to print more than 4,300 digits
        leading = abs(value) >> (value.bit_length() - 32)
        return f"{'-' if value < 0 else ''}0x{leading:x}… ({value.bit_length()} bits)"
    text = repr(value)
    return text if len(text) <= ATOM_WIDTH else text[: ATOM_WIDTH - 1] + "…"


def path_text(path: Path) -> str:
    """The path as a reader writes it: `roots[0][2].x`; dict keys and values by position."""
    return "".join(_STEP_TEXT[kind].format(at) for kind, at in path)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference on a walk in order: `kind` is one of the names in KINDS."""

    kind: str
    path: Path
    actual: Any
    expected: Any
    message: str


KINDS = {
    "type": "not of exactly the expected type",
    "bits": "an atom that differs in value or bits",
    "length": "another number of members",
    "names": "other attributes or keywords, or in another order",
    "elements": "other elements of a set",
    "memory": "an array or tensor over other memory than that of its graph output",
    "code": "a function of another code object, name or namespace",
    "identity-lost": "an existing object came back as another object",
    "identity-gained": "an object that should be new is one that existed before",
    "sharing-lost": "one expected object came back as two",
    "sharing-gained": "two expected objects came back as one",
}


class CannotCompareError(Exception):
    """Two objects of a type that this comparison does not know; `type_name` says which."""

    def __init__(self, type_name: str, path: Path) -> None:
        super().__init__(f"{path_text(path)}: no rule to compare two objects of type {type_name}")
        self.type_name = type_name


class DiffersError(Exception):
    def __init__(self, difference: Difference) -> None:
        super().__init__(difference.message)
        self.difference = difference


def compare(
    roots: Iterable[tuple[Step, Any, Any]],
    paired: Iterable[tuple[Any, Any]],
    unpromised: Iterable[Any] = (),
    held: Iterable[Any] = (),
    *,
    history: bool = True,
) -> Difference | None:
    """The first difference between the graphs of `roots`, or None.

    `roots`: (step, actual, expected) in order. `paired`: (actual, expected) objects that existed before.
    `unpromised`: expected objects that may come back as several. `held`: further objects on the actual side
    that existed before and stand for nothing. `history`: does it matter how a tensor of a subclass came
    to be? Raises CannotCompareError.
    """
    walk = Walk(paired, unpromised, held)
    walk.history = history
    try:
        for step, actual, expected in roots:
            walk.visit(actual, expected, (step,))
    except DiffersError as end:
        return end.difference
    return None


class Walk:
    def __init__(
        self, paired: Iterable[tuple[Any, Any]], unpromised: Iterable[Any], held: Iterable[Any]
    ) -> None:
        # Everything compared is kept alive, so that an id stays one object's: parts of a value may be made
        # for the comparison alone.
        self.kept: list[Any] = []
        self.partner: dict[int, Any] = {}
        self.existing = {id(value) for value in held}
        for actual, expected in paired:
            self.partner[id(expected)] = actual
            self.existing.add(id(actual))
        self.unpromised = {id(value) for value in unpromised}
        self.inside_constant = False
        self.history = True
        self.constants: dict[int, bool] = {}
        self.constants_compared: set[tuple[int, int]] = set()
        self.expected_of: dict[int, tuple[Any, Path]] = {}
        self.actual_of: dict[int, Path] = {}

    def visit(self, actual: Any, expected: Any, path: Path) -> None:
        kind = type(expected)
        if type(actual) is not kind:
            self.other_type(actual, expected, path)
        atom = ATOM_BITS.get(kind)
        if atom is not None:
            if atom(actual) != atom(expected):
                told = f"is {atom_text(actual)}, not {atom_text(expected)}"
                self.differs("bits", path, actual, expected, told)
            return
        self.kept += (actual, expected)
        if (
            (kind in _CONSTANT_KINDS or kind.__name__ in CONSTANT)
            and (self.inside_constant or id(expected) not in self.partner)
            and self.without_identity(expected)
        ):
            self.visit_constant(actual, expected, path)
        elif self.identify(actual, expected, path) and actual is not expected:
            # (what both sides share there is one of in the process)
            self.members(actual, expected, path)(self, actual, expected, path)

    def other_type(self, actual: Any, expected: Any, path: Path) -> None:
        """The two are not of one class."""
        told = f"is a {type(actual).__name__}, not a {type(expected).__name__}"
        self.differs("type", path, actual, expected, told)

    def members(self, actual: Any, expected: Any, path: Path) -> Members:
        """What compares the insides of two values of one type."""
        return MEMBERS.get(plain_type(expected)) or self.members_of_unknown(actual, expected, path)

    def visit_constant(self, actual: Any, expected: Any, path: Path) -> None:
        """Compare by types and bits alone: such values have no identity (see the module's text)."""
        compared = (id(actual), id(expected))
        if compared in self.constants_compared:
            return
        self.constants_compared.add(compared)
        before, self.inside_constant = self.inside_constant, True
        members = MEMBERS.get(type(expected), made_parts)
        members(self, actual, expected, path)
        self.inside_constant = before

    @contextlib.contextmanager
    def inside(self, values: tuple[Any, ...]) -> Iterator[None]:
        """While this goes on, what is compared has no identity of its own, if all of `values` have none."""
        before = self.inside_constant
        self.inside_constant = before or (bool(values) and all(map(self.without_identity, values)))
        yield
        self.inside_constant = before

    def identify(self, actual: Any, expected: Any, path: Path) -> bool:
        """Check who is who; True if the members are still to be compared."""
        partner = self.partner.get(id(expected), _NOBODY)
        if partner is not _NOBODY:
            if actual is not partner:
                self.differs(
                    "identity-lost", path, actual, expected, "is a copy of, or not, the existing object"
                )
        elif id(actual) in self.existing:
            self.differs(
                "identity-gained", path, actual, expected, "is an existing object where a new one is expected"
            )
        known = self.expected_of.get(id(actual))
        if known is not None:
            if known[0] is expected:
                return False
            first = path_text(known[1])
            self.differs(
                "sharing-gained", path, actual, expected, f"is the object at {first}, and should be another"
            )
        if id(expected) not in self.unpromised:
            if id(expected) in self.actual_of:
                first = path_text(self.actual_of[id(expected)])
                self.differs(
                    "sharing-lost", path, actual, expected, f"is not the object at {first}, and should be"
                )
            self.actual_of[id(expected)] = path
        self.expected_of[id(actual)] = (expected, path)
        return True

    def without_identity(self, value: Any) -> bool:
        """Is this an atom, or a tuple, frozenset or slice of nothing but atoms at any depth?"""
        kind = type(value)
        if kind not in _CONSTANT_KINDS and kind.__name__ not in CONSTANT:
            return kind in ATOM_BITS
        known = self.constants.get(id(value))
        if known is None:
            held = (value.start, value.stop, value.step) if kind is slice else value
            known = self.constants[id(value)] = all(map(self.without_identity, held))
        return known

    def members_of_unknown(self, actual: Any, expected: Any, path: Path) -> Members:
        if plain_type(expected) is Thing:
            return attributes
        if plain_type(expected) in NAMED_TUPLES:
            return named_tuple
        if parts_of(type(expected)) is not None:
            return made_parts
        if is_struct_sequence(expected):
            return struct_sequence
        if is_context_manager(expected):
            return attributes
        if memory_of(expected) is not None:
            return over_memory
        if id(expected) in self.partner:
            return opaque
        if type(expected) in TUPLES:
            return tuple_of_a_class
        raise CannotCompareError(type(expected).__name__, path)

    def same_length(self, actual: Any, expected: Any, path: Path) -> None:
        if len(actual) != len(expected):
            self.differs("length", path, actual, expected, f"has {len(actual)} members, not {len(expected)}")

    def describe(self, value: Any) -> str:
        """An element in a few words."""
        return atom_text(value) if self.without_identity(value) else f"a {type(value).__name__}"

    def differs(self, kind: str, path: Path, actual: Any, expected: Any, message: str) -> None:
        raise DiffersError(Difference(kind, path, actual, expected, f"{path_text(path)} {message}"))


def is_struct_sequence(value: object) -> bool:
    """Is the value of one of the interpreter's own classes of tuples with named fields?"""
    return isinstance(value, tuple) and hasattr(type(value), "n_sequence_fields")


def is_context_manager(value: object) -> bool:
    """Is the value made for a `with` statement?"""
    return hasattr(type(value), "__enter__") and hasattr(type(value), "__exit__")


_NOBODY = object()
_CONSTANT_KINDS = (tuple, frozenset, slice)
"""The types of which a value of nothing but atoms is one constant of the code."""
