"""Instructions of Dynamo's, assembled by our assembler and the bytecode library instead of by Dynamo's own.

Claim: the code object is made of the same instructions, operands, jumps and handlers; whatever Dynamo's
assembler would do to them is not done.
"""

from __future__ import annotations

import dis
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any, Final

from torch._dynamo import bytecode_transformation

from harness.codegen.assembler import assemble
from harness.codegen.instructions import NO_ARGVAL, RUNNING, Handler, Instruction

PROLOGUE: Final = frozenset({"MAKE_CELL", "COPY_FREE_VARS", "RESUME"})
"""What a frame begins with: our assembler makes it by itself."""

_NAMED: Final = frozenset({*dis.hasconst, *dis.hasname, *dis.haslocal, *dis.hasfree})
"""Opcodes whose operand is the object or the name that is meant."""

_BLANK: Final = bytecode_transformation.create_instruction("NOP").argval


def assembled_again(instructions: Sequence[Any], code_options: Mapping[str, Any]) -> CodeType | None:
    """The code object of a frame; to be asked for before Dynamo's assembler changes the instructions.

    None where a free variable is called as a local: our assembler takes a name for one variable.
    """
    if not {*code_options["co_varnames"]}.isdisjoint(code_options["co_freevars"]):
        return None
    first = next((at for at, each in enumerate(instructions) if each.opname not in PROLOGUE), 0)
    body = instructions[first:]
    mine = {id(each): _instruction(each) for each in body}
    for each in body:
        made = mine[id(each)]
        if each.target is not None:
            made.target = mine[id(each.target)]
        entry = each.exn_tab_entry
        if entry is not None:
            made.handler = Handler(mine[id(entry.target)], entry.depth, entry.lasti)
    options = {**code_options, "co_consts": ()}
    return assemble([mine[id(each)] for each in body], options).code


def _instruction(each: Any) -> Instruction:
    opcode = dis.opmap[each.opname]
    if each.target is not None:
        return Instruction(each.opname)
    if opcode in _NAMED and each.argval is not _BLANK:
        flags = (each.arg or 0) & _FLAGS.get(each.opname, 0) if each.opname in RUNNING.flagged else None
        return Instruction(each.opname, flags, each.argval)
    return Instruction(each.opname, each.arg if opcode >= dis.HAVE_ARGUMENT else None, NO_ARGVAL)


_FLAGS: Final = {"LOAD_GLOBAL": 1, "LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 3}
"""Opcodes whose operand has flags in its lowest bits, and these."""
