"""Steps of the opcodes that call, and of those that prepare a call; see `steps.py`."""

from __future__ import annotations

from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import CodeType
from typing import TYPE_CHECKING, Final

from . import slots
from .flow import Fault
from .slots import (
    CALLER_BIT,
    ITERATOR_BIT,
    METHOD_OR_NULL,
    NULL,
    NULL_BIT,
    SELF_OR_CALLABLE,
    Slot,
)
from .steps import in_generator, reraise_star

if TYPE_CHECKING:
    from .interpreter import Machine


def intrinsic(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """CALL_INTRINSIC_1, CALL_INTRINSIC_2: what each function trusts, and what comes out."""
    known = INTRINSICS[machine.name(i)].get(machine.args[i])
    if known is None:
        raise Fault("oparg-range", f"there is no intrinsic function {machine.args[i]}")
    trusted, result = known
    for slot, bits in zip(stack[-len(trusted) :], trusted, strict=True):
        if slot.bits & ~(bits | CALLER_BIT):
            raise Fault("wrong-kind", f"an operand is {slot.name}, and must be {slots.of_bits(bits).name}")
    if known is _TYPE_ALIAS:
        _named_alias(stack[-1])
    if known in _OF_A_GENERATOR:
        in_generator(machine, i, stack, variables)
    del stack[-len(trusted) :]
    stack.append(slots.of_bits(result))
    return reraise_star(machine, i, stack, variables) if known is _RERAISE_STAR else i + 1


def _named_alias(parts: Slot) -> None:
    """A type alias is made of a tuple of three, its name first."""
    if parts.items is None or len(parts.items) != 3 or parts.items[0].bits & ~slots.STRING_BIT:
        raise Fault("wrong-kind", f"a type alias is made of {parts.name}, and needs a name and two more")


_ANY: Final = slots.OBJECT_BITS

_STOP_ITERATION: Final = ((slots.EXCEPTION_BIT,), slots.EXCEPTION_BIT)

_WRAP: Final = ((_ANY,), slots.OTHER_BIT)

_OF_A_GENERATOR: Final = (_STOP_ITERATION, _WRAP)

_PLAIN: Final = ((_ANY,), _ANY)

_TYPE_ALIAS: Final = ((slots.TUPLE_BIT,), slots.OTHER_BIT)
_RERAISE_STAR: Final = ((slots.EXCEPTION_BIT, slots.LIST_BIT), slots.EXCEPTION_OR_NONE.bits)

INTRINSICS: Final[dict[str, dict[int, tuple[tuple[int, ...], int]]]] = {
    "CALL_INTRINSIC_1": {
        1: _PLAIN,  # print
        2: _PLAIN,  # import *
        3: _STOP_ITERATION,
        4: _WRAP,
        5: _PLAIN,  # unary +
        6: ((slots.LIST_BIT,), slots.TUPLE_BIT),
        7: ((slots.STRING_BIT,), _ANY),  # TypeVar
        8: ((slots.STRING_BIT,), _ANY),  # ParamSpec
        9: ((slots.STRING_BIT,), _ANY),  # TypeVarTuple
        10: ((slots.TUPLE_BIT,), _ANY),  # Generic[...]
        11: _TYPE_ALIAS,
    },
    "CALL_INTRINSIC_2": {
        1: _RERAISE_STAR,
        2: ((slots.STRING_BIT, _ANY), _ANY),  # TypeVar with a bound
        3: ((slots.STRING_BIT, _ANY), _ANY),  # TypeVar with constraints
        4: ((slots.FUNCTION_BIT, slots.TUPLE_BIT), slots.FUNCTION_BIT),
        5: ((_ANY, _ANY), _ANY),  # default of a type parameter
    },
}
"""Opcode -> oparg -> the kinds that the function trusts, and the kinds of its result."""


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


def load_attr(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_ATTR of 3.12: an attribute, or a method pair with the method below."""
    stack.pop()
    stack += (METHOD_OR_NULL, SELF_OR_CALLABLE) if machine.args[i] & 1 else (slots.OBJECT,)
    return i + 1


def load_super_attr(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_SUPER_ATTR of 3.12: the same, of `super`, a class and an object."""
    del stack[-2:]
    return load_attr(machine, i, stack, variables)


def call_upwards(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """CALL from 3.13 on: the callable lies below self or NULL, and these below the arguments."""
    arg = machine.args[i]
    result = _called_with(stack[-arg - 2], stack[-arg - 1], stack[-arg] if arg else None)
    stack[-arg - 2 :] = [result]
    return i + 1


def call_kw(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """CALL_KW: as CALL, with the names of the last arguments on top."""
    arg = machine.args[i]
    keyword_names(machine, i, stack, variables)
    result = _called_with(stack[-arg - 3], stack[-arg - 2], stack[-arg - 1] if arg else None)
    stack[-arg - 3 :] = [result]
    return i + 1


def called(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """CALL_FUNCTION: nothing but the callable lies below the arguments."""
    arg = machine.args[i]
    _called_with(stack[-arg - 1], NULL, stack[-arg] if arg else None)
    return i + 1


def _called_with(called: Slot, self: Slot, argument: Slot | None) -> Slot:
    """What a call gives: a generator, which is an iterator, where a function made here is one's."""
    if called.code is None:
        return slots.OBJECT
    first = argument if self is NULL else self
    if first is not None:
        _first_argument(called.code, first)
    return slots.ITERATOR if called.code.co_flags & CO_GENERATOR else slots.OBJECT


def keyword_names(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The names of the last arguments are on top: a tuple of strings, no longer than the arguments."""
    arg, names = machine.args[i], stack[-1]
    if names.length is None:
        raise Fault("kw-names-not-strings", f"the names are {names.name}, not a constant tuple of strings")
    if names.items is not None:
        strings = all(item.bits & ~slots.STRING_BIT == 0 for item in names.items)
    else:
        strings = isinstance(names.constant, tuple) and all(isinstance(name, str) for name in names.constant)
    if not strings:
        raise Fault("kw-names-not-strings", "the names are not a tuple of strings")
    if names.length > arg:
        raise Fault("kw-names-too-long", f"{names.length} names for {arg} arguments")
    return i + 1


def kw_names(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The names wait outside the stack for the next CALL, which must come at once."""
    names = machine.constant(machine.args[i]).constant
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        raise Fault("kw-names-not-strings", "the constant is not a tuple of strings")
    if machine.name(i + 1) not in ("PRECALL", "CALL"):
        raise Fault("kw-names-without-call", f"its call must follow; {machine.spelled(i + 1)} does")
    if machine.is_target(i + 1):
        raise Fault("kw-names-join", "other paths come to the call without these names")
    if len(names) > machine.args[i + 1]:
        counts = f"{len(names)} names for {machine.args[i + 1]} arguments"
        raise Fault("kw-names-too-long", counts)
    return i + 1
