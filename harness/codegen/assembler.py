"""From instructions to a code object, through the bytecode library.

Claim: the code does what the instructions say, in their order, with only a prologue before them; and every
constant is the very object that its instruction names.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import CodeType
from typing import Any, Final

from harness.codegen.instructions import NO_ARGVAL, RUNNING, Instruction, create_instruction
from harness.codegen.layout import (
    blank,
    encode,
    exception_table,
    handlers_of,
    lay_out_jumps,
    refuse,
    stack_size,
    stack_size_of_graph,
    starts_of,
    tables,
    targets_of,
)


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
    targets = targets_of(body)
    handlers = handlers_of(body)
    if targets or handlers:
        pieces, starts = lay_out_jumps(body, arguments, targets)
    else:
        pieces = [encode(inst.opname, arg) for inst, arg in zip(body, arguments, strict=True)]
        starts = starts_of(pieces)

    encoded = b"".join([piece.encoded for piece in pieces])
    fields: dict[str, Any] = {option: code_options[option] for option in _AS_GIVEN}
    fields |= dict.fromkeys(_NAMES, code_options["co_name"] if name is None else name)
    if filename is not None:
        fields["co_filename"] = filename
    entries = exception_table(body, handlers, pieces, starts)
    if targets or handlers:
        depth = stack_size_of_graph(pieces, entries, operands.constants, operands.names, code_options)
    else:
        depth = stack_size(pieces)
    if handlers or any(inst.line is not None for inst in body):
        code = tables(body, pieces, entries, code_options["co_firstlineno"])
    else:
        code = blank(len(encoded))
    code = code.replace(
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


class _Operands:
    """The tables of one code object, and the argument of each instruction as an index into them."""

    def __init__(self, code_options: Mapping[str, Any]) -> None:
        self.constants: list[Any] = list(code_options["co_consts"])
        self.names: list[str] = list(code_options["co_names"])
        self._constants = {id(value): index for index, value in enumerate(self.constants)}
        self._names = {name: index for index, name in enumerate(self.names)}
        variables = code_options["co_varnames"]
        self._locals = {name: index for index, name in enumerate(variables)}
        self._cells = self._locals if RUNNING.shared_cells else {}
        # slots, and not names, are counted: some releases of Dynamo name two of a frame's locals alike
        slots = count(len(variables) if RUNNING.shared_cells else 0)
        for cell in (*code_options["co_cellvars"], *code_options["co_freevars"]):
            if cell not in self._cells:
                self._cells[cell] = next(slots)

    def of_all(self, instructions: Sequence[Instruction]) -> list[int | None]:
        """The argument of each instruction; None where it has none, 0 where it is a jump."""
        handlers = _HANDLERS
        out: list[int | None] = []
        for inst in instructions:
            handler = handlers.get(inst.opname)
            if handler is None:
                raise refuse(inst, "this CPython has no such instruction", "make instructions with a builder")
            out.append(handler(self, inst))
        return out

    def none(self, inst: Instruction) -> None:
        if inst.arg is not None or inst.argval is not NO_ARGVAL or inst.target is not None:
            raise refuse(inst, "it takes no argument", "make it without one")

    def number(self, inst: Instruction) -> int:
        if inst.arg is None:
            raise refuse(inst, "it needs a number as its argument", "pass arg")
        return inst.arg

    def jump(self, inst: Instruction) -> int:
        if inst.target is None:
            raise refuse(inst, "it needs an instruction to jump to", "pass target")
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
            raise refuse(inst, f"{name!r} is no name", "pass the name as argval")
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
            raise refuse(inst, f"the frame has no variable {inst.argval!r}", "declare it in the code options")
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
