"""What the notation of the opcode table cannot say, one small function an opcode or family.

Each takes the machine, the index of the instruction, the stack (bottom first) and the locals, both of which
it may change, and returns the index of the next instruction, or `STOP`. The operands are there and have
kinds that the row allows. A function in the column `before` looks at them, one in `instead` moves them
itself, and one in `after` finds the outputs in their place. What is wrong is raised as a Fault.
Facts: `Python/ceval.c` of 3.11.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_OPTIMIZED
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
    UNBOUND_BIT,
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
    if slot.bits & NULL_BIT:
        slot = slots.of_bits(slot.bits & ~NULL_BIT | UNBOUND_BIT)
    stack.append(slot)
    variables[arg] = NULL
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


def load_deref(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """The value of a cell; the compiler vouches for that of a cell of its own."""
    if machine.local_name(machine.args[i]) == TYPE_PARAMETERS:
        stack[-1] = slots.TUPLE
    return cell_local(machine, i, stack, variables)


def optimized(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_CLASSDEREF reads the locals mapping first, and does not look whether there is one."""
    if machine.code.co_flags & CO_OPTIMIZED:
        raise Fault("wrong-flags", "reads the locals mapping, which CO_OPTIMIZED says there is not")
    return i + 1


def class_cell(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """LOAD_CLASSDEREF from 3.11 on: the same, and there must be a cell."""
    optimized(machine, i, stack, variables)
    return cell_local(machine, i, stack, variables)


def start_generator(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RETURN_GENERATOR: the caller gets the generator; when it is resumed, a value has been sent."""
    finish(machine, i, stack, variables)
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


def intrinsic(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """CALL_INTRINSIC_1, CALL_INTRINSIC_2: what each function trusts, and what comes out."""
    known = INTRINSICS[machine.name(i)].get(machine.args[i])
    if known is None:
        raise Fault("oparg-range", f"there is no intrinsic function {machine.args[i]}")
    trusted, result = known
    for slot, bits in zip(stack[-len(trusted) :], trusted, strict=True):
        if slot.bits & ~(bits | CALLER_BIT):
            raise Fault("wrong-kind", f"an operand is {slot.name}, and must be {slots.of_bits(bits).name}")
    if known in _OF_A_GENERATOR:
        in_generator(machine, i, stack, variables)
    del stack[-len(trusted) :]
    stack.append(slots.of_bits(result))
    return rest_or_none(machine, i, stack, variables) if known is _RERAISE_STAR else i + 1


_ANY: Final = slots.OBJECT_BITS
_STOP_ITERATION: Final = ((slots.EXCEPTION_BIT,), slots.EXCEPTION_BIT)
_WRAP: Final = ((_ANY,), slots.OTHER_BIT)
_OF_A_GENERATOR: Final = (_STOP_ITERATION, _WRAP)
_PLAIN: Final = ((_ANY,), _ANY)
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
        11: ((slots.TUPLE_BIT,), _ANY),  # type alias
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


def compare(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """COMPARE_OP from 3.13 on: bit 4 of the oparg asks for a bool."""
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
    _cells(machine, i, free, closure or ())


def _cells(machine: Machine, i: int, free: tuple[str, ...], closure: tuple[Slot, ...]) -> None:
    for name, slot in zip(free, closure, strict=True):
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
    """CHECK_EG_MATCH, PREP_RERAISE_STAR or its intrinsic: an exception or None, and a test tells which."""
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
