"""What the notation of the opcode table cannot say, one small function an opcode or family.

Each takes the machine, the index of the instruction, the stack (bottom first) and the locals, both of which
it may change, and returns the index of the next instruction, or `STOP`. The operands are there and have
kinds that the row allows. A function in the column `before` looks at them, one in `instead` moves them
itself, and one in `after` finds the outputs in their place. What is wrong is raised as a Fault.
Facts: `Python/ceval.c` of 3.11.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from typing import TYPE_CHECKING, Final

from . import slots
from .flow import Fault
from .slots import (
    CALLER_BIT,
    NONE_BIT,
    NULL,
    NULL_BIT,
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


def return_value(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RETURN_VALUE: an asynchronous generator gives nothing back."""
    _nothing_from_an_asynchronous_generator(machine, stack.pop())
    return finish(machine, i, stack, variables)


def return_const(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RETURN_CONST: the same of a constant."""
    _nothing_from_an_asynchronous_generator(machine, machine.constant(machine.args[i]))
    return finish(machine, i, stack, variables)


def _nothing_from_an_asynchronous_generator(machine: Machine, value: Slot) -> None:
    if machine.code.co_flags & CO_ASYNC_GENERATOR and value.bits & ~NONE_BIT:
        raise Fault("async-generator-returns", f"returns {value.name}, and must return None")


def finish(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RETURN_VALUE, RETURN_GENERATOR: nothing may lie below."""
    if stack:
        raise Fault("left-over-at-return", f"{len(stack)} left below the result: {slots.spell(stack)}")
    return STOP


def load_const(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """Push the known constant: always the same slot for the same index."""
    stack.append(machine.constant(machine.args[i]))
    return i + 1


def start_generator(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RETURN_GENERATOR: the caller gets the generator; when it is resumed, a value has been sent."""
    finish(machine, i, stack, variables)
    kinds = machine.code.co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)
    if kinds & kinds - 1:
        raise Fault(
            "wrong-flags", "the flags say more than one of generator, coroutine, asynchronous generator"
        )
    if variables[machine.local_count] is not NULL:
        raise Fault("generator-start", "the generator has been made already")
    variables[machine.local_count] = slots.NONE
    stack.append(slots.OBJECT)
    return i + 1


def for_iter(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """FOR_ITER from 3.12 on skips the END_FOR that it jumps to, so one must be there."""
    target = machine.targets[i]
    wanted = machine.table.loop_ends
    found = tuple(machine.name(at) for at in range(target, target + len(wanted))) if target >= 0 else wanted
    if found != wanted:
        raise Fault("loop-end", f"jumps to {', '.join(found)} and not to {', '.join(wanted)}, which it skips")
    return i + 1


def suspend(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """YIELD_VALUE: RESUME must follow, and where it says that this awaits or delegates, the receiver must be
    on top of the suspended stack: whoever asks what is awaited reads both without a look."""
    in_generator(machine, i, stack, variables)
    if machine.name(i + 1) != "RESUME":
        raise Fault("yield-without-resume", f"RESUME must follow; {machine.spelled(i + 1)} does")
    if machine.args[i + 1] & 3 >= DELEGATES:
        if i == 0 or machine.name(i - 1) != "SEND" or machine.is_target(i):
            raise Fault("resume-without-send", f"{machine.spelled(i + 1)} stands for a SEND before the yield")
        # the last slot is what is sent, later
        if len(stack) < 2:
            raise Fault("underflow", "nothing is awaited: the suspended stack is empty")
        if stack[-2].bits & NULL_BIT:
            raise Fault("null-as-object", f"what is awaited is {stack[-2].name}")
    elif machine.table.yield_says_so and machine.args[i]:
        raise Fault("yield-without-resume", f"{machine.spelled(i + 1)} does not say that this awaits")
    return i + 1


DELEGATES: Final = 2
"""From this on the oparg of RESUME says that a generator delegates or awaits."""


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


def build_slice(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """BUILD_SLICE: what is known of a slice is that it is one."""
    stack[-1] = slots.SLICE
    return i + 1


def subscript(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """BINARY_SUBSCR: a slice of a list is a list."""
    container, key = stack[-2:]
    sliced = key is slots.SLICE or isinstance(key.constant, slice)
    stack[-2:] = [slots.LIST if sliced and container is slots.LIST else slots.OBJECT]
    return i + 1


def binary_slice(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """BINARY_SLICE: the same."""
    stack[-3:] = [slots.LIST if stack[-3] is slots.LIST else slots.OBJECT]
    return i + 1


NB_SUBSCR: Final = 26
"""Of BINARY_OP in 3.14."""


def binary_op(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """BINARY_OP from 3.14 on, which subscripts too."""
    if machine.args[i] == NB_SUBSCR:
        return subscript(machine, i, stack, variables)
    stack[-2:] = [slots.OBJECT]
    return i + 1


def attribute_names(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """MATCH_CLASS: a tuple of strings, of which only a debug build makes sure."""
    names = stack[-1]
    if names.items is not None:
        strings = all(not item.bits & ~slots.STRING_BIT for item in names.items)
    else:
        strings = isinstance(names.constant, tuple) and all(isinstance(name, str) for name in names.constant)
    if not strings:
        raise Fault("wrong-kind", f"the names are {names.name}, not a constant tuple of strings")
    return i + 1


OUTCOMES: Final = (2, 10, 8, 7, 4, 12)
"""For <, <=, ==, !=, > and >=: the bits of unordered, less, greater and equal that make it true."""


def compare_with_outcomes(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """COMPARE_OP of 3.12: the low bits of the oparg must be those of the comparison."""
    _same_comparison(machine, i, machine.args[i] >> 4)
    return i + 1


def _same_comparison(machine: Machine, i: int, which: int) -> None:
    if which >= len(OUTCOMES) or machine.args[i] & 15 != OUTCOMES[which]:
        raise Fault("oparg-range", f"{machine.spelled(i)}: its low bits are of another comparison")


def compare(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """COMPARE_OP from 3.13 on: bit 4 of the oparg asks for a bool."""
    _same_comparison(machine, i, machine.args[i] >> 5)
    stack[-2:] = [slots.BOOL if machine.args[i] & 16 else slots.COMPARED]
    return i + 1


def test_bool(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """POP_JUMP_IF_TRUE, POP_JUMP_IF_FALSE from 3.13 on: only a debug build looks whether it is a bool.

    3.14's own `__annotate__` functions test a comparison as it is.
    """
    slot = stack[-1]
    if slot is slots.COMPARED:
        machine.note(i, "trusts-comparison", "the comparison is taken to give a bool")
    elif slot.bits & ~(slots.BOOL_BIT | CALLER_BIT):
        raise Fault("wrong-kind", f"value is {slot.name}, and must be bool")
    return i + 1


def pop_top(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """POP_TOP of 3.14: an object, or what LOAD_SPECIAL left."""
    if stack[-1].bits & NULL_BIT and stack[-1] is not slots.SPECIAL_SELF:
        raise Fault("null-as-object", f"value is {stack[-1].name}, and must be an object")
    return i + 1


def certain_keys(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """BUILD_CONST_KEY_MAP of 3.13 trusts the number of keys."""
    if stack[-1].length is None:
        raise Fault("wrong-length", f"it is not known how many keys {stack[-1].name} has")
    return const_keys(machine, i, stack, variables)


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


def build_mortal_tuple(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """BUILD_TUPLE of 3.14: a debug build asserts that the tuple is not the immortal empty one."""
    if not machine.args[i]:
        machine.note(i, "builds-the-empty-tuple", "a debug build aborts here; nothing else minds")
    return build_tuple(machine, i, stack, variables)


def rest_or_none(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """CHECK_EG_MATCH, PREP_RERAISE_STAR or its intrinsic: an exception or None, and a test tells which."""
    place = -2 if machine.name(i) == "CHECK_EG_MATCH" else -1
    made = machine.value_of(i, slots.EXCEPTION_OR_NONE.bits)
    for values in (stack, variables):
        for at, slot in enumerate(values):
            if slot is made:
                values[at] = slots.EXCEPTION_OR_NONE
    stack[place] = made
    return i + 1


def reraise_star(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """PREP_RERAISE_STAR: what the list holds is not known to be exceptions."""
    machine.note(i, "trusts-exceptions", "the list is taken to hold exceptions and None")
    return rest_or_none(machine, i, stack, variables)


def narrowed(values: list[Slot], tested: Slot, none: bool) -> list[Slot]:
    """The slots after a test has shown whether the value `tested` is None."""
    if tested.origin == slots.NOWHERE:
        return values
    known = slots.NONE if none else slots.of_bits(tested.bits & ~NONE_BIT)
    return [known if slot is tested else slot for slot in values]
