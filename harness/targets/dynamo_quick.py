"""The assembler of the `torch` target for plain code: no handlers, and no jumps that are far.

Claim: the code object is in every field the one that Dynamo's own assembler makes of the same instructions;
where none is made, Dynamo's own has to be asked.

Dynamo's assembler takes a fifth of a case's time and is, for such code, a table of operands and a running
depth. It is still asked for everything else, and for a fixed sample of plain code (`is_sampled`), where
`held_against` compares the two. All of this goes for an assembler whose functions are known to the last
instruction (`KNOWN`): where one of them is another, be it in another version, in a file that takes the
installed one's place or by a fault that a test plants, Dynamo's own does all the work.
"""

from __future__ import annotations

import dis
import hashlib
import itertools
import zlib
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple

import torch._C
from torch._dynamo import bytecode_analysis, bytecode_transformation

MODULES: Final = (bytecode_analysis, bytecode_transformation)
"""Where Dynamo's assembler is."""

KNOWN: Final = frozenset({"f1ec499d7cb0e7b179e6", "79078115b2eb87c83ec6", "b534558a6bee74e1dcf5"})
"""Fingerprints of the assemblers that are known, as CPython 3.11 compiles them: those of torch 2.8, 2.13 and
2.15. One more is added once `tests/unit/test_dynamo_quick.py` has held the two against each other there."""

SAMPLE: Final = 32
"""Of so many code objects one is assembled by both."""


class AssemblersDiffer(Exception):  # noqa: N818 - says what is the matter
    """Dynamo's assembler, which is a known one, made other code of the same instructions: this one is wrong.
    The message names the fields that differ."""


# --- is the installed assembler one that is known? ----------------------------------------------------------


def fingerprint() -> str:
    """A digest of the functions of the installed assembler, of its classes' methods, and of its tables."""
    described = [list(_described(module)) for module in MODULES]
    return hashlib.sha256(repr(described).encode()).hexdigest()[:20]


def _classes(module: ModuleType) -> list[type]:
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__
    ]


def _described(part: ModuleType | type) -> Iterator[tuple[str, Any]]:
    for name, value in sorted(vars(part).items()):
        if isinstance(value, FunctionType):
            yield name, _instructions(value.__code__)
        elif isinstance(value, set):
            yield name, sorted(value)
    for kind in _classes(part) if isinstance(part, ModuleType) else ():
        yield kind.__name__, list(_described(kind))


def _instructions(code: CodeType) -> tuple[Any, ...]:
    constants = [_instructions(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, constants


class Familiar:
    """True while the installed assembler is one that is known, and nothing has taken the place of a part."""

    def __init__(self) -> None:
        self._known = fingerprint() in KNOWN
        parts = [*MODULES, *(kind for module in MODULES for kind in _classes(module))]
        looks = [(vars(part), itemgetter(*names)) for part in parts if (names := _functions(part))]
        self._held = [(names, look, look(names)) for names, look in looks]

    def __bool__(self) -> bool:
        return self._known and all(look(names) == held for names, look, held in self._held)


def _functions(part: ModuleType | type) -> list[str]:
    return [name for name, value in vars(part).items() if isinstance(value, FunctionType)]


# --- assembling -------------------------------------------------------------------------------------------

_BLANK: Final = bytecode_transformation.create_instruction("NOP").argval
"""The operand of an instruction that has none."""

_NOT_PLAIN: Final = frozenset({dis.EXTENDED_ARG, dis.opmap["NOP"]})
"""Opcodes that plain code has not; a NOP may be a mark, which Dynamo takes out."""

_ENDS: Final = frozenset(bytecode_analysis.TERMINAL_OPCODES)
_JUMPS: Final = frozenset({*dis.hasjrel, *dis.hasjabs})
_BACKWARD: Final = frozenset(opcode for opcode in _JUMPS if "BACKWARD" in dis.opname[opcode])
_LOAD_GLOBAL: Final = dis.opmap["LOAD_GLOBAL"]
_CONSTANT: Final = frozenset(dis.hasconst)
_NAME: Final = frozenset(dis.hasname)
_NAMED: Final = frozenset({*dis.hasname, *dis.haslocal, *dis.hasfree})
_NEVER_WITHOUT: Final = frozenset({_LOAD_GLOBAL, dis.opmap["LOAD_ATTR"]})
"""Of the opcodes that name something those that Dynamo refuses without the name."""

_CACHES: Final = [bytes(2 * units) for units in torch._C._dynamo.eval_frame.py_opcode_caches]
"""Opcode -> what comes after the instruction."""

_SIZES: Final = [2 + len(caches) for caches in _CACHES]
"""Opcode -> bytes that the instruction takes."""


class _Numbers(dict[str, int]):
    """Names by the order in which they are met."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number


class Assembled(NamedTuple):
    """A code object, and the byte offset of each instruction in it."""

    code: CodeType
    offsets: list[int]


def assembled(
    instructions: Sequence[Any], keys: Sequence[str], options: Mapping[str, Any]
) -> Assembled | None:
    """The code of a frame with `options`, which Dynamo's assembler would be given with their `keys`; None
    where it is not plain, or where Dynamo may refuse it. The instructions stay as they are."""
    at_index = {id(each): at for at, each in enumerate(instructions)}
    if len(at_index) < len(instructions) or not all(map(_is_plain, instructions)):
        return None
    targets = {
        at: at_index.get(id(each.target)) for at, each in enumerate(instructions) if each.opcode in _JUMPS
    }
    names = _Numbers({name: at for at, name in enumerate(options["co_names"])})
    constants = list(options["co_consts"])
    arguments = _arguments(instructions, names, _variables(options), constants)
    if arguments is None or len(names) < len(options["co_names"]):
        return None
    wide = {
        at: _bytes_above(argument) for at, argument in enumerate(arguments) if argument and argument > 0xFF
    }
    if wide and targets:
        return None
    sizes = [_SIZES[each.opcode] for each in instructions]
    for at, above in wide.items():
        sizes[at] += 2 * len(above)
    offsets = [0, *itertools.accumulate(sizes)]
    for at, target in targets.items():
        arguments[at] = None if target is None else _distance(instructions[at].opcode, at, target, offsets)
    depth = _depth(instructions, arguments, targets)
    if depth is None:
        return None
    encoded = [
        bytes((each.opcode, (argument or 0) & 0xFF)) + _CACHES[each.opcode]
        for each, argument in zip(instructions, arguments, strict=True)
    ]
    for at, above in wide.items():
        encoded[at] = b"".join(bytes((dis.EXTENDED_ARG, part)) for part in above) + encoded[at]
    fields = {
        **options,
        "co_code": b"".join(encoded),
        "co_consts": tuple(constants),
        "co_names": tuple(names),
        "co_nlocals": len(options["co_varnames"]),
        "co_stacksize": depth,
        "co_linetable": _lines(instructions, wide, options["co_firstlineno"]),
        "co_exceptiontable": b"",
    }
    first = [offsets[at] + 2 * len(wide.get(at, ())) for at in range(len(instructions))]
    return Assembled(CodeType(*[fields[key] for key in keys]), first)


def _is_plain(each: Any) -> bool:
    return each.exn_tab_entry is None and each.opcode not in _NOT_PLAIN


def _variables(options: Mapping[str, Any]) -> dict[str, int]:
    """The locals, cells and free variables of a frame by their numbers."""
    names = options["co_varnames"]
    cells = [name for name in options["co_cellvars"] if name not in names]
    return {name: at for at, name in enumerate((*names, *cells, *options["co_freevars"]))}


def _arguments(
    instructions: Sequence[Any], names: _Numbers, variables: Mapping[str, int], constants: list[Any]
) -> list[int | None] | None:
    """The argument of each instruction, jumps aside; what is named for the first time is added to `names` or
    `constants`. None where something is lacking."""
    numbered: dict[int, int] = {}
    for at, constant in enumerate(constants):
        numbered.setdefault(id(constant), at)
    arguments: list[int | None] = []
    for each in instructions:
        opcode, operand, argument = each.opcode, each.argval, each.arg
        if opcode in _CONSTANT and argument is None:
            argument = numbered.setdefault(id(operand), len(constants))
            if argument == len(constants):
                constants.append(operand)
        elif opcode in _NAMED and operand is not _BLANK:
            number = names[operand] if opcode in _NAME else variables.get(operand)
            argument = number if opcode != _LOAD_GLOBAL else _with_flag(number, argument)
            if argument is None:
                return None
        elif opcode in _NEVER_WITHOUT:
            return None
        if argument is not None and argument < 0:
            return None
        arguments.append(argument)
    return arguments


def _with_flag(number: int | None, flag: int | None) -> int | None:
    return None if number is None or flag is None else 2 * number + flag % 2


def _distance(opcode: int, at: int, target: int, offsets: Sequence[int]) -> int | None:
    """The argument of a jump; None where Dynamo makes another jump of it, or it is too large for a byte."""
    if (target < at) != (opcode in _BACKWARD):
        return None
    distance = abs(offsets[target] - offsets[at + 1]) // 2
    return distance if distance <= 0xFF else None


def _bytes_above(argument: int) -> bytes:
    """The bytes of an argument above the lowest, the highest first: each is an EXTENDED_ARG's."""
    return argument.to_bytes((argument.bit_length() + 7) // 8, "big")[:-1]


def _depth(
    instructions: Sequence[Any], arguments: Sequence[int | None], targets: Mapping[int, int | None]
) -> int | None:
    """The greatest depth of the stack; None where it is below its bottom, or not the same on every way to an
    instruction, where no way leads to one, or where an argument is not as it must be."""
    depths = [-1] * len(instructions)
    starts: list[tuple[int | None, int]] = [(0, 0)]
    while starts:
        at, depth = starts.pop()
        while at is not None and depth >= 0 and depths[at] < 0:
            depths[at] = depth
            opcode, argument = instructions[at].opcode, arguments[at]
            if (argument is None) == (opcode >= dis.HAVE_ARGUMENT):
                return None
            if opcode in _JUMPS:
                starts.append((targets[at], depth + dis.stack_effect(opcode, argument, jump=True)))
            if opcode in _ENDS:
                break
            depth += dis.stack_effect(opcode, argument, jump=False)
            at = at + 1 if at + 1 < len(instructions) else None
        else:
            if at is None or depths[at] != depth:
                return None
    return None if -1 in depths else max(depths)


# --- the table of lines ------------------------------------------------------------------------------------

_LONG, _NO_COLUMNS = 14, 13
"""Kinds of entries: with columns, and without."""

_MOST: Final = 8
"""Code units that one entry is for, at most."""


def _lines(instructions: Sequence[Any], wide: Mapping[int, bytes], line: int) -> bytes:
    """The table of lines, as CPython's `Objects/locations.md` says it; an instruction that is nowhere goes
    with the line before it."""
    table = bytearray()
    for at, each in enumerate(instructions):
        for units in (*(1 for _ in wide.get(at, ())), _SIZES[each.opcode] // 2):
            if each.positions is None or each.positions.lineno is None:
                table += _NOWHERE[units]
                continue
            moved, line = each.positions.lineno - line, each.positions.lineno
            table += b"".join(_entry(each.positions, moved, part) for part in _parts(units))
    return bytes(table)


def _parts(units: int) -> list[int]:
    """The code units of an instruction as those of its entries."""
    return [_MOST] * ((units - 1) // _MOST) + [(units - 1) % _MOST + 1]


def _entry(positions: Any, moved: int, units: int) -> bytes:
    numbers = [2 * moved if moved >= 0 else 1 - 2 * moved]
    whole = positions is not None and None not in positions
    if whole:
        numbers.append(positions.end_lineno - positions.lineno)
        numbers += [positions.col_offset + 1, positions.end_col_offset + 1]
    first = 0x80 | (_LONG if whole else _NO_COLUMNS) << 3 | units - 1
    return bytes([first, *(part for number in numbers for part in _in_sixes(number))])


def _in_sixes(number: int) -> Iterator[int]:
    """A number in parts of six bits, the lowest first; a seventh bit says that more come."""
    while number > 0x3F:
        yield 0x40 | number & 0x3F
        number >>= 6
    yield number


_NOWHERE: Final = [
    b"".join(_entry(None, 0, part) for part in _parts(units)) for units in range(1 + max(_SIZES) // 2)
]
"""Code units -> the entries of an instruction that is nowhere."""


# --- the sample -------------------------------------------------------------------------------------------


def is_sampled(code: CodeType) -> bool:
    """Is Dynamo's assembler to make this code too? The same for the same code in every process."""
    return zlib.crc32(code.co_code) % SAMPLE == 0


def held_against(mine: CodeType, theirs: CodeType, keys: Sequence[str]) -> None:
    """Raises AssemblersDiffer unless the two are equal in every field, down to the very constants."""
    unlike = [key for key in keys if key != "co_consts" and getattr(mine, key) != getattr(theirs, key)]
    if list(map(id, mine.co_consts)) != list(map(id, theirs.co_consts)):
        unlike.append("co_consts")
    if unlike:
        told = "; ".join(
            f"{key} {getattr(mine, key)!r} in the place of {getattr(theirs, key)!r}" for key in unlike
        )
        raise AssemblersDiffer(f"{told}: mend `assembled`, or take the fingerprint out of KNOWN")
