"""Two emissions of one case held against each other: by another codegen, of fresh trackers each.

Claim: what passes is instruction for instruction the same code, but for the names of temporaries and for
objects among the constants that each codegen has for itself; it asks for the same graph outputs, and its
codegen counted the same uses and keeps the same values.
"""

from __future__ import annotations

import dis
import re
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any

from oracles.run import Emission, Finding
from oracles.stack import verify


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in which ours differs from torch's on purpose: what, why, the kinds of nodes without which
    there is no difference, and the switch of the profile, at torch's setting, without which there is none
    either."""

    name: str
    what: str
    why: str
    kinds: frozenset[str]
    switch: str
    theirs: Any


DIFFERENCES = (
    Difference(
        name="kept-conversions",
        what="what a helper makes of a graph output is counted in `uses`, and kept if it is used twice",
        why="torch converts anew at each use, so that one array given back twice is two arrays",
        kinds=frozenset({"ndarray", "tensor_subclass"}),
        switch="kept_conversions",
        theirs=False,
    ),
)
"""All of them; each is counted where it explains the ends of a case."""


ANY_ORDER = frozenset({"set", "frozenset"})
"""Kinds of nodes whose elements a codegen may walk in the order of their hashes, which hold addresses: the
instructions of a case with one are compared as a heap, temporaries by nothing."""


def first_difference(
    mine: Emission, theirs: Emission, given: Collection[str] = (), *, any_order: bool = False
) -> Finding | None:
    """The finding; None where the two are the same. `given` are the globals of the case itself."""
    asked = [list(map(_output_text, each.outputs)) for each in (mine, theirs)]
    if any_order:
        asked = [sorted(each) for each in asked]
    if asked[0] != asked[1]:
        told = f"asks for the graph outputs {asked[0]}, not {asked[1]}"
        return Finding("peers", "outputs", "graph outputs", told)
    one, other = (list(normal(each, given)) for each in (mine, theirs))
    if any_order:
        one, other = (sorted(_NUMBERED.sub("<>", line) for line in each) for each in (one, other))
    for at, (ours, its) in enumerate(_aligned(one, other)):
        if ours != its:
            told = f"instruction {at} is {ours or 'none'}, not {its or 'none'}"
            subject = (ours or its or "").partition(" ")[0]
            return Finding("peers", "instruction", subject, told)
    return _bookkeeping(mine, theirs)


_NUMBERED = re.compile("<[a-z]+ [0-9]+")


def _output_text(output: object) -> str:
    # a value that the graph gives back as it is: of either world its own
    value = getattr(output, "value", None)
    return repr(output) if value is None else f"{type(output).__name__} of a {type(value).__name__}"


def assembled_alike(emission: Emission) -> Finding | None:
    """Do the two assemblers of one emission make the same of it? None too where there is but one.

    Held against each other are instructions with the objects that they mean, handlers, the depth of the
    stack, and what the stack oracle says: of code that is the same there, what it gives back needs no second
    look.
    """
    again = emission.again
    if again is None:
        return None
    one, other = (list(_meant(code)) for code in (emission.code, again))
    for at, (ours, its) in enumerate(_aligned(one, other)):
        if ours != its:
            return Finding(
                "peers", "assembled", "instruction", f"instruction {at} is {ours}, and again {its}"
            )
    if emission.code.co_stacksize != again.co_stacksize:
        told = f"has a stack of {emission.code.co_stacksize}, and again of {again.co_stacksize}"
        return Finding("peers", "assembled", "stack size", told)
    verdicts = [verify(code).ok for code in (emission.code, again)]
    if verdicts[0] != verdicts[1]:
        return Finding("peers", "assembled", "verdict", f"the stack oracle says {verdicts} of the two")
    return None


def _meant(code: CodeType) -> Iterator[str]:
    """Instructions with what they mean, and where they are handled, by the number of the instruction."""
    found = list(dis.get_instructions(code.replace(co_consts=tuple(map(_Shown, code.co_consts)))))
    number: dict[int, int] = {}
    met = 0
    for each in found:
        number[each.offset] = met  # an EXTENDED_ARG is a part of the instruction behind it
        met += each.opname != "EXTENDED_ARG"
    for each in found:
        if each.opname in ("EXTENDED_ARG", "MAKE_CELL", "COPY_FREE_VARS"):
            continue  # cells may be made in any order
        shown: object = each.argrepr
        if each.opcode in dis.hasconst and each.arg is not None:
            value = code.co_consts[each.arg]
            shown = constant_text(value) if type(value) in _BY_VALUE else f"object {id(value)}"
        elif each.opcode in dis.hasjrel or each.opcode in dis.hasjabs:
            shown = f"to {number.get(each.argval)}"
        elif each.arg is not None and not each.argrepr:
            shown = each.arg
        yield f"{each.opname} {shown}".strip()
    yield from _handlers(code)


def _handlers(code: CodeType) -> Iterator[str]:
    if not getattr(code, "co_exceptiontable", b""):
        return
    report = verify(code)
    yield f"{len(report.offsets)} instructions under a table of {len(code.co_exceptiontable)} bytes"


_BY_VALUE = (int, float, complex, str, bytes, bool, type(None), type(...), tuple, frozenset)


def _bookkeeping(mine: Emission, theirs: Emission) -> Finding | None:
    ours, other = mine.kept, theirs.kept
    if ours is None or other is None:
        return None
    for name in ("uses", "temporaries"):
        one, two = getattr(ours, name), getattr(other, name)
        lacking = [each for each in two if each not in one]
        extra = [each for each in one if each not in two]
        if lacking or extra:
            return Finding("peers", name, name, f"has {extra} in the place of {lacking} in its {name}")
    return None


def _aligned(mine: list[str], theirs: list[str]) -> Iterator[tuple[str | None, str | None]]:
    longest = max(len(mine), len(theirs))
    for at in range(longest):
        yield (mine[at] if at < len(mine) else None), (theirs[at] if at < len(theirs) else None)


def normal(emission: Emission, given: Collection[str]) -> Iterator[str]:
    """The instructions as text: locals that are no parameters by the order in which they are met, and globals
    that were added for objects, whose addresses may be in their names, by what they hold."""
    code = emission.code
    known = {*emission.parameters, *code.co_varnames[: code.co_argcount]}
    named: dict[str, str] = {}
    for each in dis.get_instructions(code.replace(co_consts=tuple(map(_Shown, code.co_consts)))):
        shown: object = each.argrepr if each.arg is not None else ""
        if each.opcode in dis.hasconst and each.arg is not None:
            shown = constant_text(code.co_consts[each.arg])
        elif each.opcode in dis.haslocal and each.argval not in known:
            shown = named.setdefault(str(each.argval), f"<temporary {len(named)}>")
        elif each.opname in _GLOBAL and each.argval not in given and each.argval in emission.namespace:
            null = "NULL + " if "NULL" in each.argrepr else ""
            shown = null + held_text(emission.namespace[each.argval], str(each.argval), named)
        elif each.arg is not None and not each.argrepr:
            shown = each.arg
        yield f"{each.opname} {shown}".strip()


_GLOBAL = frozenset({"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL"})


def held_text(value: Any, name: str, named: dict[str, str]) -> str:
    """What an added global holds: a module or a class by its name, and anything else by the order in which it
    is met."""
    if isinstance(value, ModuleType | type):
        return f"<global {value.__name__}>"
    return named.setdefault(name, f"<global {len(named)}, a {type(value).__name__}>")


class _Shown:
    """A constant in the place of itself, for `dis` not to write it out."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "constant"


def constant_text(value: Any) -> str:
    """Equal for constants of equal type and bits; an object of another type by its class, for either codegen
    has helpers of its own."""
    kind = type(value)
    if isinstance(value, CodeType):
        return f"code {value.co_name}"
    if kind is float:
        return f"float {struct.pack('<d', value).hex()}"
    if kind is complex:
        return f"complex {struct.pack('<dd', value.real, value.imag).hex()}"
    if kind in (int, str, bytes, bool, type(None), type(...)):
        return f"{kind.__name__} {value if kind is not int or value.bit_length() < 4_000 else hex(value)!r}"
    if kind in (tuple, frozenset):
        inside = [constant_text(each) for each in value]
        return f"{kind.__name__} ({', '.join(inside if kind is tuple else sorted(inside))})"
    return f"a {kind.__name__}"
