"""From instructions to a code object, through the bytecode library.

Claim: the code does what the instructions say, in their order, with only a prologue before them; and every
constant is the very object that its instruction names.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final, NamedTuple

from bytecode import CompilerFlags, ConcreteBytecode, ConcreteInstr

from harness.codegen.errors import AssemblyError
from harness.codegen.instructions import NO_ARGVAL, RUNNING, Instruction, create_instruction

_MAX_LAYOUTS: Final = 10  # a jump's argument grows by a byte at a time, and has four


@dataclass(frozen=True, slots=True)
class Assembled:
    """A code object, and where each instruction is in it: byte offsets, past its `EXTENDED_ARG`s."""

    code: CodeType
    offsets: list[int]


def assemble(
    instructions: Sequence[Instruction],
    code_options: Mapping[str, Any],
    *,
    name: str | None = None,
    filename: str | None = None,
) -> Assembled:
    """The code object of a frame with `code_options` that runs `instructions`.

    `name` and `filename` are those of the options if not given. The prologue that makes cells is added.

    Constants are merged by identity only, and follow those of `co_consts`: one object loaded by two
    instructions is one constant, equal ones stay two (`0.0` and `-0.0`, `1` and `True`, two lists). So type,
    bits and identity are those of the instruction's object. One exception is CPython's own: it interns
    strings that look like names, and a constant that is such a string, or a tuple that holds one, may then
    hold another, equal string.

    Raises `AssemblyError` for an instruction this CPython has not, or one that names what the frame has not.
    What the code does to the stack is not judged.
    """
    operands = _Operands(code_options)
    body = [*_prologue(code_options), *instructions]
    arguments = operands.of_all(body)
    targets = _targets(body)
    if targets:
        pieces, starts = _lay_out_jumps(body, arguments, targets)
    else:
        pieces = [_encode(inst.opname, arg) for inst, arg in zip(body, arguments, strict=True)]
        starts = _starts(pieces)

    encoded = b"".join([piece.encoded for piece in pieces])
    fields: dict[str, Any] = {option: code_options[option] for option in _AS_GIVEN}
    fields |= dict.fromkeys(_NAMES, code_options["co_name"] if name is None else name)
    if filename is not None:
        fields["co_filename"] = filename
    depth = _stack_size_of_graph(pieces, operands, code_options) if targets else _stack_size(pieces)
    code = _blank(len(encoded)).replace(
        co_code=encoded,
        co_stacksize=depth,
        co_consts=tuple(operands.constants),
        co_names=tuple(operands.names),
        co_nlocals=len(code_options["co_varnames"]),
        **fields,
    )
    first = len(body) - len(instructions)
    return Assembled(
        code, [start + piece.extended for start, piece in zip(starts[first:], pieces[first:], strict=True)]
    )


_AS_GIVEN: Final = (
    "co_filename",
    "co_flags",
    "co_varnames",
    "co_firstlineno",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_cellvars",
    "co_freevars",
)
_NAMES: Final = tuple(field for field in ("co_name", "co_qualname") if hasattr(CodeType, field))


@functools.lru_cache(maxsize=1024)
def _blank(size: int) -> CodeType:
    """A code object of `size` bytes that do nothing, all on its first line.

    The library writes the table of lines, which depends on the size alone, once; the rest is replaced.
    """
    nothing = ConcreteBytecode([ConcreteInstr("NOP")] * (size // 2))
    code: CodeType = nothing.to_code(stacksize=0, compute_exception_stack_depths=False)
    return code


def _prologue(code_options: Mapping[str, Any]) -> list[Instruction]:
    if not RUNNING.prologue:
        return []
    freevars = len(code_options["co_freevars"])
    return [
        *([create_instruction("COPY_FREE_VARS", arg=freevars)] if freevars else ()),
        *(create_instruction("MAKE_CELL", argval=cell) for cell in code_options["co_cellvars"]),
        create_instruction("RESUME", arg=0),
    ]


# --- arguments ------------------------------------------------------------------------------------------


def _refuse(inst: Instruction, what: str, remedy: str) -> AssemblyError:
    return AssemblyError(f"{inst.opname}: {what}", where="assemble", remedy=remedy)


class _Operands:
    """The tables of one code object, and the argument of each instruction as an index into them."""

    def __init__(self, code_options: Mapping[str, Any]) -> None:
        self.constants: list[Any] = list(code_options["co_consts"])
        self.names: list[str] = list(code_options["co_names"])
        self._constants = {id(value): index for index, value in enumerate(self.constants)}
        self._names = {name: index for index, name in enumerate(self.names)}
        self._locals = {name: index for index, name in enumerate(code_options["co_varnames"])}
        self._cells = self._locals if RUNNING.shared_cells else {}
        for cell in (*code_options["co_cellvars"], *code_options["co_freevars"]):
            self._cells.setdefault(cell, len(self._cells))

    def of_all(self, instructions: Sequence[Instruction]) -> list[int | None]:
        """The argument of each instruction; None where it has none, 0 where it is a jump."""
        handlers = _HANDLERS
        out: list[int | None] = []
        for inst in instructions:
            handler = handlers.get(inst.opname)
            if handler is None:
                raise _refuse(
                    inst, "this CPython has no such instruction", "make instructions with a builder"
                )
            out.append(handler(self, inst))
        return out

    def none(self, inst: Instruction) -> None:
        if inst.arg is not None or inst.argval is not NO_ARGVAL or inst.target is not None:
            raise _refuse(inst, "it takes no argument", "make it without one")

    def number(self, inst: Instruction) -> int:
        if inst.arg is None:
            raise _refuse(inst, "it needs a number as its argument", "pass arg")
        return inst.arg

    def jump(self, inst: Instruction) -> int:
        if inst.target is None:
            raise _refuse(inst, "it needs an instruction to jump to", "pass target")
        return 0

    def constant(self, inst: Instruction) -> int:
        value = inst.argval
        if value is NO_ARGVAL:
            return self.number(inst)
        index = self._constants.setdefault(id(value), len(self.constants))
        if index == len(self.constants):
            self.constants.append(value)
        return index

    def name(self, inst: Instruction) -> int:
        name = inst.argval
        if not isinstance(name, str):
            raise _refuse(inst, f"{name!r} is no name", "pass the name as argval")
        index = self._names.setdefault(name, len(self.names))
        if index == len(self.names):
            self.names.append(name)
        return index

    def flagged_name(self, inst: Instruction) -> int:
        return self.name(inst) << 1 | (inst.arg or 0)

    def twice_flagged_name(self, inst: Instruction) -> int:
        return self.name(inst) << 2 | (inst.arg or 0)

    def local(self, inst: Instruction) -> int:
        return self._slot(inst, self._locals)

    def cell(self, inst: Instruction) -> int:
        return self._slot(inst, self._cells)

    def _slot(self, inst: Instruction, slots: dict[str, int]) -> int:
        index = slots.get(inst.argval)
        if index is None:
            raise _refuse(
                inst, f"the frame has no variable {inst.argval!r}", "declare it in the code options"
            )
        return index


def _handler(opname: str, opcode: int) -> Callable[[_Operands, Instruction], int | None]:
    if opname in RUNNING.flagged:
        return _Operands.twice_flagged_name if opname == "LOAD_SUPER_ATTR" else _Operands.flagged_name
    for opcodes, handler in _BY_TABLE:
        if opcode in opcodes:
            return handler
    return _Operands.number if _takes_argument(opcode) else _Operands.none


def _takes_argument(opcode: int) -> bool:
    # from 3.12 on the numbers no longer tell
    known = getattr(dis, "hasarg", None)
    return opcode in known if known is not None else opcode >= dis.HAVE_ARGUMENT


_BY_TABLE: Final = (
    (frozenset(dis.hasconst), _Operands.constant),
    (frozenset(dis.hasname), _Operands.name),
    # since 3.14 both are locals to dis: their slots are numbered in one row
    (frozenset(dis.haslocal), _Operands.local),
    (frozenset(dis.hasfree), _Operands.cell),
    (frozenset((*dis.hasjrel, *dis.hasjabs)), _Operands.jump),
)
_HANDLERS: Final = {
    # numbers above 255 are the compiler's own pseudo instructions
    opname: _handler(opname, opcode)
    for opname, opcode in dis.opmap.items()
    if opcode < 256
}


# --- layout ---------------------------------------------------------------------------------------------


class _Piece(NamedTuple):
    """An instruction with its inline caches, as the library wants it."""

    parts: tuple[ConcreteInstr, ...]
    encoded: bytes
    extended: int  # bytes of EXTENDED_ARG before the instruction
    size: int  # bytes of all
    effect: int  # what it adds to the depth of the stack where it does not jump


def _encode_fresh(opname: str, arg: int | None) -> _Piece:
    instr = ConcreteInstr(opname) if arg is None else ConcreteInstr(opname, arg)
    caches = instr.use_cache_opcodes()
    parts = (instr, *(ConcreteInstr("CACHE", 0) for _ in range(caches)))
    return _Piece(
        parts,
        b"".join(part.assemble() for part in parts),
        instr.size - 2,
        instr.size + 2 * caches,
        dis.stack_effect(dis.opmap[opname], arg, jump=False),
    )


# Most code consists of a few hundred pieces. They may be shared, because only the library's flow graph,
# which straight code has no use for, writes to them.
_encode = functools.lru_cache(maxsize=8192)(_encode_fresh)


def _starts(pieces: Sequence[_Piece]) -> list[int]:
    starts = []
    at = 0
    for piece in pieces:
        starts.append(at)
        at += piece.size
    return starts


def _targets(body: Sequence[Instruction]) -> dict[int, int]:
    """Index of each jump -> index of the instruction it jumps to."""
    jumps = {index: inst for index, inst in enumerate(body) if inst.target is not None}
    if not jumps:
        return {}
    where = {id(inst): index for index, inst in enumerate(body)}
    for jump in jumps.values():
        if id(jump.target) not in where:
            raise _refuse(jump, "its target is not among the instructions", "append the target too")
    return {index: where[id(jump.target)] for index, jump in jumps.items()}


def _lay_out_jumps(
    body: Sequence[Instruction], arguments: Sequence[int | None], targets: Mapping[int, int]
) -> tuple[list[_Piece], list[int]]:
    """The pieces and their offsets, where the arguments of jumps depend on the offsets and these on them."""
    pieces = [_encode_fresh(inst.opname, arg) for inst, arg in zip(body, arguments, strict=True)]
    for _ in range(_MAX_LAYOUTS):
        starts = _starts(pieces)
        moved = False
        for index, target in targets.items():
            opname, old = body[index].opname, pieces[index]
            distance = starts[target] - (starts[index] + old.size)
            if dis.opmap[opname] in dis.hasjabs:
                distance = starts[target]
            elif "BACKWARD" in opname:
                distance = -distance
            if distance < 0:
                raise _refuse(body[index], "its target lies in the other direction", "use the other jump")
            pieces[index] = _encode_fresh(opname, distance // 2)
            moved |= pieces[index].size != old.size
        if not moved:
            return pieces, starts
    raise _refuse(body[max(targets)], "the jumps find no stable layout", "split the code")


def _stack_size(pieces: Sequence[_Piece]) -> int:
    """The greatest depth of straight code."""
    depth = deepest = 0
    for piece in pieces:
        depth += piece.effect
        deepest = max(deepest, depth)
    return deepest


def _stack_size_of_graph(
    pieces: Sequence[_Piece], operands: _Operands, code_options: Mapping[str, Any]
) -> int:
    """The greatest depth of code with jumps, which the library finds."""
    concrete = ConcreteBytecode(
        [part for piece in pieces for part in piece.parts],
        consts=tuple(operands.constants),
        names=tuple(operands.names),
        varnames=code_options["co_varnames"],
    )
    concrete.cellvars = list(code_options["co_cellvars"])
    concrete.freevars = list(code_options["co_freevars"])
    concrete.flags = CompilerFlags(code_options["co_flags"])
    try:
        return int(concrete.compute_stacksize(check_pre_and_post=False))
    except RuntimeError as error:
        raise AssemblyError(
            f"the depth of the stack is not bounded: {error}",
            where="assemble",
            remedy="look for a path that takes more from the stack than is on it",
        ) from error
