"""Steps of the opcodes that read and write locals and cells; see `steps.py`.

Claim: after each, a local is known to be bound, unbound, or either, and what is borrowed from it is known.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_OPTIMIZED
from typing import TYPE_CHECKING, Final

from . import slots
from .flow import Fault
from .slots import (
    CELL_BIT,
    NULL,
    NULL_BIT,
    UNBOUND_BIT,
    Slot,
)
from .steps import Step

if TYPE_CHECKING:
    from .interpreter import Machine


def load_fast_check(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Push the local; one that may be unbound is noted."""
    slot = variables[machine.args[i]]
    stack.append(_bound(machine, i, variables) if slot.bits & NULL_BIT else slot)
    return i + 1


def load_fast(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Push the local, which must be bound: from 3.12 on CPython does not look."""
    stack.append(_certain(machine, machine.args[i], variables))
    return i + 1


def load_fast_and_clear(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Put the local aside, even where it is unbound, and unbind it."""
    arg = machine.args[i]
    slot = variables[arg]
    variables[arg] = NULL
    if slot.bits & NULL_BIT:
        slot = slots.of_bits(slot.bits & ~NULL_BIT | UNBOUND_BIT)
    stack.append(slot)
    return i + 1


def load_two(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_FAST_LOAD_FAST: two locals, each of which must be bound."""
    first, second = _two_locals(machine, i)
    stack += (_certain(machine, first, variables), _certain(machine, second, variables))
    return i + 1


def store_then_load(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """STORE_FAST_LOAD_FAST."""
    first, second = _two_locals(machine, i)
    variables[first] = _put_back(stack.pop())
    stack.append(_certain(machine, second, variables))
    return i + 1


def store_two(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """STORE_FAST_STORE_FAST: the top goes into the first."""
    first, second = _two_locals(machine, i)
    variables[first] = _put_back(stack.pop())
    variables[second] = _put_back(stack.pop())
    return i + 1


def borrow(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_FAST_BORROW: the local, without a reference of its own."""
    arg = machine.args[i]
    stack.append(machine.borrowed(arg, _certain(machine, arg, variables)))
    return i + 1


def borrow_two(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_FAST_BORROW_LOAD_FAST_BORROW."""
    for arg in _two_locals(machine, i):
        stack.append(machine.borrowed(arg, _certain(machine, arg, variables)))
    return i + 1


def owned(step: Step, *changed: Callable[[int], int]) -> Step:
    """The step, where a local is changed: nothing on the stack may be borrowed from it any more, and what it
    gets must be owned. `changed`: which locals, by the oparg."""

    def checked(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
        following = step(machine, i, stack, variables)
        for which in changed:
            local = which(machine.args[i])
            name = machine.local_name(local)
            if variables[local].borrowed:
                raise Fault("borrowed-stored", f"{variables[local].name} is put into {name!r}")
            for slot in stack:
                if slot.borrowed >> local & 1:
                    raise Fault("borrowed-outlived", f"{slot.name} is on the stack while {name!r} changes")
        return following

    return checked


def _two_locals(machine: Machine, i: int) -> tuple[int, int]:
    first, second = divmod(machine.args[i], 16)
    if max(first, second) >= machine.local_count:
        text = f"{max(first, second)} is not an index into the {machine.local_count} locals"
        raise Fault("local-index", text)
    return first, second


def _certain(machine: Machine, arg: int, variables: list[Slot]) -> Slot:
    slot = variables[arg]
    if slot.bits & NULL_BIT:
        on = "every" if slot is NULL else "some"
        raise Fault(
            "unbound-local", f"local {machine.local_name(arg)!r} is unbound on {on} path that leads here"
        )
    return slot


def _put_back(slot: Slot) -> Slot:
    """What a local holds that gets this value: one that was put aside unbound is unbound again."""
    if slot.bits & UNBOUND_BIT:
        return slots.of_bits(slot.bits & ~UNBOUND_BIT | NULL_BIT)
    return slot


def store_fast(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Bind the local."""
    variables[machine.args[i]] = _put_back(stack.pop())
    return i + 1


def delete_fast(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Unbind the local, which must be bound."""
    _bound(machine, i, variables)
    variables[machine.args[i]] = NULL
    return i + 1


def _bound(machine: Machine, i: int, variables: list[Slot]) -> Slot:
    arg = machine.args[i]
    slot = variables[arg]
    if slot.bits & NULL_BIT:
        name = machine.local_name(arg)
        # CPython looks, and raises UnboundLocalError: legal, whatever it was meant to be
        if slot is NULL:
            machine.note(i, "unbound-local", f"local {name!r} is unbound on every path that leads here")
            slot = variables[arg] = slots.OBJECT
            return slot
        machine.note(i, "maybe-unbound", f"local {name!r} is unbound on some path that leads here")
        slot = variables[arg] = slots.of_bits(slot.bits & ~NULL_BIT)
    return slot


def make_cell(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The local becomes a cell around what it holds, even around nothing."""
    arg = machine.args[i]
    if machine.local_name(arg) not in machine.code.co_cellvars:
        raise Fault("not-a-cell", f"local {machine.local_name(arg)!r} is no cell variable of this code")
    variables[arg] = slots.CELL
    return i + 1


def copy_free_vars(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The last locals become the cells of the function's closure, of which there are as many."""
    count, free = machine.args[i], len(machine.code.co_freevars)
    if count != free:
        raise Fault("closure-mismatch", f"copies {count} cells, and the code has {free} free variables")
    end = machine.local_count
    variables[end - count : end] = [slots.CELL] * count
    return i + 1


def resume(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RESUME 0: by now all cells are made, and those of the closure copied, which `locals()` and `super()`
    take for granted."""
    if machine.args[i] & 3 == 0:
        for at in machine.cells:
            if variables[at].bits & ~CELL_BIT:
                raise Fault("uninitialised-cell", f"{machine.local_name(at)!r} is no cell at RESUME")
    return i + 1


def cell_local(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The local must hold a cell by now: CPython does not look."""
    arg = machine.args[i]
    slot = variables[arg]
    if slot.bits & ~CELL_BIT:
        name = machine.local_name(arg)
        if slot.bits & NULL_BIT:
            raise Fault("uninitialised-cell", f"no MAKE_CELL or COPY_FREE_VARS has made {name!r} a cell")
        raise Fault("not-a-cell", f"local {name!r} holds {slot.name}, not a cell")
    return i + 1


TYPE_PARAMETERS: Final = ".type_params"
"""The compiler's own cell, which no program can name: it holds a tuple."""


def store_deref(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """STORE_DEREF: what is put into the compiler's own cell must be what is taken from it."""
    if machine.local_name(machine.args[i]) == TYPE_PARAMETERS and stack[-1].bits & ~slots.TUPLE_BIT:
        raise Fault("wrong-kind", f"the type parameters are {stack[-1].name}, and must be a tuple")
    return i + 1


def load_deref(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The value of a cell; the compiler vouches for that of a cell of its own."""
    if machine.local_name(machine.args[i]) == TYPE_PARAMETERS:
        stack[-1] = slots.TUPLE
    return cell_local(machine, i, stack, variables)


def optimized(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """It works on the locals mapping: LOAD_CLASSDEREF of 3.11 does not look whether there is one."""
    if machine.code.co_flags & CO_OPTIMIZED:
        raise Fault("wrong-flags", "reads the locals mapping, which CO_OPTIMIZED says there is not")
    return i + 1


def class_free(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_CLASSDEREF of 3.10: the same, and only a free variable has a name there."""
    cells = len(machine.code.co_cellvars)
    if machine.args[i] < cells:
        raise Fault("cell-index", f"{machine.args[i]} is one of the {cells} cells, and no free variable")
    return optimized(machine, i, stack, variables)


def class_cell(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_CLASSDEREF from 3.11 on: the same, and there must be a cell."""
    optimized(machine, i, stack, variables)
    return cell_local(machine, i, stack, variables)
