"""Bad code objects, each rejected for the reason that it should be, and for no other."""

from __future__ import annotations

import dis
import sys
from types import CodeType

import pytest

from oracles.stack import Report, annotate, verify
from oracles.stack.interpreter import Machine
from oracles.stack.opcodes import Table
from oracles.stack.rows311 import LARGEST, ROWS

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the opcodes of 3.11")

Line = tuple[str, int]


def _template() -> CodeType:
    def function(x, y):  # type: ignore[no-untyped-def]
        pass

    return function.__code__


def _free(a: object) -> CodeType:
    def inner() -> object:
        return a

    return inner.__code__


def _comprehension() -> CodeType:
    return next(c for c in compile("[i for i in x]", "", "eval").co_consts if isinstance(c, CodeType))


def assemble(*lines: str | Line, **other: object) -> CodeType:
    """Code of a function of x and y with a third local z. An opcode without oparg stands alone; caches and
    EXTENDED_ARGs are put in where they belong. Constants: 0 None, 1 an int, 2 names, 3 code, 4 code with a
    free variable, 5 a tuple of an int, 6 a tuple of one string, 7 an exception, 8 a comprehension.
    Names: 0 a, 1 b."""
    raw = bytearray()
    for line in lines:
        name, oparg = (line, 0) if isinstance(line, str) else line
        for shift in (24, 16, 8):
            if oparg >> shift:
                raw += bytes([dis.opmap["EXTENDED_ARG"], oparg >> shift & 255])
        op = dis.opmap[name]
        raw += bytes([op, oparg & 255])
        raw += bytes(2 * dis._inline_cache_entries[op])  # type: ignore[attr-defined]
    fields: dict[str, object] = {
        "co_code": bytes(raw),
        "co_stacksize": 8,
        "co_nlocals": 3,
        "co_varnames": ("x", "y", "z"),
        "co_consts": (
            None,
            1,
            ("k", "l"),
            _template(),
            _free(0),
            (1,),
            ("k",),
            ValueError(),
            _comprehension(),
        ),
        "co_names": ("a", "b"),
        "co_exceptiontable": b"",
        **other,
    }
    return _template().replace(**fields)  # type: ignore[arg-type]


NONE: Line = ("LOAD_CONST", 0)
INT: Line = ("LOAD_CONST", 1)
X: Line = ("LOAD_FAST", 0)
ERROR: Line = ("LOAD_CONST", 7)
COMPREHENSION: Line = ("LOAD_CONST", 8)
RETURN = "RETURN_VALUE"
REST: tuple[str | Line, ...] = (ERROR, ("BUILD_LIST", 0), "PREP_RERAISE_STAR")
GENERATOR = 0x20


def row(start: int, length: int, target: int, depth: int, lasti: bool = False) -> bytes:
    """One row of an exception table, in code units, all below 64."""
    return bytes([start | 128, length, target, depth * 2 + lasti])


# The reason, what it is rejected for, and the code.
BAD: list[tuple[str, str, CodeType]] = [
    ("pops nothing", "underflow", assemble("POP_TOP", NONE, RETURN)),
    ("too few for an operator", "underflow", assemble(X, ("BINARY_OP", 0), RETURN)),
    ("too few for a call", "underflow", assemble("PUSH_NULL", X, ("PRECALL", 2), ("CALL", 2), RETURN)),
    ("one too few to return", "underflow", assemble(RETURN)),
    ("no list so far below", "underflow", assemble(("BUILD_LIST", 0), X, ("LIST_APPEND", 2), RETURN)),
    ("too deep", "stack-depth", assemble(X, X, "POP_TOP", RETURN, co_stacksize=1)),
    (
        "a branch leaves one more",
        "join-depth",
        assemble(X, ("POP_JUMP_FORWARD_IF_FALSE", 1), X, NONE, RETURN),
    ),
    ("grows round a loop", "join-depth", assemble("NOP", X, ("JUMP_BACKWARD", 2))),
    ("jumps back to the first instruction", "jump-target", assemble(X, ("JUMP_BACKWARD", 2))),
    (
        "NULL on one path, an object on the other",
        "join-slot",
        assemble(
            X,
            ("POP_JUMP_FORWARD_IF_FALSE", 2),
            "PUSH_NULL",
            ("JUMP_FORWARD", 1),
            NONE,
            X,
            ("PRECALL", 0),
            ("CALL", 0),
            RETURN,
        ),
    ),
    ("pops a NULL", "null-as-object", assemble("PUSH_NULL", "POP_TOP", NONE, RETURN)),
    ("NULL as operand", "null-as-object", assemble("PUSH_NULL", "UNARY_NOT", RETURN)),
    (
        "NULL as argument",
        "null-as-object",
        assemble("PUSH_NULL", X, "PUSH_NULL", ("PRECALL", 1), ("CALL", 1), RETURN),
    ),
    (
        "half a method pair as object",
        "null-as-object",
        assemble(X, ("LOAD_METHOD", 0), "POP_TOP", "POP_TOP", NONE, RETURN),
    ),
    ("duplicates NULL", "null-duplicated", assemble("PUSH_NULL", ("COPY", 1), RETURN)),
    ("stores NULL", "null-stored", assemble("PUSH_NULL", ("STORE_FAST", 0), NONE, RETURN)),
    ("stores NULL outside", "null-stored", assemble("PUSH_NULL", ("STORE_GLOBAL", 0), NONE, RETURN)),
    ("returns NULL", "null-returned", assemble("PUSH_NULL", RETURN)),
    ("NULL in a tuple", "null-in-container", assemble(X, "PUSH_NULL", ("BUILD_TUPLE", 2), RETURN)),
    (
        "NULL appended",
        "null-in-container",
        assemble(("BUILD_LIST", 0), "PUSH_NULL", ("LIST_APPEND", 1), RETURN),
    ),
    ("NULL above the callable", "null-side", assemble(X, "PUSH_NULL", ("PRECALL", 0), ("CALL", 0), RETURN)),
    (
        "NULL above the callable, without PRECALL",
        "null-side",
        assemble(X, "PUSH_NULL", ("CALL", 0), RETURN),
    ),
    (
        "NULL above the callable, and an argument",
        "null-side",
        assemble(X, "PUSH_NULL", X, ("PRECALL", 1), ("CALL", 1), RETURN),
    ),
    ("two NULLs", "null-side", assemble("PUSH_NULL", "PUSH_NULL", ("PRECALL", 0), ("CALL", 0), RETURN)),
    (
        "self without its method",
        "null-side",
        assemble(X, X, ("LOAD_METHOD", 0), ("SWAP", 2), ("SWAP", 3), ("SWAP", 2), ("CALL", 0), RETURN),
    ),
    (
        "something else above a method",
        "null-side",
        assemble(X, ("LOAD_METHOD", 0), "UNARY_NOT", ("PRECALL", 0), ("CALL", 0), RETURN),
    ),
    (
        "an object where NULL must be",
        "null-side",
        assemble(X, X, ("BUILD_TUPLE", 0), ("CALL_FUNCTION_EX", 0), RETURN),
    ),
    ("appends to an int", "wrong-kind", assemble(INT, X, ("LIST_APPEND", 1), RETURN)),
    ("appends to an unknown object", "wrong-kind", assemble(X, X, ("LIST_APPEND", 1), RETURN)),
    (
        *("extends a slice of anything", "wrong-kind"),
        assemble(
            X, *2 * [("LOAD_CONST", 0)], ("BUILD_SLICE", 2), "BINARY_SUBSCR", X, ("LIST_EXTEND", 1), RETURN
        ),
    ),
    (
        *("extends an item of a list", "wrong-kind"),
        assemble(("BUILD_LIST", 0), ("LOAD_CONST", 1), "BINARY_SUBSCR", X, ("LIST_EXTEND", 1), RETURN),
    ),
    ("extends a tuple", "wrong-kind", assemble(("BUILD_TUPLE", 0), X, ("LIST_EXTEND", 1), RETURN)),
    ("adds to a list", "wrong-kind", assemble(("BUILD_LIST", 0), X, ("SET_ADD", 1), RETURN)),
    ("updates a list", "wrong-kind", assemble(("BUILD_LIST", 0), X, ("DICT_UPDATE", 1), RETURN)),
    ("maps in a list", "wrong-kind", assemble(("BUILD_LIST", 0), X, X, ("MAP_ADD", 1), RETURN)),
    (
        "merges into a list",
        "wrong-kind",
        assemble("PUSH_NULL", X, X, ("BUILD_LIST", 0), X, ("DICT_MERGE", 1), ("CALL_FUNCTION_EX", 1), RETURN),
    ),
    (
        "iterates over an object",
        "wrong-kind",
        assemble(X, ("FOR_ITER", 2), "POP_TOP", ("JUMP_BACKWARD", 3), NONE, RETURN),
    ),
    (
        "calls a comprehension with a list",
        "wrong-kind",
        assemble(COMPREHENSION, ("MAKE_FUNCTION", 0), ("BUILD_LIST", 0), ("PRECALL", 0), ("CALL", 0), RETURN),
    ),
    (
        "calls a comprehension with an object, above NULL",
        "wrong-kind",
        assemble("PUSH_NULL", COMPREHENSION, ("MAKE_FUNCTION", 0), X, ("PRECALL", 1), ("CALL", 1), RETURN),
    ),
    ("makes a function of an int", "wrong-kind", assemble(INT, ("MAKE_FUNCTION", 0), RETURN)),
    (
        "defaults that are a list",
        "wrong-kind",
        assemble(("BUILD_LIST", 0), ("LOAD_CONST", 3), ("MAKE_FUNCTION", 1), RETURN),
    ),
    ("matches keys of a list", "wrong-kind", assemble(X, ("BUILD_LIST", 0), "MATCH_KEYS", RETURN)),
    ("raises an int again", "wrong-kind", assemble(INT, ("RERAISE", 0))),
    ("raises again without a saved offset", "wrong-kind", assemble(INT, ERROR, ("RERAISE", 1))),
    ("updates a set that is a list", "wrong-kind", assemble(("BUILD_LIST", 0), X, ("SET_UPDATE", 1), RETURN)),
    ("matches names in a list", "wrong-kind", assemble(X, X, ("BUILD_LIST", 0), ("MATCH_CLASS", 0), RETURN)),
    (
        "a closure that is a list",
        "wrong-kind",
        assemble(("BUILD_LIST", 0), ("LOAD_CONST", 4), ("MAKE_FUNCTION", 8), RETURN),
    ),
    ("handles an int", "wrong-kind", assemble(INT, "PUSH_EXC_INFO", "POP_TOP", "POP_EXCEPT", NONE, RETURN)),
    ("matches an int", "wrong-kind", assemble(INT, X, "CHECK_EXC_MATCH", "POP_TOP", RETURN)),
    ("splits an int", "wrong-kind", assemble(INT, X, "CHECK_EG_MATCH", "POP_TOP", RETURN)),
    ("gathers for an int", "wrong-kind", assemble(INT, ("BUILD_LIST", 0), "PREP_RERAISE_STAR", RETURN)),
    ("gathers an int", "wrong-kind", assemble(ERROR, INT, "PREP_RERAISE_STAR", RETURN)),
    ("raises a rest that may be None", "wrong-kind", assemble(*REST, ("RERAISE", 0))),
    (
        "raises a rest that is None",
        "wrong-kind",
        assemble(*REST, ("COPY", 1), ("POP_JUMP_FORWARD_IF_NOT_NONE", 1), ("RERAISE", 0), RETURN),
    ),
    (
        "leaves a block with an int for the saved offset",
        "wrong-kind",
        assemble(X, INT, NONE, ERROR, "WITH_EXCEPT_START", *["POP_TOP"] * 4, RETURN),
    ),
    (
        "leaves a block with an int for the exception",
        "wrong-kind",
        assemble(
            *(X, ("RAISE_VARARGS", 0), INT, "WITH_EXCEPT_START", "POP_TOP", "POP_TOP", ("RERAISE", 1)),
            co_exceptiontable=row(1, 1, 2, 1, lasti=True),
        ),
    ),
    ("ends an iteration with an int", "wrong-kind", assemble(X, INT, "END_ASYNC_FOR", NONE, RETURN)),
    ("restores an int as exception", "wrong-kind", assemble(INT, "POP_EXCEPT", NONE, RETURN)),
    ("a tuple of an int", "wrong-kind", assemble(INT, "LIST_TO_TUPLE", RETURN)),
    ("a string of ints", "wrong-kind", assemble(INT, INT, ("BUILD_STRING", 2), RETURN)),
    ("a format that is an int", "wrong-kind", assemble(X, INT, ("FORMAT_VALUE", 4), RETURN)),
    ("keys that are an int", "wrong-kind", assemble(X, INT, ("BUILD_CONST_KEY_MAP", 1), RETURN)),
    ("too many keys", "wrong-length", assemble(X, ("LOAD_CONST", 2), ("BUILD_CONST_KEY_MAP", 1), RETURN)),
    ("something below the result", "left-over-at-return", assemble(X, NONE, RETURN)),
    ("NULL below the result", "left-over-at-return", assemble("PUSH_NULL", NONE, RETURN)),
    ("does not return", "falls-off-end", assemble(X, "POP_TOP")),
    ("nothing", "falls-off-end", assemble()),
    ("jumps too far", "jump-target", assemble(("JUMP_FORWARD", 40), NONE, RETURN)),
    ("jumps before the code", "jump-target", assemble(("JUMP_BACKWARD", 40))),
    ("jumps just behind the code", "jump-target", assemble(("JUMP_FORWARD", 2), NONE, RETURN)),
    (
        "jumps into a cache",
        "jump-target",
        assemble(("JUMP_FORWARD", 1), ("LOAD_GLOBAL", 0), RETURN),
    ),
    (
        "jumps behind an EXTENDED_ARG",
        "jump-target",
        assemble(("JUMP_FORWARD", 1), ("LOAD_CONST", 256), RETURN, co_consts=(None,) * 300),
    ),
    ("no such local", "local-index", assemble(("LOAD_FAST", 3), RETURN)),
    ("no such local to store", "local-index", assemble(X, ("STORE_FAST", 9), NONE, RETURN)),
    ("no such name", "name-index", assemble(("LOAD_NAME", 2), RETURN)),
    ("no such global", "name-index", assemble(("LOAD_GLOBAL", 4), RETURN)),
    ("no such constant", "const-index", assemble(("LOAD_CONST", 9), RETURN)),
    ("no such cell", "cell-index", assemble(("LOAD_DEREF", 3), RETURN)),
    ("a local is no cell", "not-a-cell", assemble(("LOAD_DEREF", 0), RETURN)),
    ("stores through a local", "not-a-cell", assemble(X, ("STORE_DEREF", 1), NONE, RETURN)),
    ("deletes through a local", "not-a-cell", assemble(("DELETE_DEREF", 0), NONE, RETURN)),
    ("a local is no cell for a closure", "not-a-cell", assemble(("LOAD_CLOSURE", 0), RETURN)),
    ("makes a cell of a local", "not-a-cell", assemble(("MAKE_CELL", 0), NONE, RETURN)),
    (
        "a cell that is not yet made",
        "uninitialised-cell",
        assemble(("LOAD_DEREF", 3), RETURN, co_cellvars=("c",)),
    ),
    (
        "a free variable that is not copied",
        "uninitialised-cell",
        assemble(("LOAD_DEREF", 3), RETURN, co_freevars=("c",)),
    ),
    (
        "copies too many cells",
        "closure-mismatch",
        assemble(("COPY_FREE_VARS", 2), NONE, RETURN, co_freevars=("c",)),
    ),
    (
        "no closure for a free variable",
        "closure-mismatch",
        assemble(("LOAD_CONST", 4), ("MAKE_FUNCTION", 0), RETURN),
    ),
    (
        "a closure for no free variable",
        "closure-mismatch",
        assemble(X, ("BUILD_TUPLE", 1), ("LOAD_CONST", 3), ("MAKE_FUNCTION", 8), RETURN),
    ),
    (
        "a closure of an int",
        "closure-not-cells",
        assemble(INT, ("BUILD_TUPLE", 1), ("LOAD_CONST", 4), ("MAKE_FUNCTION", 8), RETURN),
    ),
    (
        "a constant closure",
        "closure-not-cells",
        assemble(("LOAD_CONST", 5), ("LOAD_CONST", 4), ("MAKE_FUNCTION", 8), RETURN),
    ),
    (
        "keyword names without a call",
        "kw-names-without-call",
        assemble("PUSH_NULL", X, X, ("KW_NAMES", 6), "NOP", ("PRECALL", 1), ("CALL", 1), RETURN),
    ),
    (
        "keyword names that are no strings",
        "kw-names-not-strings",
        assemble("PUSH_NULL", X, X, ("KW_NAMES", 5), ("PRECALL", 1), ("CALL", 1), RETURN),
    ),
    (
        "more keyword names than arguments",
        "kw-names-too-long",
        assemble("PUSH_NULL", X, X, ("KW_NAMES", 2), ("PRECALL", 1), ("CALL", 1), RETURN),
    ),
    (
        "PRECALL alone",
        "precall-without-call",
        assemble("PUSH_NULL", X, ("PRECALL", 0), "NOP", ("CALL", 0), RETURN),
    ),
    (
        "PRECALL of another count",
        "precall-without-call",
        assemble("PUSH_NULL", X, X, ("PRECALL", 0), ("CALL", 1), RETURN),
    ),
    ("swaps too deep", "swap-out-of-depth", assemble(X, X, ("SWAP", 3), ("CALL", 0), RETURN)),
    ("copies from too deep", "copy-out-of-depth", assemble(X, ("COPY", 2), RETURN)),
    ("runs into a cache", "executed-cache", assemble("CACHE", NONE, RETURN)),
    (
        "too little cache",
        "missing-cache",
        assemble(co_code=bytes([dis.opmap["LOAD_GLOBAL"], 0, *[0, 0] * 4])),
    ),
    ("a prefix at the end", "extended-arg", assemble("NOP", co_code=bytes([9, 0, 144, 1]))),
    ("too many prefixes", "extended-arg", assemble(co_code=bytes([*[144, 1] * 4, 9, 0]))),
    ("a prefix without bits", "extended-arg", assemble(co_code=bytes([144, 0, 100, 0, 83, 0]))),
    ("a prefix of RESUME", "extended-arg", assemble(co_code=bytes([144, 1, 151, 0, 100, 0, 83, 0]))),
    (
        "the table names a depth that is not there",
        "handler-depth",
        assemble("NOP", ("RAISE_VARARGS", 0), "POP_TOP", NONE, RETURN, co_exceptiontable=row(1, 1, 2, 1)),
    ),
    (
        "the table keeps what is popped",
        "handler-depth",
        assemble(X, "UNARY_NOT", RETURN, "POP_TOP", RETURN, co_exceptiontable=row(1, 1, 3, 1)),
    ),
    (
        "the handler lies outside",
        "exception-table",
        assemble("NOP", NONE, RETURN, co_exceptiontable=row(0, 1, 30, 0)),
    ),
    (
        "the handler lies in a cache",
        "exception-table",
        assemble(("LOAD_GLOBAL", 0), RETURN, co_exceptiontable=row(0, 1, 2, 0)),
    ),
    (
        "rows overlap",
        "exception-table",
        assemble("NOP", NONE, RETURN, co_exceptiontable=row(0, 2, 1, 0) + row(1, 1, 1, 0)),
    ),
    (
        "a row covers more than the code",
        "exception-table",
        assemble("NOP", NONE, RETURN, co_exceptiontable=row(0, 9, 1, 0)),
    ),
    ("a row is cut off", "exception-table", assemble(NONE, RETURN, co_exceptiontable=row(0, 1, 1, 0)[:3])),
    ("a number is cut off", "exception-table", assemble(NONE, RETURN, co_exceptiontable=b"\x80\x01\x00\x40")),
    ("a row has no mark", "exception-table", assemble(NONE, RETURN, co_exceptiontable=b"\x00\x01\x00\x00")),
    *(
        (f"lines: {name}", "line-table", assemble(NONE, RETURN, co_linetable=table))
        for name, table in {
            "an entry begins without its mark": b"\x00",
            "a column is cut off": b"\x80",
            "a line is cut off": b"\xe8\x41",
            "an entry of all is cut off": b"\xf0\x01\x01",
        }.items()
    ),
    ("yields without being a generator", "wrong-flags", assemble(X, "YIELD_VALUE", RETURN)),
    ("makes a generator of a function", "wrong-flags", assemble("RETURN_GENERATOR", RETURN)),
    ("wraps outside an async generator", "wrong-flags", assemble(X, "ASYNC_GEN_WRAP", RETURN)),
    (
        "reads a class cell in a function",
        "wrong-flags",
        assemble(("COPY_FREE_VARS", 1), ("LOAD_CLASSDEREF", 3), RETURN, co_freevars=("c",)),
    ),
    (
        "yields before there is a generator",
        "generator-start",
        assemble(X, "YIELD_VALUE", RETURN, co_flags=3 | GENERATOR),
    ),
    (
        "sends before there is a generator",
        "generator-start",
        assemble(X, X, ("SEND", 1), "POP_TOP", RETURN, co_flags=3 | GENERATOR),
    ),
    (
        "makes the generator twice",
        "generator-start",
        assemble("RETURN_GENERATOR", "POP_TOP", "RETURN_GENERATOR", RETURN, co_flags=3 | GENERATOR),
    ),
    (
        "makes the generator on a stack",
        "left-over-at-return",
        assemble(X, "RETURN_GENERATOR", "POP_TOP", RETURN, co_flags=3 | GENERATOR),
    ),
]


@pytest.mark.parametrize(("what", "invariant", "code"), BAD, ids=[what for what, _, _ in BAD])
def test_bad_code_is_rejected_for_its_reason(what: str, invariant: str, code: CodeType) -> None:
    report = verify(code)
    assert {violation.invariant for violation in report.violations} == {invariant}
    assert not report.ok


RANGES = {
    **dict.fromkeys(("COPY", "SWAP", "LIST_APPEND", "LIST_EXTEND", "SET_ADD", "SET_UPDATE"), (1, LARGEST)),
    **dict.fromkeys(("MAP_ADD", "DICT_UPDATE", "DICT_MERGE"), (1, LARGEST)),
    **dict.fromkeys(("IS_OP", "CONTAINS_OP", "CALL_FUNCTION_EX"), (0, 1)),
    **dict.fromkeys(("RAISE_VARARGS", "GET_AWAITABLE"), (0, 2)),
    "COMPARE_OP": (0, 5),
    "BINARY_OP": (0, 25),
    "BUILD_SLICE": (2, 3),
    "FORMAT_VALUE": (0, 7),
    "MAKE_FUNCTION": (0, 15),
}


def test_each_range_is_tried() -> None:
    assert {name: row.oparg for name, row in ROWS.items() if row.oparg} == RANGES


@pytest.mark.parametrize(("name", "bounds"), RANGES.items())
def test_an_oparg_without_meaning_is_rejected(name: str, bounds: tuple[int, int]) -> None:
    low, high = bounds
    for oparg in {max(0, low - 1), min(high + 1, LARGEST)} - {low, high}:
        (violation,) = verify(assemble((name, oparg), RETURN)).violations
        assert (violation.invariant, violation.opcode) == ("oparg-range", name)


GOOD: list[tuple[str, CodeType]] = [
    ("calls with NULL below", assemble("PUSH_NULL", X, X, ("PRECALL", 1), ("CALL", 1), RETURN)),
    ("calls a decorator", assemble(X, X, ("PRECALL", 0), ("CALL", 0), RETURN)),
    ("calls a method", assemble(X, ("LOAD_METHOD", 0), X, ("PRECALL", 1), ("CALL", 1), RETURN)),
    ("swaps a NULL", assemble(X, "PUSH_NULL", ("SWAP", 2), ("PRECALL", 0), ("CALL", 0), RETURN)),
    ("updates what may be a dict", assemble(X, X, ("DICT_UPDATE", 1), RETURN)),
    (
        "appends to a list from a local",
        assemble(
            *(("BUILD_LIST", 0), ("STORE_FAST", 2)),
            *(("LOAD_FAST", 2), X, ("LIST_APPEND", 1), RETURN),
        ),
    ),
    ("never runs the bad part", assemble(("JUMP_FORWARD", 1), "POP_TOP", NONE, RETURN)),
    (
        "raises a rest that is not None",
        assemble(*REST, ("COPY", 1), ("POP_JUMP_FORWARD_IF_NONE", 1), ("RERAISE", 0), RETURN),
    ),
    ("a constant behind prefixes", assemble(("LOAD_CONST", 256), RETURN, co_consts=(None,) * 300)),
    (
        "a NULL below a handler",
        assemble(
            *("PUSH_NULL", ("LOAD_GLOBAL", 0), ("PRECALL", 0), ("CALL", 0), RETURN),
            *("POP_TOP", X, ("JUMP_BACKWARD", 11)),
            co_exceptiontable=row(1, 6, 15, 1),
        ),
    ),
]


@pytest.mark.parametrize(("what", "code"), GOOD, ids=[what for what, _ in GOOD])
def test_the_like_of_it_is_accepted(what: str, code: CodeType) -> None:
    assert verify(code).violations == ()


def test_an_opcode_without_a_row_is_rejected() -> None:
    rows = {name: row for name, row in ROWS.items() if name != "NOP"}
    report = Machine(assemble("NOP", NONE, RETURN), Table(rows)).run()
    assert [violation.invariant for violation in report.violations] == ["unknown-opcode"]


def test_a_violation_says_where_what_and_on_which_stack() -> None:
    code = assemble(X, "PUSH_NULL", ("BUILD_LIST", 2), RETURN)
    (violation,) = verify(code).violations
    assert (violation.offset, violation.opcode) == (4, "BUILD_LIST")
    assert violation.message == "items is NULL, and must be an object; stack: [object, NULL]"
    assert [slot.name for slot in violation.stack] == ["object", "NULL"]
    assert [row.violations for row in annotate(code, verify(code))] == [(), (), (violation,), ()]


def test_a_join_names_both_stacks() -> None:
    code = assemble(X, ("POP_JUMP_FORWARD_IF_FALSE", 1), X, NONE, RETURN)
    (violation,) = verify(code).violations
    assert (violation.offset, violation.opcode) == (6, "LOAD_CONST")
    assert violation.message == "1 deep from 4, 0 deep from elsewhere: [object] against []"


def _notes(report: Report) -> list[str]:
    return [note.name for note in report.notes]


def test_a_cell_from_elsewhere_is_trusted_with_a_note() -> None:
    report = verify(assemble(X, ("BUILD_TUPLE", 1), ("LOAD_CONST", 4), ("MAKE_FUNCTION", 8), RETURN))
    assert report.ok
    assert _notes(report) == ["trusts-cell"]


def test_a_stack_argument_of_a_resume_function_is_of_the_kind_that_is_needed() -> None:
    loop = (X, ("FOR_ITER", 2), "POP_TOP", ("JUMP_BACKWARD", 3), NONE, RETURN)
    assert verify(assemble(*loop, co_varnames=("___stack0", "y", "z"))).ok


def test_the_bad_part_of_one_path_does_not_hide_another() -> None:
    code = assemble(X, ("POP_JUMP_FORWARD_IF_FALSE", 2), "PUSH_NULL", "POP_TOP", "POP_TOP", NONE, RETURN)
    assert [violation.invariant for violation in verify(code).violations] == ["null-as-object", "underflow"]


def offsets(code: CodeType, name: str) -> list[int]:
    return [found.offset for found in dis.get_instructions(code) if found.opname == name]


def test_a_violation_says_the_shortest_way_to_it() -> None:
    code = assemble(
        "RESUME",
        ("LOAD_FAST", 0),
        ("POP_JUMP_FORWARD_IF_FALSE", 5),
        ("LOAD_FAST", 0),
        ("POP_JUMP_FORWARD_IF_TRUE", 2),
        ("LOAD_CONST", 0),
        "RETURN_VALUE",
        "POP_TOP",
        ("LOAD_CONST", 0),
        "RETURN_VALUE",
    )
    (violation,) = verify(code).violations
    (wrong,) = offsets(code, "POP_TOP")
    (jump,) = offsets(code, "POP_JUMP_FORWARD_IF_TRUE")
    assert violation.invariant == "underflow"
    assert (violation.offset, violation.path, violation.other_path) == (wrong, ((jump, wrong),), None)


def test_a_join_says_both_ways_to_it() -> None:
    code = assemble(
        "RESUME",
        ("LOAD_FAST", 0),
        ("POP_JUMP_FORWARD_IF_FALSE", 1),
        ("LOAD_CONST", 0),
        ("LOAD_CONST", 0),
        "RETURN_VALUE",
    )
    (violation,) = verify(code).violations
    (jump,) = offsets(code, "POP_JUMP_FORWARD_IF_FALSE")
    between, target = offsets(code, "LOAD_CONST")
    assert (violation.invariant, violation.offset) == ("join-depth", target)
    ways = {violation.path, violation.other_path}
    assert ways == {((jump, target),), ((between, target),)}


def test_the_way_through_a_handler() -> None:
    code = assemble(
        "RESUME",
        ("LOAD_GLOBAL", 0),
        "RETURN_VALUE",
        "POP_TOP",
        "POP_TOP",
        ("LOAD_CONST", 0),
        "RETURN_VALUE",
        co_exceptiontable=row(1, 6, 8, 0),
    )
    (violation,) = verify(code).violations
    first, second = offsets(code, "POP_TOP")
    (raising,) = offsets(code, "LOAD_GLOBAL")
    assert (violation.invariant, violation.offset) == ("underflow", second)
    assert violation.path == ((raising, first),)


@pytest.mark.parametrize(
    "line", [("LOAD_CONST", 200), ("LOAD_FAST", 9), ("LOAD_GLOBAL", 900), ("LOAD_DEREF", 70)]
)
def test_code_that_names_nothing_is_listed(line: Line) -> None:
    code = assemble(X, "POP_TOP", line, RETURN)
    report = verify(code)
    assert not report.ok
    rows = annotate(code, report)
    assert [row.opname for row in rows] == ["LOAD_FAST", "POP_TOP", line[0], "RETURN_VALUE"]
    assert rows[2].oparg == line[1]
    assert rows[2].violations == report.violations


@pytest.mark.parametrize("name", ["BUILD_LIST", "CALL", "LIST_APPEND", "UNPACK_SEQUENCE", "UNPACK_EX"])
def test_an_oparg_of_thirty_two_bits_costs_no_memory(name: str) -> None:
    report = verify(assemble(X, (name, 2**31 - 1), RETURN))
    assert [violation.invariant for violation in report.violations] == ["underflow"]
    assert report.max_depth == 1


def test_the_depth_is_that_of_the_deepest_place_though_a_handler_is_it() -> None:
    handled = row(1, 6, 8, 0, lasti=True)
    code = assemble("NOP", ("LOAD_GLOBAL", 0), RETURN, ("RERAISE", 1), co_exceptiontable=handled)
    report = verify(code)
    assert report.violations == ()
    assert report.max_depth == 2
    again = verify(code.replace(co_stacksize=1))
    assert [violation.invariant for violation in again.violations] == ["stack-depth"]
