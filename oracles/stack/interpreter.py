"""Runs a code object on abstract slots until nothing new can happen.

The claim: code without a violation cannot crash the interpreter through its stack, names or control flow,
and code with one is wrong. Nothing of the code is executed. What is never reached is not looked at.

One state (the stack and the locals) is kept where paths can meet: at jump targets and handlers. From there
straight-line code is followed without looking back, and what arrives at the next such place is joined to
what is there, slot by slot. States only ever get wider, so this ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from sys import maxsize
from types import CodeType
from typing import Final

from . import blocks, paths, slots
from .flow import (
    Fault,
    Handler,
    check_exception_table,
    check_line_table,
    decode,
    parse_exception_table,
    where,
)
from .notation import Effect
from .opcodes import Table, table
from .report import Note, Report, Violation
from .rows import ABSOLUTE, NULL_AS, SPACES, UNDERFLOW
from .slots import CALLER_BIT, NULL, NULL_BIT, OBJECT, Slot

MAKES_GENERATOR: Final = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR

State = tuple[tuple[Slot, ...], tuple[Slot, ...]]

CALLERS_ARGUMENTS: Final = {".0": slots.ITERATOR, ".defaults": slots.TUPLE, ".kwdefaults": slots.DICT}
"""Arguments whose kind the maker of the code vouches for: `.0` is the iterator of a comprehension, the others
are what a generic function is made with."""
CALLERS_PREFIX: Final = "___stack"
"""Arguments of Dynamo's resume functions: what lay on the stack at a graph break, of whatever kind."""


class Machine:
    """One verification. `steps.py` works on `code`, `args`, `local_count` and the methods below."""

    def __init__(self, code: CodeType, rows: Table) -> None:
        self.code = code
        self.table = rows
        self._bytes = code.co_code
        decoded = decode(self._bytes, rows.caches, rows.extended_arg, rows.resume)
        self.ops, self.args, self.offsets, self.starts, self.broken = decoded
        self._instructions = decoded
        count = len(self.ops)
        fixed = rows.fixed
        self.compiled = [
            fixed[op] or rows.compiled(op, arg) for op, arg in zip(self.ops, self.args, strict=True)
        ]
        self.befores: list[tuple[Slot, ...] | None] = [None] * count
        self.entries: list[State | None] = [None] * (count + 1)
        self.targets: dict[int, int] = {}
        self._nowhere: dict[int, int] = {}
        self.handlers: list[Handler] = []
        self.handler_at: list[int] = []
        self.guards: list[int] | None = None
        self.faults: dict[int, list[Violation]] = {}
        self.notes: dict[tuple[int, str], Note] = {}
        self.too_deep: Violation | None = None
        self.max_depth = 0
        self._came: dict[int, dict[int, None]] = {}
        self._agenda: list[int] = []
        self._constants: dict[int, Slot] = {}
        self._values: dict[int, Slot] = {}
        self._borrowed: dict[tuple[int, Slot], Slot] = {}
        self._puts_aside = rows.puts_aside in self.ops
        self._sent: dict[int, tuple[list[Slot], list[Slot]]] = {}
        # A leader has the state of its joined paths in `entries`; straight-line code has only one.
        self._leader = bytearray(count + 1)
        self._leader[count] = 1
        self._names: list[str] | None = None
        self.with_blocks = rows.blocks
        self.exception_table: bytes = getattr(code, "co_exceptiontable", b"")
        cells = set(code.co_cellvars).difference(code.co_varnames) if code.co_cellvars else ()
        # where there are blocks, cells have a place of their own
        beside = 0 if rows.blocks else len(cells) + len(code.co_freevars)
        self.local_count = code.co_nlocals + beside
        self.cells: Sequence[int] = ()
        if not rows.blocks and (code.co_cellvars or code.co_freevars):
            arguments = [at for at, name in enumerate(code.co_varnames) if name in code.co_cellvars]
            self.cells = [*arguments, *range(code.co_nlocals, self.local_count)]

    # What the steps ask for.

    def constant(self, arg: int) -> Slot:
        """The slot of a constant; the same one each time."""
        slot = self._constants.get(arg)
        if slot is None:
            slot = self._constants[arg] = slots.of_constant(self.code.co_consts[arg])
        return slot

    def value_of(self, i: int, bits: int) -> Slot:
        """The slot of the value that instruction `i` makes; the same one each time."""
        slot = self._values.get(i)
        if slot is None:
            slot = self._values[i] = slots.of_origin(bits, i)
        return slot

    def borrowed(self, local: int, slot: Slot) -> Slot:
        """The slot as it lies on the stack while local number `local` owns its value."""
        known = self._borrowed.get((local, slot))
        if known is None:
            name = f"{slot.name} borrowed from {self.local_name(local)!r}"
            known = Slot(
                slot.bits, name, slot.constant, slot.items, slot.origin, slot.code, slot.borrowed | 1 << local
            )
            self._borrowed[local, slot] = known
        return known

    def local_name(self, arg: int) -> str:
        """The name of a local, cell or free variable, in the order of CPython's `co_localsplusnames`."""
        if self._names is None:
            code = self.code
            cells = [name for name in code.co_cellvars if name not in code.co_varnames]
            self._names = [*code.co_varnames, *cells, *code.co_freevars]
        return self._names[arg]

    def name(self, i: int) -> str:
        """The name of the opcode of instruction `i`, empty behind the last."""
        return self.table.names[self.ops[i]] if i < len(self.ops) else ""

    def spelled(self, i: int) -> str:
        """Instruction `i` for a message."""
        return f"{self.name(i)} {self.args[i]}" if i < len(self.ops) else "the end of the code"

    def note(self, i: int, name: str, message: str) -> None:
        """Note something legal, once for each instruction."""
        self.notes[i, name] = Note(name, self.offsets[i], self.name(i), message)

    def is_target(self, i: int) -> bool:
        """Whether control may come to instruction `i` from elsewhere than the one before it."""
        return bool(self._leader[i])

    def jump(self, i: int, stack: list[Slot], variables: list[Slot]) -> None:
        """Let the state arrive at the target of the jump `i`."""
        target = self.targets[i]
        if target < 0:
            to = self._nowhere[i]
            text = f"jumps to {to}, {where(self._instructions, to, len(self._bytes))}"
            raise Fault("jump-target", text)
        self.arrive(i, target, stack, variables)

    def expect(self, i: int, effect: Effect, stack: list[Slot]) -> None:
        """Raise a Fault where an operand cannot be of the kind that CPython will ask for."""
        base = len(stack) - effect.need
        for at, mask in enumerate(effect.expected):
            slot = stack[base + at]
            if not slot.bits & mask:
                wanted = slots.of_bits(mask & ~CALLER_BIT).name
                raise Fault("wrong-kind", f"{effect.names[at]} must be {wanted}, and is {slot.name}")

    # The states.

    def arrive(self, i: int, target: int, stack: list[Slot], variables: list[Slot]) -> None:
        """Join the state that comes from instruction `i` to the one at `target`."""
        if len(stack) > self.max_depth:
            self._deepen(i, stack)
        came = self._came.get(target)
        if came is None:
            came = self._came[target] = {}
        came[i] = None
        old = self.entries[target]
        if old is None:
            self.entries[target] = (tuple(stack), tuple(variables))
            heappush(self._agenda, target)
            return
        if len(old[0]) != len(stack):
            text = f"{len(stack)} deep from {self.offsets[i]}, {len(old[0])} deep from elsewhere"
            self._disagree("join-depth", target, i, stack, text)
            return
        new = old[0]
        for at, slot in enumerate(stack):
            if slot is not new[at]:
                if not slots.joinable(new[at], slot):
                    text = f"slot {at} is {slot.name} from {self.offsets[i]}, {new[at].name} from elsewhere"
                    self._disagree("join-slot", target, i, stack, text)
                    return
                new = (*new[:at], slots.join(new[at], slot), *new[at + 1 :])
        known = old[1]
        if self.with_blocks and known[-1] is not variables[-1]:
            text = f"{variables[-1].constant} from {self.offsets[i]}, {known[-1].constant} from elsewhere"
            self._disagree("join-blocks", target, i, stack, text)
            return
        joined = known if known == tuple(variables) else tuple(map(slots.join, known, variables))
        if new != old[0] or joined != known:
            self.entries[target] = (new, joined)
            heappush(self._agenda, target)

    def _disagree(self, invariant: str, target: int, i: int, stack: list[Slot], text: str) -> None:
        entry = self.entries[target]
        there = slots.spell(entry[0]) if entry else ""
        message = f"{text}: [{slots.spell(stack)}] against [{there}]"
        self._report(i, Violation(invariant, self.offsets[target], self.name(target), message, tuple(stack)))

    def _report(self, i: int, violation: Violation) -> None:
        self.faults.setdefault(i, []).append(violation)

    def _deepen(self, i: int, stack: list[Slot]) -> None:
        depth = len(stack)
        self.max_depth = max(self.max_depth, depth)
        limit = self.code.co_stacksize
        if depth > limit and self.too_deep is None:
            text = f"the stack gets {depth} deep, and co_stacksize is {limit}: {slots.spell(stack)}"
            before = self.befores[i] or ()
            self.too_deep = Violation("stack-depth", self.offsets[i], self.name(i), text, before)

    def _protect(self, i: int, guard: int, stack: list[Slot], variables: list[Slot]) -> None:
        """Let the state that a handler finds, should instruction `i` raise, arrive there."""
        depth = self.handlers[guard].depth
        left = self._left(i, stack)
        if depth > left:
            text = (
                f"the exception table says {depth} deep, and of {len(stack)} {left} are left when it raises"
            )
            raise Fault("handler-depth", text)
        if self.ops[self.handler_at[guard]] == self.table.cleanup_throw and self._raises(i):
            raise Fault("cleanup-throw", "CLEANUP_THROW is only for what is thrown in at a YIELD_VALUE")
        found = stack[:depth]
        if self._puts_aside and self._raises_only_without_memory(i):
            # Around a comprehension the compiler leaves such instructions to the handler outside of it, where
            # the locals that it put aside are taken to be back.
            self.note(i, "trusts-memory", "is taken not to raise: it would for lack of memory alone")
            return
        sent = self._sent.get(guard)
        if sent is not None and sent[0] == found and sent[1] == variables:
            return
        self._sent[guard] = (found, variables.copy())
        pushed = [self.table.lasti, slots.EXCEPTION] if self.handlers[guard].lasti else [slots.EXCEPTION]
        self.arrive(i, self.handler_at[guard], found + pushed, variables)

    def _raises(self, i: int) -> bool:
        op = self.ops[i]
        return op not in self.table.silent and op != self.table.yields

    def _raises_only_without_memory(self, i: int) -> bool:
        op = self.ops[i]
        return op in self.table.silent or (op in self.table.builders and not self.args[i])

    def _left(self, i: int, stack: list[Slot]) -> int:
        """How many slots are left when instruction `i` raises.

        A trace function may raise before any instruction, so a handler is reached even from one that cannot
        raise by itself; but then nothing has been popped.
        """
        op = self.ops[i]
        return len(stack) - (0 if op in self.table.keeping else self.table.drop(op, self.args[i]))

    # The work.

    def _check_lines(self) -> None:
        check_line_table(self.code.co_linetable, columns=not self.with_blocks)

    def _prepare_jumps(self) -> None:
        direction = self.table.direction
        jumps = [i for i, op in enumerate(self.ops) if op in direction]
        size = len(self._bytes)
        if not jumps and not self.exception_table:
            return
        starts = self.starts
        index_of = {start: i for i, start in enumerate(starts)}
        for i in jumps:
            after = starts[i + 1] if i + 1 < len(starts) else size
            way = direction[self.ops[i]]
            to = 2 * self.args[i] if way == ABSOLUTE else after + 2 * way * self.args[i]
            if not to and not self.table.start_is_a_target:
                to = -1
            target = self.targets[i] = index_of.get(to, -1)
            if target >= 0:
                self._leader[target] = 1
            else:
                self._nowhere[i] = to
        if self.exception_table:
            self._prepare_handlers(index_of)

    def _prepare_handlers(self, index_of: dict[int, int]) -> None:
        self.handlers = parse_exception_table(self.exception_table)
        check_exception_table(self.handlers, index_of, len(self._bytes))
        guards = self.guards = [-1] * len(self.ops)
        count = len(self.ops)
        for number, row in enumerate(self.handlers):
            target = index_of[row.target]
            self.handler_at.append(target)
            self._leader[target] = 1
            i = index_of[row.start]
            while i < count and self.starts[i] < row.end:
                guards[i] = number
                i += 1

    def _entry(self) -> tuple[list[Slot], list[Slot]]:
        code = self.code
        flags = code.co_flags
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(flags & CO_VARARGS) + bool(flags & CO_VARKEYWORDS)
        # One more local than there are says whether the generator has been made.
        variables = [OBJECT] * count + [NULL] * (self.local_count - count + 1)
        for at, name in enumerate(code.co_varnames[:count]):
            if name in CALLERS_ARGUMENTS:
                variables[at] = CALLERS_ARGUMENTS[name]
            elif name.startswith(CALLERS_PREFIX):
                variables[at] = slots.CALLERS
        if not self.with_blocks:
            return [], variables
        # such a generator is there before its code begins, and has been sent None
        started = flags & MAKES_GENERATOR
        if started:
            variables[self.local_count] = slots.NONE
        return [slots.NONE] if started else [], [*variables, blocks.NONE]

    def _limits(self) -> list[int]:
        code = self.code
        names, flags = len(code.co_names), code.co_flags
        limits = {
            "name": names,
            "name * 2": 2 * names,
            "const": len(code.co_consts),
            "local": self.local_count,
            "cell": len(code.co_cellvars) + len(code.co_freevars) if self.with_blocks else self.local_count,
            "generator": maxsize if flags & MAKES_GENERATOR else 0,
            "async generator": maxsize if flags & CO_ASYNC_GENERATOR else 0,
            "name * 4": 4 * names,
        }
        return [maxsize, *limits.values()]

    def run(self) -> Report:
        """Verify the whole code."""
        self.limits = self._limits()
        tables = list(self._faults_of_tables())
        if any(found.invariant != "line-table" for found in tables):
            return self._close(tables)
        stack, variables = self._entry()
        if not self.ops:
            return self._close([*tables, Violation("falls-off-end", 0, "", "there is no instruction")])
        self._follow(0, stack, variables) if not self._leader[0] else self.arrive(0, 0, stack, variables)
        agenda = self._agenda
        while agenda:
            i = heappop(agenda)
            while agenda and agenda[0] == i:
                heappop(agenda)
            entry = self.entries[i]
            if entry is not None:
                self._follow(i, list(entry[0]), list(entry[1]))
        return self._close(tables)

    def _faults_of_tables(self) -> Iterator[Violation]:
        """What is wrong with the tables beside the code; where jumps lead is known behind it."""
        for check in (self._check_lines, self._prepare_jumps):
            try:
                check()
            except Fault as fault:
                at = fault.offset or 0
                name = self.table.names[self._bytes[at]] if at < len(self._bytes) else ""
                yield Violation(fault.invariant, at, name, fault.message)

    def _follow(self, i: int, stack: list[Slot], variables: list[Slot]) -> None:
        """Follow one path from a leader up to the next leader, or to where control leaves it."""
        faults, befores, compiled = self.faults, self.befores, self.compiled
        args, limits = self.args, self.limits
        leader, guards, broken = self._leader, self.guards, self.broken
        with_blocks = self.with_blocks
        max_depth = self.max_depth
        self._sent.clear()
        try:
            while True:
                befores[i] = tuple(stack)
                if faults:
                    faults.pop(i, None)
                if broken and i in broken:
                    raise broken[i]
                row = compiled[i]
                if row is None:
                    raise self._no_row(i)
                need, drop, forbidden, push, step, space = row
                if guards is not None and guards[i] >= 0:
                    self._protect(i, guards[i], stack, variables)
                if with_blocks and variables[-1] is not blocks.NONE:
                    blocks.unwind(
                        self, i, stack, self._left(i, stack), variables, self.ops[i] not in self.table.silent
                    )
                if space and args[i] >= limits[space]:
                    raise self._out_of_space(i, space)
                if need:
                    if len(stack) < need:
                        raise self._underflow(i, need, stack)
                    if need == 1:
                        if stack[-1].bits & forbidden[0]:
                            raise self._wrong_operand(i, stack)
                    else:
                        for slot, mask in zip(stack[-need:], forbidden):  # noqa: B905 - of one length
                            if slot.bits & mask:
                                raise self._wrong_operand(i, stack)
                    if drop:
                        del stack[-drop:]
                if push:
                    stack += push
                if step is None:
                    following = i + 1
                else:
                    following = step(self, i, stack, variables)
                    if following < 0:
                        return
                if len(stack) > max_depth:
                    self._deepen(i, stack)
                    max_depth = self.max_depth
                if leader[following]:
                    if following == len(compiled):
                        raise Fault("falls-off-end", "control runs off the end of the code")
                    self.arrive(i, following, stack, variables)
                    return
                i = following
        except Fault as fault:
            before = befores[i] or ()
            text = f"{fault.message}; stack: [{slots.spell(before)}]"
            self._report(i, Violation(fault.invariant, self.offsets[i], self.name(i), text, before))

    # What is wrong.

    def _no_row(self, i: int) -> Fault:
        op = self.ops[i]
        if op == 0:
            return Fault(
                "executed-cache", "control comes to a cache entry, or to an opcode that CPython does not have"
            )
        return Fault("unknown-opcode", f"opcode {op} is not in the table for this version of Python")

    def _out_of_space(self, i: int, number: int) -> Fault:
        space = next(space for space in SPACES.values() if space.number == number)
        return Fault(space.invariant, space.says.format(arg=self.args[i], limit=self.limits[number]))

    def _underflow(self, i: int, need: int, stack: list[Slot]) -> Fault:
        invariant = UNDERFLOW.get(self.name(i), "underflow")
        return Fault(invariant, f"{self.spelled(i)} needs {need} on the stack, which has {len(stack)}")

    def _wrong_operand(self, i: int, stack: list[Slot]) -> Fault:
        effect = self.table.effect(self.ops[i], self.args[i])
        base = len(stack) - effect.need
        at = next(at for at, mask in enumerate(effect.forbidden) if stack[base + at].bits & mask)
        slot, name = stack[base + at], effect.names[at]
        wanted = slots.of_bits(slots.ALL_BITS & ~CALLER_BIT & ~effect.forbidden[at])
        if slot.bits & effect.forbidden[at] & NULL_BIT:
            invariant = NULL_AS.get(self.name(i), "null-as-object")
            return Fault(invariant, f"{name} is {slot.name}, and must be an object")
        invariant = "null-side" if wanted is NULL else "wrong-kind"
        return Fault(invariant, f"{name} is {slot.name}, and must be {wanted.name}")

    def _with_path(self, i: int, violation: Violation) -> Violation:
        """The violation that instruction `i` showed, and how control gets there."""
        leaders = [0, *(at for at in sorted(self._came) if at)]
        path = self._hops(paths.shortest(self._came, leaders, i))
        if self.offsets[i] == violation.offset:
            return replace(violation, path=path)
        # a join: from `i` the one stack arrives, the other came from elsewhere
        target = self.offsets.index(violation.offset)
        others = [at for at in self._came.get(target, ()) if at != i]
        other: paths.Hops | None = None
        if others:
            hops = paths.shortest(self._came, leaders, others[0])
            other = (*self._hops(hops), (self.offsets[others[0]], violation.offset))
        return replace(violation, path=(*path, (self.offsets[i], violation.offset)), other_path=other)

    def _hops(self, hops: paths.Hops) -> paths.Hops:
        return tuple((self.offsets[source], self.offsets[target]) for source, target in hops)

    def _close(self, others: list[Violation]) -> Report:
        found = [self._with_path(i, fault) for i, faults in self.faults.items() for fault in faults]
        if self.too_deep is not None:
            found.append(self.too_deep)
        found += others
        if len(found) > 1:
            found.sort(key=lambda violation: (violation.offset, violation.invariant))
        notes = tuple(sorted(self.notes.values(), key=lambda note: note.offset)) if self.notes else ()
        return Report(tuple(found), notes, self.max_depth, self.offsets, self.befores)


def verify(code: CodeType) -> Report:
    """Verify one code object (not those among its constants), without running anything of it.

    Raises UnsupportedPython on a Python without an opcode table.
    """
    return Machine(code, table()).run()
