"""The body of a plain function in the middle of other code.

Claim: the instructions do what the body does, its names called as the caller says, and go on behind it with
what it returns on the stack. The running CPython compiles the body, so that jumps are what they are there.

A body may have locals, attributes, constants, calls and branches; no globals, cells, loops and handlers.
"""

from __future__ import annotations

import dis
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

from harness.codegen.instructions import NO_ARGVAL, MakeInstruction

_WITHOUT_EFFECT: Final = frozenset({"CACHE", "RESUME"})
"""What a function begins with, and what the assembler makes by itself."""

_NAMED: Final = frozenset({*dis.haslocal, *dis.hasname})
_JUMPS: Final = frozenset({*dis.hasjrel, *dis.hasjabs})
_SEVERAL: Final = re.compile("(?:LOAD|STORE)_FAST")
_METHOD_BIT: Final = 1
_ON_NONE: Final = {"_IF_NOT_NONE": "_IF_FALSE", "_IF_NONE": "_IF_TRUE"}
"""Jumps that test for None: spelt out, for only some versions have them."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """One instruction as every codegen emits it: opcode, what it names or means, and where it jumps."""

    opname: str
    offset: int
    arg: int | None = None
    argval: Any = NO_ARGVAL
    target: int | None = None


def inlined(make: MakeInstruction, body: CodeType, names: Mapping[str, str]) -> list[Any]:
    """The body's instructions; `names`: what its locals and attributes are called here."""
    plain = [each for found in dis.get_instructions(body) for each in _plain(found, names)]
    last = len(plain) - 1
    several = sum(each.opname == "RETURN_VALUE" for each in plain) > 1
    out: list[Any] = []
    starts: dict[int, Any] = {}
    jumps: list[tuple[Any, int | None]] = []
    for at, each in enumerate(plain):
        if each.opname != "RETURN_VALUE":
            made = make(each.opname, arg=each.arg, argval=each.argval)
        elif at == last and not several:
            break
        else:
            made = make("NOP" if at == last else "JUMP_FORWARD")
        starts.setdefault(each.offset, made)
        if each.target is not None or made.opname == "JUMP_FORWARD":
            jumps.append((made, each.target))
        out.append(made)
    for made, target in jumps:
        made.target = out[-1] if target is None else starts[target]
    return out


def _plain(found: dis.Instruction, names: Mapping[str, str]) -> Iterator[_Plain]:
    """None, one, or for an opcode that stands for two, both."""
    opname, offset, argval = found.opname, found.offset, found.argval
    if opname in _WITHOUT_EFFECT:
        return
    if opname == "RETURN_CONST":
        yield _Plain("LOAD_CONST", offset, argval=argval)
        yield _Plain("RETURN_VALUE", offset)
    elif found.opcode in dis.haslocal:
        several = zip(
            _SEVERAL.findall(opname), argval if isinstance(argval, tuple) else (argval,), strict=True
        )
        for part, name in several:
            yield _Plain(part, offset, argval=names[name])
    elif found.opcode in dis.hasname:
        # dis tells the bit that makes an attribute a method in words alone
        method = opname == "LOAD_ATTR" and found.argrepr != argval
        yield _Plain(opname, offset, _METHOD_BIT if method else None, names[argval])
    elif found.opcode in dis.hasconst:
        yield _Plain(opname, offset, argval=argval)
    elif opname.endswith(tuple(_ON_NONE)):
        tested, truth = next((end, each) for end, each in _ON_NONE.items() if opname.endswith(end))
        yield _Plain("LOAD_CONST", offset, argval=None)
        yield _Plain("IS_OP", offset, 0)
        yield _Plain(opname.removesuffix(tested) + truth, offset, target=argval)
    elif found.opcode in _JUMPS:
        yield _Plain(opname, offset, target=argval)
    else:
        yield _Plain(opname, offset, found.arg)
