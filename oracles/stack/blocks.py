"""The block stack of CPython 3.10: which handler an exception finds, and how deep the stack is there.

Claim: at every instruction the blocks are known, and what takes a block off finds the one it trusts to find.

The blocks of a state are one more entry behind its locals: a slot without kinds, the same object for the same
blocks. Functions here are steps, as in `steps.py`. Facts: `Python/ceval.c`, `Objects/frameobject.c` of 3.10.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from . import slots
from .flow import Fault
from .slots import CALLER_BIT, Slot

if TYPE_CHECKING:
    from .interpreter import Machine

STOP: Final = -1
MOST: Final = 20
"""CO_MAXBLOCKS."""

PREVIOUS: Final = "before: object, was: exception_or_none, kind: exception_type_or_none"
"""The exception that was being handled: traceback, exception, type."""

RAISED: Final = f"{PREVIOUS}, traceback: object, exc: exception_or_none, type: exception_type"
"""What lies on the stack where a handler begins."""

NAMES: Final = ("before", "was", "kind", "traceback", "exc", "type")
FOUND: Final = (
    slots.OBJECT,
    slots.EXCEPTION_OR_NONE,
    slots.EXCEPTION_TYPE_OR_NONE,
    slots.OBJECT,
    slots.EXCEPTION_OR_NONE,
    slots.EXCEPTION_TYPE,
)


class Block(NamedTuple):
    """`handler`: the index of the instruction that an exception goes to, or -1 while one is being handled.
    `level`: how deep the stack was."""

    handler: int
    level: int


@cache
def of(blocks: tuple[Block, ...]) -> Slot:
    """The slot for these blocks, the outermost first."""
    return Slot(0, f"{len(blocks)} blocks", constant=blocks)


NONE: Final = of(())


def _blocks(variables: list[Slot]) -> tuple[Block, ...]:
    found = variables[-1].constant
    return found if isinstance(found, tuple) else ()


def _push(machine: Machine, i: int, variables: list[Slot], level: int) -> int:
    blocks = _blocks(variables)
    if len(blocks) >= MOST:
        raise Fault("too-many-blocks", f"{len(blocks)} blocks are open, and there is room for {MOST}")
    if machine.targets[i] < 0:
        machine.jump(i, [], variables)  # says where it leads
    variables[-1] = of((*blocks, Block(machine.targets[i], level)))
    return i + 1


def setup(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """SETUP_FINALLY."""
    return _push(machine, i, variables, len(stack))


def setup_with(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """SETUP_WITH: `__exit__` stays below the block, what `__enter__` gave lies above it."""
    stack[-1] = slots.OBJECT
    stack.append(slots.OBJECT)
    return _push(machine, i, variables, len(stack) - 1)


def setup_async_with(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """SETUP_ASYNC_WITH: the block lies below the top."""
    return _push(machine, i, variables, len(stack) - 1)


def pop(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """POP_BLOCK: there must be one."""
    blocks = _blocks(variables)
    if not blocks:
        raise Fault("no-block", "no block is open")
    if blocks[-1].handler < 0:
        raise Fault("wrong-block", "the innermost block is that of an exception which is being handled")
    variables[-1] = of(blocks[:-1])
    return i + 1


def _handled(variables: list[Slot], depth: int, above: int = 0) -> None:
    """Take the handler's block off; `above` slots may lie between where it began and the exception."""
    blocks = _blocks(variables)
    if not blocks:
        raise Fault("no-block", "no block is open")
    if blocks[-1].handler >= 0:
        raise Fault("wrong-block", "the innermost block is not that of an exception which is being handled")
    if not 0 <= depth - blocks[-1].level <= above:
        text = f"the exception was put {blocks[-1].level} deep, and what is taken off lies {depth} deep"
        raise Fault("handler-depth", text)
    variables[-1] = of(blocks[:-1])


def pop_handler(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """POP_EXCEPT: the previous exception is on top, above the beginning of its block or a slot higher."""
    _handled(variables, len(stack) - 3, above=1)
    return i + 1


def pop_handler_below(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """END_ASYNC_FOR: the exception, the previous one, and the iterator below them."""
    _handled(variables, len(stack) - 6)
    return i + 1


def reraise(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RERAISE: an exception is being handled, or its block could not tell where it was raised."""
    if not _blocks(variables):
        raise Fault("no-block", "no block is open")
    return STOP


def finish(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    """RETURN_VALUE: nothing below, no block left open."""
    if stack:
        raise Fault("left-over-at-return", f"{len(stack)} left below the result: {slots.spell(stack)}")
    if _blocks(variables):
        raise Fault("blocks-at-return", f"{len(_blocks(variables))} blocks are still open")
    return STOP


def _previous(found: list[Slot]) -> None:
    """An exception that is left takes the one before it off the stack, and does not look."""
    for slot, trusted in zip(found, FOUND, strict=False):
        if slot.bits & ~(trusted.bits | CALLER_BIT):
            text = f"[{slots.spell(found)}] lies where the exception before is taken from, if it raises"
            raise Fault("wrong-kind", text)


def unwind(
    machine: Machine, i: int, stack: list[Slot], left: int, variables: list[Slot], raises: bool
) -> None:
    """Let what an exception in instruction `i` finds arrive at its handler; `left` slots are left then.

    `raises`: it may do so by itself, and not only because a trace function does.
    """
    blocks = _blocks(variables)
    while blocks:
        innermost, blocks = blocks[-1], blocks[:-1]
        needed = innermost.level + (3 if innermost.handler < 0 else 0)
        if left < needed:
            raise Fault(
                "handler-depth", f"a block needs {needed} below it, and {left} are left when it raises"
            )
        if innermost.handler < 0 and raises:
            _previous(stack[innermost.level : needed])
        left = innermost.level
        if innermost.handler >= 0:
            entered = [*variables[:-1], of((*blocks, Block(-1, innermost.level)))]
            machine.arrive(i, innermost.handler, [*stack[:left], *FOUND], entered)
            return
