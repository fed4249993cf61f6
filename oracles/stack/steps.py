"""What the notation of the opcode table cannot say, one small function an opcode or family.

Each takes the machine, the index of the instruction, the stack (bottom first) and the locals, both of which
it may change, and returns the index of the next instruction, or `STOP`. The operands are there and have
kinds that the row allows. A function in the column `before` looks at them, one in `instead` moves them
itself, and one in `after` finds the outputs in their place. What is wrong is raised as a Fault.
Facts: `Python/ceval.c` of 3.11.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_OPTIMIZED
from types import CodeType
from typing import TYPE_CHECKING, Final

from . import slots
from .flow import Fault
from .slots import (
    CALLER_BIT,
    CELL_BIT,
    ITERATOR_BIT,
    METHOD_OR_NULL,
    NONE_BIT,
    NULL,
    NULL_BIT,
    SELF_OR_CALLABLE,
    Slot,
)

if TYPE_CHECKING:
    from .interpreter import Machine

Step = Callable[["Machine", int, list[Slot], list[Slot]], int]

STOP: Final = -1


def stop(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Control does not come out of this instruction, except by an exception."""
    return STOP


def goto(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """An unconditional jump."""
    machine.jump(i, stack, variables)
    return STOP


def finish(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RETURN_VALUE, RETURN_GENERATOR: nothing may lie below."""
    if stack:
        raise Fault("left-over-at-return", f"{len(stack)} left below the result: {slots.spell(stack)}")
    return STOP


def load_const(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Push the known constant: always the same slot for the same index."""
    stack.append(machine.constant(machine.args[i]))
    return i + 1


def load_fast(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Push the local; one that may be unbound is noted."""
    slot = variables[machine.args[i]]
    stack.append(_bound(machine, i, variables) if slot.bits & NULL_BIT else slot)
    return i + 1


def store_fast(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Bind the local."""
    variables[machine.args[i]] = stack.pop()
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


def class_cell(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_CLASSDEREF reads the locals mapping first, and does not look whether there is one."""
    if machine.code.co_flags & CO_OPTIMIZED:
        raise Fault("wrong-flags", "reads the locals mapping, which CO_OPTIMIZED says there is not")
    return cell_local(machine, i, stack, variables)


def start_generator(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RETURN_GENERATOR: the caller gets the generator; when it is resumed, a value has been sent."""
    finish(machine, i, stack, variables)
    if variables[machine.local_count] is not NULL:
        raise Fault("generator-start", "the generator has been made already")
    variables[machine.local_count] = slots.NONE
    stack.append(slots.OBJECT)
    return i + 1


def in_generator(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """YIELD_VALUE, SEND: the frame must belong to a generator, or memory beside it is written."""
    if variables[machine.local_count].bits & NULL_BIT:
        raise Fault("generator-start", "no RETURN_GENERATOR on some path that leads here")
    return i + 1


def swap(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Exchange the top with the oparg-th from the top; a NULL may take part."""
    arg = machine.args[i]
    stack[-1], stack[-arg] = stack[-arg], stack[-1]
    return i + 1


def _callee(count: int, stack: list[Slot]) -> None:
    """Hold the two slots under `count` arguments against what PRECALL and CALL make of them.

    NULL under a callable, a method pair, or a callable under its first argument: compilers emit the last
    for decorators, assertions and `__exit__`. A NULL or half a pair in another place is on the wrong side.
    """
    below, above = stack[-count - 2], stack[-count - 1]
    pair = above is SELF_OR_CALLABLE
    if below is METHOD_OR_NULL and pair:
        return
    if below.bits & NULL_BIT and below is not NULL:
        raise Fault("null-side", f"{below.name} under the callable, which is {above.name}")
    if above.bits & NULL_BIT:
        raise Fault("null-side", f"{above.name} in the place of the callable, above {below.name}")
    if below.code is not None:
        _first_argument(below.code, above)
    elif below is NULL and above.code is not None and count:
        _first_argument(above.code, stack[-count])
    if pair:
        raise Fault("null-side", f"self of a method pair as the callable, and {below.name} below it")


def _first_argument(code: CodeType, given: Slot) -> None:
    # A comprehension does not look at the iterator that it gets, unless that is an asynchronous one.
    if not code.co_argcount or code.co_varnames[0] != ".0":
        return
    if given.bits & ~(ITERATOR_BIT | CALLER_BIT) and not code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
        raise Fault("wrong-kind", f"{code.co_name} must be called with an iterator, not with {given.name}")


def precall(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Prepare CALL. A bound method is taken apart, so that NULL and callable become a pair; a specialised
    PRECALL does the whole call and skips one instruction, which must therefore be its CALL."""
    arg = machine.args[i]
    _callee(arg, stack)
    if machine.name(i + 1) != "CALL" or machine.args[i + 1] != arg:
        raise Fault("precall-without-call", f"CALL {arg} must follow; {machine.spelled(i + 1)} does")
    if stack[-arg - 2] is NULL:
        stack[-arg - 2], stack[-arg - 1] = METHOD_OR_NULL, SELF_OR_CALLABLE
    return i + 1


def call(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Call what lies under the arguments."""
    arg = machine.args[i]
    _callee(arg, stack)
    stack[-arg - 2 :] = [slots.OBJECT]
    return i + 1


def kw_names(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The names wait outside the stack for the next CALL, which must come at once."""
    names = machine.constant(machine.args[i]).constant
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        raise Fault("kw-names-not-strings", "the constant is not a tuple of strings")
    if machine.name(i + 1) not in ("PRECALL", "CALL"):
        raise Fault("kw-names-without-call", f"its call must follow; {machine.spelled(i + 1)} does")
    if len(names) > machine.args[i + 1]:
        counts = f"{len(names)} names for {machine.args[i + 1]} arguments"
        raise Fault("kw-names-too-long", counts)
    return i + 1


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
    for name, slot in zip(free, closure or (), strict=True):
        if not slot.bits & (CELL_BIT | CALLER_BIT):
            raise Fault("closure-not-cells", f"{slot.name} in the closure, for free variable {name!r}")
        if slot.bits & ~CELL_BIT:
            machine.note(i, "trusts-cell", f"{slot.name} for free variable {name!r} is taken to be a cell")


def make_function(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Check the parts, and put the function in their place; its code is known."""
    _function_parts(machine, i, stack)
    code = stack[-1].constant
    parts = 1 + machine.args[i].bit_count()
    stack[-parts:] = [slots.of_function(code) if isinstance(code, CodeType) else slots.FUNCTION]
    return i + 1


def const_keys(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """BUILD_CONST_KEY_MAP raises unless there are as many keys as values."""
    count = stack[-1].length
    if count is not None and count != machine.args[i]:
        raise Fault("wrong-length", f"{count} keys for {machine.args[i]} values")
    return i + 1


def build_tuple(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The tuple's length and kinds are known."""
    arg = machine.args[i]
    at = len(stack) - arg
    stack[at:] = [slots.of_tuple(tuple(stack[at:]))]
    return i + 1


def rest_or_none(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """CHECK_EG_MATCH, PREP_RERAISE_STAR: the result is an exception or None, and a test tells which."""
    place = -2 if machine.name(i) == "CHECK_EG_MATCH" else -1
    made = machine.value_of(i, slots.EXCEPTION_OR_NONE.bits)
    for values in (stack, variables):
        for at, slot in enumerate(values):
            if slot is made:
                values[at] = slots.EXCEPTION_OR_NONE
    stack[place] = made
    return i + 1


def narrowed(values: list[Slot], tested: Slot, none: bool) -> list[Slot]:
    """The slots after a test has shown whether the value `tested` is None."""
    if tested.origin == slots.NOWHERE:
        return values
    known = slots.NONE if none else slots.of_bits(tested.bits & ~NONE_BIT)
    return [known if slot is tested else slot for slot in values]
