"""Every row of the running Python's opcode table against what `dis` says of its opcodes.

    python -m tests.stack_rows

Needs nothing but the standard library, so that any CPython can run it. Prints a line for each disagreement;
the exit code is 1 where there is one.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from typing import Any

from oracles.stack import opcodes
from oracles.stack.opcodes import table
from oracles.stack.rows import NULL_AS

VERSION = sys.version_info[:2]
LIKELY = (0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 132, 200, 0x102, 0x203)

Other = Callable[[int], int]

ELSEWHERE: dict[tuple[int, int], dict[str, Other]] = {
    (3, 11): {
        # shared out between the two, and without what is sent to a generator
        "PRECALL": lambda oparg: oparg,
        "CALL": lambda oparg: -oparg,
        "RETURN_GENERATOR": lambda oparg: 1,
    },
    (3, 12): {"RETURN_GENERATOR": lambda oparg: 1},
    # the callee's frame gets the value, the caller's the result
    (3, 14): {"RETURN_VALUE": lambda oparg: -1},
}
"""Opcodes whose effect `dis` counts differently, with the difference for an oparg."""


def rows() -> Any:
    """The rows of the running Python."""
    return opcodes.ROWS[VERSION]


def takes_argument(op: int) -> bool:
    """Whether the opcode has an oparg."""
    known = getattr(dis, "hasarg", None)
    return op in known if known is not None else op >= dis.HAVE_ARGUMENT


def opargs(name: str) -> list[int]:
    """Opargs worth trying: the likely ones that have a meaning, and both ends of the range."""
    low, high = rows()[name].oparg or (0, LIKELY[-1])
    ends = [low, high] if high < 1 << 16 else [low]
    return sorted({*ends, *(oparg for oparg in LIKELY if low <= oparg <= high)})


def disagreements() -> Iterator[str]:
    """What the table and `dis` disagree about, a line each."""
    yield from _coverage()
    for name in sorted(rows()):
        yield from _effect(name)
        yield from _jump(name)
        yield from _space(name)
    for name in sorted(set(NULL_AS)):
        if not any(name in known for known in opcodes.ROWS.values()):
            yield f"NULL_AS names {name}, which is no opcode"


def _coverage() -> Iterator[str]:
    module = opcodes.MODULES[VERSION]
    others = {*module.PARTS, *module.PSEUDO, *module.INTERNAL}
    instrumented = {name for name in dis.opmap if name.startswith("INSTRUMENTED_")}
    specialised = set(getattr(dis, "_specialized_opmap", ()))
    for name in sorted(set(dis.opmap) - others - instrumented - specialised - set(rows())):
        yield f"{name} has no row, and is not named as one that no code object holds"
    for name in sorted(set(rows()) - set(dis.opmap)):
        yield f"{name} has a row, and is no opcode"
    for name in sorted(others - set(dis.opmap)):
        yield f"{name} is named as one that no code object holds, and is no opcode"
    for name in sorted(others & set(rows())):
        yield f"{name} has a row, and is named as one that no code object holds"


def _effect(name: str) -> Iterator[str]:
    op = dis.opmap[name]
    other = ELSEWHERE.get(VERSION, {}).get(name, lambda oparg: 0)
    for oparg in opargs(name):
        for jump in (False, True):
            found = table().effect(op, oparg, jump)
            ours = len(found.push) - found.drop
            theirs = dis.stack_effect(op, oparg if takes_argument(op) else None, jump=jump) + other(oparg)
            if ours != theirs:
                yield f"{name} {oparg}{' with its jump' if jump else ''}: {ours:+}, and dis says {theirs:+}"


def _jump(name: str) -> Iterator[str]:
    op = dis.opmap[name]
    jump = rows()[name].jump
    # its target is for tools that count branches: it does not jump
    known = op in (*dis.hasjrel, *dis.hasjabs) and name != "END_ASYNC_FOR"
    if bool(jump) != known:
        yield f"{name}: the row says jump={jump}, dis {'that it jumps' if known else 'that it does not'}"
    if jump and (jump < 0) != ("BACKWARD" in name):
        yield f"{name}: jumps in the direction {jump}"


SPACES: dict[str, tuple[str, ...]] = {
    "name": ("hasname",),
    "name * 2": ("hasname",),
    "name * 4": ("hasname",),
    "const": ("hasconst",),
    "local": ("haslocal",),
    "cell": ("hasfree", "haslocal"),  # 3.14 counts cells among the locals
}
ADDRESSES = ("hasname", "hasconst", "haslocal", "hasfree")


def _space(name: str) -> Iterator[str]:
    op, space = dis.opmap[name], rows()[name].space
    named = [each for each in ADDRESSES if op in getattr(dis, each)]
    if space in SPACES and not set(named) & set(SPACES[space]):
        yield f"{name}: the row says that its oparg is a {space}, dis {named or 'nothing of it'}"
    # two locals in one oparg are looked at by the row's own step; COPY_FREE_VARS has a number, not an index
    two = name.count("_FAST") == 2
    if named and space not in SPACES and not two and name != "COPY_FREE_VARS":
        yield f"{name}: dis says that its oparg is in {named}, the row nothing"


def main() -> int:
    """Print what disagrees."""
    found = list(disagreements())
    print(*found, sep="\n")
    print(f"{VERSION[0]}.{VERSION[1]}: {len(rows())} rows, {len(found)} disagreements")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
