"""Steps of the opcodes that make functions; see `steps.py`.

Claim: a function whose code has free variables gets a closure of as many cells before anything else uses it.
"""

from __future__ import annotations

from types import CodeType
from typing import TYPE_CHECKING, Final

from . import slots
from .flow import Fault
from .slots import (
    CALLER_BIT,
    CELL_BIT,
    Slot,
)

if TYPE_CHECKING:
    from .interpreter import Machine


def _function_parts(machine: Machine, i: int, stack: list[Slot]) -> None:
    """The closure must fit the code's free variables; CPython does not compare them."""
    with_closure = machine.args[i] & 8
    closure = stack[-2].items if with_closure else ()
    code = stack[-1].constant
    free = code.co_freevars if isinstance(code, CodeType) else None
    count = stack[-2].length if with_closure else 0
    if count is None or free is None:
        machine.note(i, "trusts-closure", "the closure is taken to have one cell for each free variable")
        return
    if count != len(free):
        raise Fault("closure-mismatch", f"{count} cells for {len(free)} free variables: {', '.join(free)}")
    if with_closure and closure is None:
        raise Fault("closure-not-cells", f"the closure is a {stack[-2].name}")
    _cells(machine, i, free, closure or ())


def _annotations(machine: Machine, i: int, annotations: Slot) -> None:
    """A tuple of names and values by turns."""
    if annotations.length is None and annotations.bits & slots.TUPLE_BIT:
        machine.note(i, "trusts-annotations", "the annotations are taken to be names and values by turns")
    elif annotations.length is not None and annotations.length % 2:
        raise Fault("wrong-length", f"{annotations.length} annotations: a name has no value")


def _cells(machine: Machine, i: int, free: tuple[str, ...], closure: tuple[Slot, ...]) -> None:
    for name, slot in zip(free, closure, strict=True):
        if not slot.bits & (CELL_BIT | CALLER_BIT):
            raise Fault("closure-not-cells", f"{slot.name} in the closure, for free variable {name!r}")
        if slot.bits & ~CELL_BIT:
            # a code generator makes cells by calls, and keeps them in locals
            machine.note(i, "trusts-cell", f"{slot.name} for free variable {name!r} is taken to be a cell")


def make_function(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Check the parts, and put the function in their place; its code is known."""
    _function_parts(machine, i, stack)
    if machine.args[i] & 4:
        _annotations(machine, i, stack[-3 if machine.args[i] & 8 else -2])
    code = stack[-1].constant
    parts = 1 + machine.args[i].bit_count()
    stack[-parts:] = [slots.of_function(code) if isinstance(code, CodeType) else slots.FUNCTION]
    return i + 1


def make_named_function(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """MAKE_FUNCTION of 3.10: the qualified name lies above the code."""
    stack.pop()
    return make_function(machine, i, stack, variables)


def bare_function(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """MAKE_FUNCTION from 3.13 on: defaults, closure and the rest are set one by one."""
    code = stack.pop().constant
    if isinstance(code, CodeType):
        stack.append(slots.of_function(code, building=bool(code.co_freevars)))
    else:
        stack.append(slots.FUNCTION)
        machine.note(i, "trusts-closure", "the code is taken to have no free variables")
    return i + 1


ATTRIBUTES: Final = {
    1: ("defaults", slots.TUPLE_BIT),
    2: ("keyword defaults", slots.DICT_BIT),
    4: ("annotations", slots.TUPLE_BIT | slots.DICT_BIT),
    8: ("closure", slots.TUPLE_BIT),
    16: ("annotate function", slots.FUNCTION_BIT),
}
"""Oparg of SET_FUNCTION_ATTRIBUTE -> what it sets, and the kinds that it trusts."""


def set_function_attribute(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Give a function one of its parts; the closure must fit the code's free variables."""
    which = machine.args[i]
    if which not in ATTRIBUTES:
        raise Fault("oparg-range", f"oparg {which} is none of {', '.join(map(str, ATTRIBUTES))}")
    name, bits = ATTRIBUTES[which]
    function = stack.pop()
    value = stack.pop()
    if value.bits & ~(bits | CALLER_BIT):
        raise Fault("wrong-kind", f"the {name} are {value.name}, and must be {slots.of_bits(bits).name}")
    if which == 4:
        _annotations(machine, i, value)
    if which == 8 and function.code is not None:
        _fitting_closure(machine, i, value, function.code)
        function = slots.of_function(function.code)
    stack.append(function)
    return i + 1


def _fitting_closure(machine: Machine, i: int, closure: Slot, code: CodeType) -> None:
    free = code.co_freevars
    if closure.length is None:
        machine.note(i, "trusts-closure", "the closure is taken to have one cell for each free variable")
        return
    if closure.length != len(free):
        raise Fault(
            "closure-mismatch", f"{closure.length} cells for {len(free)} free variables: {', '.join(free)}"
        )
    if closure.items is None:
        if closure.length:
            raise Fault("closure-not-cells", f"the closure is a {closure.name}")
        return
    _cells(machine, i, free, closure.items)
