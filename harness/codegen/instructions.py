"""Instructions, and the sequences that mean one thing on every CPython version.

Claim: whatever differs between CPython 3.10, 3.11, 3.12, 3.13 and 3.14 stands in this file, one `Version`
row each; whoever emits code asks `Builders` and reads the same for all of them.

The facts are those of the `dis` documentation and of `Python/bytecodes.c` (`ceval.c` before 3.12).
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol

from harness.codegen.errors import InstructionError, NothingPushedError, UnavailableError


class _NoArgval:
    """The type of `NO_ARGVAL`: None is a constant like any other, so it cannot mean "not given"."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NO_ARGVAL"


NO_ARGVAL: Final = _NoArgval()


@dataclass(frozen=True, eq=False, slots=True)
class Handler:
    """Where control goes when an instruction raises (3.11 on: an entry of the exception table).

    `target` begins with the `depth` lowest slots of the stack, on top of them the offset of the instruction
    that raised if `lasti`, then the exception.
    """

    target: Instruction
    depth: int
    lasti: bool = False


@dataclass(eq=False, slots=True)
class Instruction:
    """One instruction before assembling: mutable, and compared by identity.

    Exactly one of `arg` (the raw argument), `argval` (the constant or the name it stands for) and `target`
    (the instruction it jumps to) is meant, or none. Only where the lowest bits of the argument are flags
    beside a name, `arg` holds the flags and `argval` the name.

    `line` is its line in the source, None for that of the instruction before. `handler` protects it.
    """

    opname: str
    arg: int | None = None
    argval: Any = NO_ARGVAL
    target: Instruction | None = field(default=None, repr=False)
    line: int | None = None
    handler: Handler | None = field(default=None, repr=False)

    @property
    def opcode(self) -> int:
        """The number of the instruction on the running CPython."""
        return dis.opmap[self.opname]


class AnyInstruction(Protocol):
    """What the codegen reads and writes of an instruction, whoever made it."""

    opname: str
    arg: int | None
    argval: Any


class MakeInstruction(Protocol):
    """How a host makes an instruction; `argval` is left out where there is none."""

    def __call__(self, name: str, /, *, arg: int | None = ..., argval: Any = ...) -> Any: ...


# --- what differs between the versions ------------------------------------------------------------------

_GLOBAL: Final = frozenset({"LOAD_GLOBAL"})
_METHOD_BIT: Final = frozenset({"LOAD_ATTR", "LOAD_SUPER_ATTR"})
_GLOBAL_OR_ATTR: Final = _GLOBAL | _METHOD_BIT

CLOSURE_FLAG: Final = 0x08
SUBSCRIPT_OPERATION: Final = 26  # NB_SUBSCR: subscripting as an operation of BINARY_OP, 3.14


@dataclass(frozen=True)
class Version:
    """The instruction set of one CPython version, as far as a codegen can see it.

    - `null`: where the NULL of a call stands, seen from the callable.
    - `null_bits`: where, in the instructions that push a callable, one may have a bit that pushes the NULL
      too: (index, opcodes), tried in order. `null_bits_ex` is the same before `CALL_FUNCTION_EX`, where a
      bit that may push `self` instead will not do.
    - `flagged`: opcodes whose argument is a name with flags in the lowest bits.
    - `call`, `call_method`: the opcodes of a call, each with the number of arguments.
    - `keyword_call`: how keyword names reach a call.
    - `rotation`: one `ROT_*` instruction, or a chain of `SWAP`.
    - `ex_keywords_slot`: `CALL_FUNCTION_EX` always finds keywords or NULL on top, and needs no flag for it.
    - `function_name`: `MAKE_FUNCTION` finds the name above the code.
    - `closure_attribute`: the closure is set after `MAKE_FUNCTION`, not by a flag of it.
    - `empty_tuple_constant`: `BUILD_TUPLE 0` is not allowed: CPython trusts that what it builds is mortal.
    - `prologue`: a code object begins by making its cells and with `RESUME`.
    - `shared_cells`: cells live among the locals, and a cell that is an argument has the argument's index.
    - `exception_table`: handlers stand in a table of the code object; before, instructions set them up.
    """

    null: Literal["none", "below", "above"]
    null_bits: tuple[tuple[int, frozenset[str]], ...]
    null_bits_ex: tuple[tuple[int, frozenset[str]], ...]
    flagged: frozenset[str]
    call: tuple[str, ...]
    call_method: tuple[str, ...]
    keyword_call: Literal["CALL_FUNCTION_KW", "KW_NAMES", "CALL_KW"]
    load_method: tuple[str, int | None]
    duplicate: tuple[str, int | None]
    rotation: Literal["ROT", "SWAP"]
    load_closure: str
    subscript: tuple[str, int | None]
    ex_keywords_slot: bool
    function_name: bool
    closure_attribute: bool
    empty_tuple_constant: bool
    prologue: bool
    shared_cells: bool
    exception_table: bool


_V310: Final = Version(
    null="none",
    null_bits=(),
    null_bits_ex=(),
    flagged=frozenset(),
    call=("CALL_FUNCTION",),
    call_method=("CALL_METHOD",),
    keyword_call="CALL_FUNCTION_KW",
    load_method=("LOAD_METHOD", None),
    duplicate=("DUP_TOP", None),
    rotation="ROT",
    load_closure="LOAD_CLOSURE",
    subscript=("BINARY_SUBSCR", None),
    ex_keywords_slot=False,
    function_name=True,
    closure_attribute=False,
    empty_tuple_constant=False,
    prologue=False,
    shared_cells=False,
    exception_table=False,
)
_V311: Final = replace(
    _V310,
    null="below",
    null_bits=((0, _GLOBAL),),
    null_bits_ex=((0, _GLOBAL),),
    flagged=_GLOBAL,
    call=("PRECALL", "CALL"),
    call_method=("PRECALL", "CALL"),
    keyword_call="KW_NAMES",
    duplicate=("COPY", 1),
    rotation="SWAP",
    function_name=False,
    prologue=True,
    shared_cells=True,
    exception_table=True,
)
_V312: Final = replace(
    _V311,
    null_bits=((-1, _GLOBAL_OR_ATTR), (0, _GLOBAL)),
    flagged=_GLOBAL_OR_ATTR,
    call=("CALL",),
    call_method=("CALL",),
    load_method=("LOAD_ATTR", 1),
)
_V313: Final = replace(
    _V312,
    null="above",
    null_bits=((-1, _GLOBAL_OR_ATTR),),
    null_bits_ex=((-1, _GLOBAL),),
    keyword_call="CALL_KW",
    load_closure="LOAD_FAST",
    closure_attribute=True,
)
_V314: Final = replace(
    _V313,
    subscript=("BINARY_OP", SUBSCRIPT_OPERATION),
    ex_keywords_slot=True,
    empty_tuple_constant=True,
)

VERSIONS: Final = MappingProxyType(
    {(3, 10): _V310, (3, 11): _V311, (3, 12): _V312, (3, 13): _V313, (3, 14): _V314}
)


def _running() -> Version:
    version = sys.version_info[:2]
    if version not in VERSIONS:
        raise UnavailableError(
            f"CPython {version[0]}.{version[1]} has no row in VERSIONS",
            where="instructions",
            remedy="run on one that has, or add what is different in it",
        )
    return VERSIONS[version]


RUNNING: Final = _running()


# --- builders -------------------------------------------------------------------------------------------


def _nothing() -> None:
    """Called by emitted code, only to consume a NULL."""


class Builders:
    """Sequences of instructions, made by `make` for one `version`. None of them touches a codegen."""

    def __init__(self, make: MakeInstruction, version: Version = RUNNING) -> None:
        self.create_instruction = make
        self.version = version

    def _with(self, opcode: tuple[str, int | None]) -> Any:
        name, arg = opcode
        return self.create_instruction(name) if arg is None else self.create_instruction(name, arg=arg)

    def create_load_const(self, value: object) -> Any:
        return self.create_instruction("LOAD_CONST", argval=value)

    def create_load_closure(self, name: str) -> Any:
        return self.create_instruction(self.version.load_closure, argval=name)

    def create_load_method(self, name: str) -> Any:
        opname, flag = self.version.load_method
        if flag is None:
            return self.create_instruction(opname, argval=name)
        return self.create_instruction(opname, arg=flag, argval=name)

    def create_dup_top(self) -> Any:
        return self._with(self.version.duplicate)

    def create_binary_subscr(self) -> Any:
        return self._with(self.version.subscript)

    def create_build_tuple(self, n: int) -> Any:
        if n == 0 and self.version.empty_tuple_constant:
            return self.create_load_const(())
        return self.create_instruction("BUILD_TUPLE", arg=n)

    def create_rot_n(self, n: int) -> list[Any]:
        """The top goes n deep, the n-1 values below it come up by one. Nothing for n below 2."""
        if n < 2:
            return []
        if self.version.rotation == "SWAP":
            return [self.create_instruction("SWAP", arg=i) for i in range(n, 1, -1)]
        if n <= 4:
            return [self.create_instruction(("ROT_TWO", "ROT_THREE", "ROT_FOUR")[n - 2])]
        return [self.create_instruction("ROT_N", arg=n)]

    def null_index(self, pushed: list[Any], *, call_function_ex: bool = False) -> int | None:
        """Where in `pushed`, which push one callable, a `PUSH_NULL` belongs; None if nothing is to be added.

        Nothing is to be added where a bit of an instruction does it (the bit is then set), and where the
        version's calls know no NULL.
        """
        if not pushed:
            raise NothingPushedError(
                "no instruction pushes the callable",
                where="add_push_null",
                remedy="let the given function generate exactly one value",
            )
        version = self.version
        if version.null == "none":
            return None
        for index, opnames in version.null_bits_ex if call_function_ex else version.null_bits:
            instruction = pushed[index]
            flags = instruction.arg or 0
            if instruction.opname in opnames and not flags & 1:
                instruction.arg = flags | 1
                return None
        return 0 if version.null == "below" else len(pushed)

    def may_leave_self(self, instruction: Any) -> bool:
        """May the instruction push a function with `self` above it, where it names a method of an object?"""
        flagged = instruction.opname in self.version.flagged & _METHOD_BIT
        return flagged and bool((instruction.arg or 0) & 1)

    def add_push_null(self, pushed: list[Any], *, call_function_ex: bool = False) -> list[Any]:
        """`pushed` with the NULL that a call expects beside the callable. May change its instructions."""
        index = self.null_index(pushed, call_function_ex=call_function_ex)
        if index is None:
            return pushed
        return [*pushed[:index], self.create_instruction("PUSH_NULL"), *pushed[index:]]

    def _late_null(self, above: int) -> list[Any]:
        """Push a NULL beside a callable that already has `above` values above it."""
        null = self.version.null
        if null == "none":
            return []
        depth = above + (2 if null == "below" else 1)
        return [self.create_instruction("PUSH_NULL"), *self.create_rot_n(depth)]

    def create_call_function(self, nargs: int, push_null: bool) -> list[Any]:
        """Call. `push_null` says that the callable lies below its arguments without a NULL."""
        null = self._late_null(nargs) if push_null else []
        return [*null, *(self.create_instruction(name, arg=nargs) for name in self.version.call)]

    def create_call_method(self, nargs: int) -> list[Any]:
        """Call what `create_load_method` left, with `nargs` arguments above it."""
        return [self.create_instruction(name, arg=nargs) for name in self.version.call_method]

    def create_call_function_ex(self, has_kwargs: bool, push_null: bool) -> list[Any]:
        """Call with a tuple and, if `has_kwargs`, a dict. The slot that 3.14 wants for the dict is filled."""
        slot = self.version.ex_keywords_slot
        missing = [self.create_instruction("PUSH_NULL")] if slot and not has_kwargs else []
        null = self._late_null(2 if slot or has_kwargs else 1) if push_null else []
        call = ("CALL_FUNCTION_EX", None if slot else int(has_kwargs))
        return [*missing, *null, self._with(call)]

    def create_call_function_kw(self, nargs: int, kw_names: Iterable[str], push_null: bool) -> list[Any]:
        """Call with `nargs` arguments on the stack, the last of them named by `kw_names`."""
        names = tuple(kw_names)
        style = self.version.keyword_call
        null = self._late_null(nargs) if push_null else []
        if style == "KW_NAMES":
            return [
                *null,
                self.create_instruction("KW_NAMES", argval=names),
                *self.create_call_function(nargs, push_null=False),
            ]
        return [*null, self.create_load_const(names), self.create_instruction(style, arg=nargs)]

    def create_make_function(self, fn_name: str, code: object) -> list[Any]:
        """Make a function of `code`, which has no free variables. 3.10 takes `fn_name` as qualified name."""
        return self._make_function(fn_name, code, closure=False)

    def create_make_closure(self, fn_name: str, code: object) -> list[Any]:
        """Make a function of `code` and the tuple of cells that is on the stack."""
        return self._make_function(fn_name, code, closure=True)

    def _make_function(self, fn_name: str, code: object, *, closure: bool) -> list[Any]:
        out = [self.create_load_const(code)]
        if self.version.function_name:
            out.append(self.create_load_const(fn_name))
        if not self.version.closure_attribute:
            out.append(self.create_instruction("MAKE_FUNCTION", arg=CLOSURE_FLAG if closure else 0))
            return out
        out.append(self.create_instruction("MAKE_FUNCTION"))
        if closure:
            out.append(self.create_instruction("SET_FUNCTION_ATTRIBUTE", arg=CLOSURE_FLAG))
        return out

    def create_pop_null(self) -> list[Any]:
        """Take a NULL off the stack, by calling a function that does nothing beside it."""
        if self.version.null == "none":
            raise UnavailableError(
                "the calls of this CPython know no NULL",
                where="pop_null",
                remedy="emit it from 3.11 on only",
            )
        swap = [self.create_instruction("SWAP", arg=2)] if self.version.null == "above" else []
        return [
            self.create_load_const(_nothing),
            *swap,
            *self.create_call_function(0, push_null=False),
            self.create_instruction("POP_TOP"),
        ]


# --- our own instructions, on the running CPython -------------------------------------------------------


def create_instruction(
    name: str,
    /,
    *,
    arg: int | None = None,
    argval: Any = NO_ARGVAL,
    target: Instruction | None = None,
) -> Instruction:
    """An `Instruction`. At most one of `arg`, `argval` and `target`, but flags beside a name."""
    given = (arg is not None) + (argval is not NO_ARGVAL) + (target is not None)
    if given > 1 and not (name in RUNNING.flagged and target is None):
        raise InstructionError(
            f"{name} with more than one of arg, argval and target",
            where="create_instruction",
            remedy="give the one that is meant",
        )
    if name not in dis.opmap:
        raise InstructionError(
            f"this CPython has no instruction {name}",
            where="create_instruction",
            remedy="use a builder, which knows what each version calls it",
        )
    return Instruction(name, arg, argval, target)


NATIVE: Final = Builders(create_instruction)

create_load_const = NATIVE.create_load_const
create_load_closure = NATIVE.create_load_closure
create_load_method = NATIVE.create_load_method
create_dup_top = NATIVE.create_dup_top
create_binary_subscr = NATIVE.create_binary_subscr
create_build_tuple = NATIVE.create_build_tuple
create_rot_n = NATIVE.create_rot_n
add_push_null = NATIVE.add_push_null
create_call_function = NATIVE.create_call_function
create_call_function_ex = NATIVE.create_call_function_ex
create_call_function_kw = NATIVE.create_call_function_kw
create_call_method = NATIVE.create_call_method
