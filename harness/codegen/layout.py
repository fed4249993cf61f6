"""Where each instruction lies in the code: sizes, jumps, depth of the stack, and the tables of a code object.

Claim: jumps and handlers lead to the instruction that they name, whatever lies between; the tables, and the
depth of code that is not straight, are the bytecode library's work.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any, Final, NamedTuple

from bytecode import UNSET, CompilerFlags, ConcreteBytecode, ConcreteInstr
from bytecode.concrete import ExceptionTableEntry

from harness.codegen.errors import AssemblyError
from harness.codegen.instructions import RUNNING, Handler, Instruction

_MAX_LAYOUTS: Final = 10  # a jump's argument grows by a byte at a time, and has four


def refuse(inst: Instruction, what: str, remedy: str) -> AssemblyError:
    return AssemblyError(f"{inst.opname}: {what}", where="assemble", remedy=remedy)


@functools.lru_cache(maxsize=1024)
def blank(size: int) -> CodeType:
    """A code object of `size` bytes that do nothing, all on its first line.

    The library writes the table of lines, which depends on the size alone, once; the rest is replaced.
    """
    nothing = ConcreteBytecode([ConcreteInstr("NOP")] * (size // 2))
    code: CodeType = nothing.to_code(stacksize=0, compute_exception_stack_depths=False)
    return code


class Piece(NamedTuple):
    """An instruction with its inline caches, as the library wants it."""

    parts: tuple[ConcreteInstr, ...]
    encoded: bytes
    extended: int  # bytes of EXTENDED_ARG before the instruction
    size: int  # bytes of all
    effect: int  # what it adds to the depth of the stack where it does not jump


def encode_fresh(opname: str, arg: int | None) -> Piece:
    instr = ConcreteInstr(opname) if arg is None else ConcreteInstr(opname, arg)
    caches = instr.use_cache_opcodes()
    parts = (instr, *(ConcreteInstr("CACHE", 0) for _ in range(caches)))
    return Piece(
        parts,
        b"".join(part.assemble() for part in parts),
        instr.size - 2,
        instr.size + 2 * caches,
        dis.stack_effect(dis.opmap[opname], arg, jump=False),
    )


# Most code consists of a few hundred pieces. They may be shared, because only the library's flow graph,
# which straight code has no use for, writes to them.
encode = functools.lru_cache(maxsize=8192)(encode_fresh)


def starts_of(pieces: Sequence[Piece]) -> list[int]:
    starts = []
    at = 0
    for piece in pieces:
        starts.append(at)
        at += piece.size
    return starts


def targets_of(body: Sequence[Instruction]) -> dict[int, int]:
    """Index of each jump -> index of the instruction it jumps to."""
    jumps = {index: inst for index, inst in enumerate(body) if inst.target is not None}
    if not jumps:
        return {}
    where = {id(inst): index for index, inst in enumerate(body)}
    for jump in jumps.values():
        if id(jump.target) not in where:
            raise refuse(jump, "its target is not among the instructions", "append the target too")
    return {index: where[id(jump.target)] for index, jump in jumps.items()}


def lay_out_jumps(
    body: Sequence[Instruction], arguments: Sequence[int | None], targets: Mapping[int, int]
) -> tuple[list[Piece], list[int]]:
    """The pieces and their offsets, where the arguments of jumps depend on the offsets and these on them.

    The pieces are nobody else's: the library's flow graph writes to them.
    """
    pieces = [encode_fresh(inst.opname, arg) for inst, arg in zip(body, arguments, strict=True)]
    for _ in range(_MAX_LAYOUTS):
        starts = starts_of(pieces)
        moved = False
        for index, target in targets.items():
            opname, old = body[index].opname, pieces[index]
            distance = starts[target] - (starts[index] + old.size)
            if dis.opmap[opname] in dis.hasjabs:
                distance = starts[target]
            elif "BACKWARD" in opname:
                distance = -distance
            if distance < 0:
                raise refuse(body[index], "its target lies in the other direction", "use the other jump")
            pieces[index] = encode_fresh(opname, distance // 2)
            moved |= pieces[index].size != old.size
        if not moved:
            return pieces, starts
    raise refuse(body[max(targets)], "the jumps find no stable layout", "split the code")


def stack_size(pieces: Sequence[Piece]) -> int:
    """The greatest depth of straight code."""
    depth = deepest = 0
    for piece in pieces:
        depth += piece.effect
        deepest = max(deepest, depth)
    return deepest


def handlers_of(body: Sequence[Instruction]) -> dict[int, int]:
    """Index of each protected instruction -> index of the instruction that its handler begins with."""
    protected = {index: inst for index, inst in enumerate(body) if inst.handler is not None}
    if not protected:
        return {}
    where = {id(inst): index for index, inst in enumerate(body)}
    found = {}
    for index, inst in protected.items():
        if not RUNNING.exception_table:
            raise refuse(inst, "this CPython has no table of handlers", "emit handlers from 3.11 on only")
        target = where.get(id(inst.handler.target)) if inst.handler is not None else None
        if target is None:
            raise refuse(inst, "its handler is not among the instructions", "append the handler too")
        found[index] = target
    return found


def exception_table(
    body: Sequence[Instruction],
    handlers: Mapping[int, int],
    pieces: Sequence[Piece],
    starts: Sequence[int],
) -> list[ExceptionTableEntry]:
    """An entry for each run of instructions with one handler; the library counts in code units."""
    found: list[ExceptionTableEntry] = []
    last: tuple[int, Handler] | None = None
    for index, target in handlers.items():
        handler = body[index].handler
        if handler is None:
            continue
        start, end = starts[index] // 2, (starts[index] + pieces[index].size) // 2 - 1
        if last == (index - 1, handler):
            found[-1].stop_offset = end
        else:
            at = starts[target] // 2
            found.append(ExceptionTableEntry(start, end, at, handler.depth, handler.lasti))
        last = index, handler
    return found


def stack_size_of_graph(
    pieces: Sequence[Piece],
    entries: list[ExceptionTableEntry],
    constants: Sequence[Any],
    names: Sequence[str],
    code_options: Mapping[str, Any],
) -> int:
    """The greatest depth of code with jumps or handlers, over all paths."""
    concrete = ConcreteBytecode(
        [part for piece in pieces for part in piece.parts],
        consts=tuple(constants),
        names=tuple(names),
        varnames=code_options["co_varnames"],
    )
    concrete.cellvars = list(code_options["co_cellvars"])
    concrete.freevars = list(code_options["co_freevars"])
    concrete.flags = CompilerFlags(code_options["co_flags"])
    if entries:
        concrete.exception_table = entries
    try:
        return int(concrete.compute_stacksize(check_pre_and_post=False))
    except RuntimeError as error:
        raise AssemblyError(
            f"the depth of the stack is not bounded: {error}",
            where="assemble",
            remedy="look for a path that takes more from the stack than is on it",
        ) from error


def tables(
    body: Sequence[Instruction],
    pieces: Sequence[Piece],
    entries: list[ExceptionTableEntry],
    first_line: int,
) -> CodeType:
    """A code object whose tables of lines and of handlers are those of the instructions; the rest is not."""
    line = first_line
    parts = []
    for inst, piece in zip(body, pieces, strict=True):
        line = line if inst.line is None else inst.line
        # pieces are shared, and the line is a part of each
        opcode, *caches = piece.parts
        argument = () if opcode.arg is UNSET else (opcode.arg,)
        parts.append(ConcreteInstr(opcode.name, *argument, lineno=line))
        parts += [ConcreteInstr("CACHE", 0, lineno=line) for _ in caches]
    concrete = ConcreteBytecode(parts)
    concrete.first_lineno = first_line
    if entries:
        concrete.exception_table = entries
    made: CodeType = concrete.to_code(stacksize=0, compute_exception_stack_depths=False)
    return made
