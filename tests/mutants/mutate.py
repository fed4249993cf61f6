"""Mutants of a code object: one or two small changes, drawn by seed.

The claim: the same seed gives the same mutant of the same code, on the same Python; most keep a layout that
can be decoded, so that what is wrong with them is what they do. A mutator is a function in `MUTATORS`: it
changes a `Draft` and says what it did, or says that there is nothing to change.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Sequence
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_ITERABLE_COROUTINE
from random import Random
from types import CodeType
from typing import Any, Final, NamedTuple, TypeVar

from .layout import BACKWARD, JUMPS, NEWER, Instruction, Layout, Row, assemble, take_apart

T = TypeVar("T")

LARGE: Final = (17, 255, 256, 4096, 65_536)
"""Large opargs; the verifier takes memory for each slot that an oparg names, so none is huge."""
TWICE: Final = 0.25
"""How many mutants have two changes: some faults need an accomplice."""
MOVES_ALONG: Final = 0.75
"""How often jumps and rows follow what is moved; otherwise they keep their numbers, and lead elsewhere."""
GENERATOR_BITS: Final = (CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR, CO_ITERABLE_COROUTINE)


def _code() -> CodeType:
    return (lambda value: value).__code__


CONSTANTS: Final[tuple[object, ...]] = (
    *(None, True, 0, 7, 2.5, "text", b"bytes", ..., (), (1,), ("a", "b"), frozenset((1,)), _code()),
    # A code generator may put any object among the constants.
    *([], {}, len, ValueError("constant")),
)

OPCODES: Final = sorted(
    op
    for name, op in dis.opmap.items()
    # Instrumentation and executors are put in by CPython itself, which trusts that nobody else does.
    if op < 256
    and name not in ("EXTENDED_ARG", "ENTER_EXECUTOR", "RESERVED")
    and not name.startswith("INSTRUMENTED_")
)


def _effect(op: int, arg: int) -> int | None:
    """By how much the opcode changes the stack's depth, if it does not jump; None where `dis` cannot say."""
    try:
        return dis.stack_effect(op, arg if op >= dis.HAVE_ARGUMENT else None, jump=False)
    except ValueError:
        return None


def _by_effect() -> dict[int | None, list[tuple[int, int]]]:
    found: dict[int | None, list[tuple[int, int]]] = {}
    for op in OPCODES:
        for arg in range(4 if op >= dis.HAVE_ARGUMENT else 1):
            found.setdefault(_effect(op, arg), []).append((op, arg))
    return found


BY_EFFECT: Final = _by_effect()
"""Opcodes with small opargs, by their effect on the stack's depth."""


class Inapplicable(Exception):  # noqa: N818 - nothing is wrong: this code has nothing for this mutator
    """The mutator finds nothing to change in this code."""


class Refused(Exception):  # noqa: N818 - CPython's answer, not an error of ours
    """`CodeType.replace` does not take it."""


class Draft:
    """A code object about to be changed: its layout, and the fields that are to be replaced."""

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.layout: Layout = take_apart(code)
        self.fields: dict[str, Any] = {}
        self.focus: Instruction | None = None

    def get(self, field: str) -> Any:
        """A field of the code as it will be."""
        return self.fields.get(field, getattr(self.code, field))

    def build(self) -> tuple[CodeType, int]:
        """The new code and the offset that the change is about; raises Refused."""
        bytecode, table, places = assemble(self.layout)
        fields = {**self.fields, "co_code": bytecode}
        if NEWER:
            fields["co_exceptiontable"] = table
        try:
            made = self.code.replace(**fields)
        except ValueError as refusal:
            raise Refused(str(refusal)) from refusal
        return made, 0 if self.focus is None else places.get(self.focus, 0)


Mutator = Callable[[Draft, Random], str]


def pick(random: Random, choices: Sequence[T]) -> T:
    """One of them; raises Inapplicable where there is none."""
    # Of all that `random` has, Python promises only the sequence of this method across versions.
    if not choices:
        raise Inapplicable
    return choices[int(random.random() * len(choices))]


def _place(draft: Draft, random: Random) -> int:
    at = pick(random, range(len(draft.layout.instructions)))
    draft.focus = draft.layout.instructions[at]
    return at


def _maybe_unlink(draft: Draft, random: Random) -> str:
    if random.random() < MOVES_ALONG:
        return ""
    draft.layout.unlink()
    return ", jumps not moved along"


def delete(draft: Draft, random: Random) -> str:
    """Take one instruction out."""
    at = _place(draft, random)
    how = _maybe_unlink(draft, random)
    gone = draft.layout.remove(at)
    instructions = draft.layout.instructions
    if not instructions:
        raise Inapplicable
    draft.focus = instructions[min(at, len(instructions) - 1)]
    return f"delete {gone}{how}"


def duplicate(draft: Draft, random: Random) -> str:
    """Write one instruction twice."""
    at = _place(draft, random)
    how = _maybe_unlink(draft, random)
    draft.layout.instructions.insert(at, draft.layout.instructions[at].copy())
    return f"duplicate {draft.focus}{how}"


def swap(draft: Draft, random: Random) -> str:
    """Exchange two instructions, mostly neighbours."""
    instructions = draft.layout.instructions
    one = _place(draft, random)
    near = one + 1 if random.random() < 0.7 else int(random.random() * len(instructions))
    other = min(near, len(instructions) - 1)
    text = f"swap {instructions[one]} and {instructions[other]}"
    instructions[one], instructions[other] = instructions[other], instructions[one]
    return text


def _retargeted(draft: Draft, random: Random, jump: Instruction) -> Instruction:
    instructions = [*draft.layout.instructions, draft.layout.end]
    if jump in instructions and jump.op not in _ABSOLUTE:
        at = instructions.index(jump)
        instructions = instructions[: at + 1] if jump.op in BACKWARD else instructions[at + 1 :]
    return pick(random, instructions)


_ABSOLUTE: Final = frozenset(dis.hasjabs)


def replace(draft: Draft, random: Random) -> str:
    """Another opcode, or another instruction of the same code, in the place of one."""
    at = _place(draft, random)
    instructions = draft.layout.instructions
    old = instructions[at]
    text = f"replace {old}"
    if random.random() < 0.3:
        other = pick(random, instructions)
        old.op, old.arg, old.target = other.op, other.arg, other.target
    elif random.random() < 0.5:
        old.op, old.arg = pick(random, BY_EFFECT.get(_effect(old.op, old.arg), ()))
        old.target = _retargeted(draft, random, old) if old.op in JUMPS else None
    else:
        old.op = pick(random, OPCODES)
        old.arg = pick(random, (old.arg, 0, 1, 2, 3))
        old.target = _retargeted(draft, random, old) if old.op in JUMPS else None
    return f"{text} by {dis.opname[old.op]} {'' if old.op in JUMPS else old.arg}".rstrip()


def insert(draft: Draft, random: Random) -> str:
    """One more instruction, of any opcode."""
    at = pick(random, range(len(draft.layout.instructions)))
    made = Instruction(pick(random, OPCODES), pick(random, (0, 1, 2, 3)))
    draft.layout.instructions.insert(at, made)
    if made.op in JUMPS:
        made.target = _retargeted(draft, random, made)
    draft.focus = made
    return f"insert {dis.opname[made.op]} {'' if made.op in JUMPS else made.arg}".rstrip()


def neutral(draft: Draft, random: Random) -> str:
    """Two more instructions that leave the stack as deep as it was: what is wrong is the kinds on it."""
    at = pick(random, range(len(draft.layout.instructions)))
    effect = pick(random, (-1, 0, 1, 1, 1, 2))
    pair = [Instruction(*pick(random, BY_EFFECT.get(by, ()))) for by in (effect, -effect)]
    draft.layout.instructions[at:at] = pair
    for made in pair:
        if made.op in JUMPS:
            made.target = _retargeted(draft, random, made)
    draft.focus = pair[0]
    return f"insert {pair[0]} and {pair[1]}"


def oparg(draft: Draft, random: Random) -> str:
    """Another oparg: by one, 0, a large one, or that of another instruction."""
    having = [i for i in draft.layout.instructions if i.op >= dis.HAVE_ARGUMENT]
    chosen = draft.focus = pick(random, having)
    old = repr(chosen)
    another = pick(random, having).arg
    chosen.arg = pick(random, (chosen.arg + 1, max(0, chosen.arg - 1), 0, pick(random, LARGE), another))
    chosen.target = None
    return f"oparg of {old} to {chosen.arg}"


def jump(draft: Draft, random: Random) -> str:
    """A jump leads to another instruction, or a few code units aside."""
    chosen = draft.focus = pick(random, [i for i in draft.layout.instructions if i.op in JUMPS])
    if random.random() < 0.6:
        chosen.target = _retargeted(draft, random, chosen)
        return f"{dis.opname[chosen.op]} to {chosen.target}"
    by = pick(random, (-3, -2, -1, 1, 2, 3))
    assemble(draft.layout)
    chosen.arg = max(0, chosen.arg + by)
    chosen.target = None
    return f"{dis.opname[chosen.op]} by {by} code units"


def stack_size(draft: Draft, random: Random) -> str:
    """Less or more room for the stack."""
    old = draft.get("co_stacksize")
    new = draft.fields["co_stacksize"] = pick(random, (old - 1, old - 2, 0, old + 1, old + 50, old + 100_000))
    return f"co_stacksize {old} to {new}"


def exception_row(draft: Draft, random: Random) -> str:
    """A row of the exception table: another start, end, target, depth or lasti, or none; or one row more."""
    rows, everything = draft.layout.rows, [*draft.layout.instructions, draft.layout.end]
    if not NEWER:
        raise Inapplicable
    what = pick(random, ("start", "end", "target", "depth", "lasti", "drop", "double", "new"))
    if what == "new":
        ends = sorted(int(random.random() * len(everything)) for _ in range(2))
        depth = int(random.random() * 4)
        start, end, target = everything[ends[0]], everything[ends[1]], pick(random, everything)
        rows.insert(int(random.random() * (len(rows) + 1)), Row(start, end, target, depth, depth == 1))
        draft.focus = target
        return f"exception row added: {start} to {end} handled at {target}, depth {depth}"
    at = pick(random, range(len(rows)))
    row = rows[at]
    draft.focus = row.target
    if what == "drop":
        del rows[at]
    elif what == "double":
        rows.insert(at, row)
    elif what == "lasti":
        row.lasti = not row.lasti
    elif what == "depth":
        row.depth = max(0, row.depth + pick(random, (-2, -1, 1, 2)))
    elif random.random() < 0.3:
        row.shift[("start", "end", "target").index(what)] = pick(random, (-2, -1, 1, 2))
    else:
        setattr(row, what, pick(random, everything))
    return f"exception row {at}: {what}"


def names(draft: Draft, random: Random) -> str:
    """co_names or co_varnames shorter or in another order."""
    field = pick(random, ("co_names", "co_varnames"))
    old = draft.get(field)
    if random.random() < 0.5:
        new = old[: int(random.random() * len(old))]
    else:
        mixed = list(old)
        for at in range(len(mixed) - 1, 0, -1):
            other = int(random.random() * (at + 1))
            mixed[at], mixed[other] = mixed[other], mixed[at]
        new = tuple(mixed)
    draft.fields[field] = new
    if field == "co_varnames":
        draft.fields["co_nlocals"] = len(new)
    return f"{field} {old} to {new}"


def flags(draft: Draft, random: Random) -> str:
    """One generator bit of co_flags the other way round."""
    bit = pick(random, GENERATOR_BITS)
    draft.fields["co_flags"] = draft.get("co_flags") ^ bit
    return f"co_flags bit {bit:#x}"


def constant(draft: Draft, random: Random) -> str:
    """A constant of another type in the place of one."""
    old = list(draft.get("co_consts"))
    at = pick(random, range(len(old)))
    new = pick(random, [each for each in CONSTANTS if type(each) is not type(old[at])])
    was, old[at] = old[at], new
    draft.fields["co_consts"] = tuple(old)
    return f"constant {at} of type {type(was).__name__} to {new!r}"


MUTATORS: Final[tuple[tuple[Mutator, float], ...]] = (
    (delete, 2),
    (duplicate, 2),
    (swap, 2),
    (replace, 4),
    (insert, 1),
    (neutral, 4),
    (oparg, 3),
    (jump, 2),
    (stack_size, 0.5),
    (exception_row, 2),
    (names, 1),
    (flags, 0.5),
    (constant, 1),
)
"""The mutators and how often each is drawn, relative to each other."""


class Mutant(NamedTuple):
    """A code object, what was done to it, and the offset that this is about."""

    code: CodeType
    changes: str
    offset: int


def _chosen(random: Random) -> Mutator:
    left = random.random() * sum(weight for _, weight in MUTATORS)
    for mutator, weight in MUTATORS:
        left -= weight
        if left < 0:
            return mutator
    return MUTATORS[-1][0]


def mutant_of(code: CodeType, random: Random) -> Mutant:
    """A mutant that differs from the code; raises Refused where CPython does not take it."""
    while True:
        draft = Draft(code)
        changes = []
        try:
            for _ in range(1 + (random.random() < TWICE)):
                changes.append(_chosen(random)(draft, random))
        except Inapplicable:
            continue
        made, offset = draft.build()
        if different(made, code):
            return Mutant(made, "; ".join(changes), offset)


FIELDS: Final = tuple(name for name in dir(CodeType) if name.startswith("co_") and name != "co_lnotab")
"""All fields of a code object, and what it tells of itself (`co_lines`, `co_positions`: methods)."""
_COMPARED: Final = tuple(name for name in FIELDS if not callable(getattr(CodeType, name)))


def different(one: CodeType, other: CodeType) -> bool:
    """Whether they differ in a field; equality of code objects takes equal constants of two types for one."""
    for field in _COMPARED:
        here, there = getattr(one, field), getattr(other, field)
        if field == "co_consts":
            if len(here) != len(there) or any(a is not b for a, b in zip(here, there, strict=True)):
                return True
        elif here != there:
            return True
    return False
