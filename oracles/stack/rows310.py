"""The opcodes of CPython 3.10 that a code object can hold: those of 3.11 that it shares, and its own.

Facts: `Python/ceval.c` of 3.10. Handlers are found through a stack of blocks, cells stand beside the locals,
some jumps are absolute, and an exception is three values: traceback, exception, type.
"""

from __future__ import annotations

from typing import Final

from . import blocks, rows311, steps, steps_calls, steps_functions, steps_locals
from .rows import ABSOLUTE, Row
from .rows311 import LARGEST

PSEUDO: Final[frozenset[str]] = frozenset()
PARTS: Final = frozenset({"EXTENDED_ARG"})
INTERNAL: Final[frozenset[str]] = frozenset()

_SHARED: Final = (
    *(
        "NOP",
        "POP_TOP",
        "LOAD_CONST",
        "LOAD_FAST",
        "STORE_FAST",
        "DELETE_FAST",
        "STORE_GLOBAL",
        "DELETE_GLOBAL",
    ),
    *(
        "LOAD_NAME",
        "STORE_NAME",
        "DELETE_NAME",
        "SETUP_ANNOTATIONS",
        "LOAD_BUILD_CLASS",
        "LOAD_ASSERTION_ERROR",
    ),
    *("UNARY_POSITIVE", "UNARY_NEGATIVE", "UNARY_NOT", "UNARY_INVERT", "COMPARE_OP", "IS_OP", "CONTAINS_OP"),
    *("BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR", "LOAD_ATTR", "STORE_ATTR", "DELETE_ATTR", "GET_LEN"),
    *("GET_ITER", "FORMAT_VALUE", "PRINT_EXPR", "IMPORT_NAME", "IMPORT_FROM", "IMPORT_STAR", "BUILD_TUPLE"),
    *("BUILD_LIST", "BUILD_SET", "BUILD_MAP", "BUILD_CONST_KEY_MAP", "BUILD_STRING", "BUILD_SLICE"),
    *("LIST_TO_TUPLE", "LIST_APPEND", "LIST_EXTEND", "SET_ADD", "SET_UPDATE", "MAP_ADD", "DICT_UPDATE"),
    *("DICT_MERGE", "UNPACK_SEQUENCE", "UNPACK_EX", "MATCH_MAPPING", "MATCH_SEQUENCE", "LOAD_METHOD"),
    *("JUMP_FORWARD", "FOR_ITER", "RAISE_VARARGS", "GET_YIELD_FROM_ITER", "GET_AITER", "GET_ANEXT"),
    "BEFORE_ASYNC_WITH",
)

_BINARY: Final = (
    *("POWER", "MULTIPLY", "MATRIX_MULTIPLY", "MODULO", "ADD", "SUBTRACT", "FLOOR_DIVIDE", "TRUE_DIVIDE"),
    *("LSHIFT", "RSHIFT", "AND", "XOR", "OR"),
)

_STACK: Final = {
    "DUP_TOP": Row("value -- value, value", raises=False),
    "DUP_TOP_TWO": Row("value, other -- value, other, value, other", raises=False),
    "ROT_TWO": Row("first: any, top: any -- top, first", raises=False),
    "ROT_THREE": Row("first: any, second: any, top: any -- top, first, second", raises=False),
    "ROT_FOUR": Row(
        "first: any, second: any, third: any, top: any -- top, first, second, third", raises=False
    ),
    "ROT_N": Row("items: any[oparg - 1], top: any -- top, items", oparg=(1, LARGEST), raises=False),
}

_OWN: Final = {
    **{f"{kind}_{name}": Row("left, right -- result") for kind in ("BINARY", "INPLACE") for name in _BINARY},
    "LOAD_GLOBAL": Row("-- value", space="name"),
    "LOAD_CLOSURE": Row("-- cell: cell", space="cell", raises=False),
    "LOAD_DEREF": Row("-- value", space="cell"),
    "STORE_DEREF": Row("value --", space="cell", raises=False),
    "DELETE_DEREF": Row("--", space="cell"),
    "LOAD_CLASSDEREF": Row("-- value", space="cell", after=steps_locals.class_free),
    "COPY_DICT_WITHOUT_KEYS": Row("subject, keys: tuple -- subject, rest: dict"),
    "MATCH_KEYS": Row("subject, keys: tuple -- subject, keys, values: tuple_or_none, matched: bool"),
    "MATCH_CLASS": Row(
        "subject, type, names: tuple -- attributes, matched: bool", before=steps.attribute_names
    ),
    "CALL_FUNCTION": Row("callable, args[oparg] -- result", before=steps_calls.called),
    "CALL_FUNCTION_KW": Row(
        "callable, args[oparg], names: tuple -- result", before=steps_calls.keyword_names
    ),
    "CALL_METHOD": Row("method: any, callable: any, args[oparg] -- result", instead=steps_calls.call),
    "CALL_FUNCTION_EX": Row("callable, args, kwargs[oparg & 1] -- result", oparg=(0, 1)),
    "MAKE_FUNCTION": Row(
        "defaults: tuple[oparg & 1], kwdefaults: dict[oparg >> 1 & 1], annotations: tuple[oparg >> 2 & 1], "
        "closure: tuple[oparg >> 3 & 1], code: code, name: str -- function: function",
        oparg=(0, 15),
        instead=steps_functions.make_named_function,
    ),
}

_JUMPS: Final = {
    "JUMP_ABSOLUTE": Row("--", jump=ABSOLUTE, falls=False, after=steps.goto),
    **{f"POP_JUMP_IF_{test}": Row("value --", jump=ABSOLUTE) for test in ("FALSE", "TRUE")},
    **{f"JUMP_IF_{test}_OR_POP": Row("value -- / value", jump=ABSOLUTE) for test in ("FALSE", "TRUE")},
    "JUMP_IF_NOT_EXC_MATCH": Row("exc, type --", jump=ABSOLUTE),
    "RETURN_VALUE": Row("value --", falls=False, raises=False, after=blocks.finish),
}

_BLOCKS: Final = {
    "SETUP_FINALLY": Row("-- / " + blocks.RAISED, jump=1, instead=blocks.setup, raises=False),
    "SETUP_WITH": Row("manager -- exit, entered / exit, " + blocks.RAISED, jump=1, instead=blocks.setup_with),
    "SETUP_ASYNC_WITH": Row(
        "entered -- entered / " + blocks.RAISED, jump=1, instead=blocks.setup_async_with, raises=False
    ),
    "POP_BLOCK": Row("--", raises=False, after=blocks.pop),
    "POP_EXCEPT": Row(f"{blocks.PREVIOUS} --", raises=False, before=blocks.pop_handler),
    "RERAISE": Row(
        "traceback, exc: exception_or_none, type: exception_type --", falls=False, after=blocks.reraise
    ),
    "WITH_EXCEPT_START": Row(
        f"exit, {blocks.RAISED} -- exit, {', '.join(blocks.NAMES)}, result", raises=True
    ),
    # what it raises again it takes off first, but not the exception below
    "END_ASYNC_FOR": Row(f"iterator, {blocks.RAISED} --", before=blocks.pop_handler_below, keeps=True),
}

_GENERATORS: Final = {
    "GEN_START": Row("none: none --", oparg=(0, 2), raises=False),
    "YIELD_VALUE": Row("value -- sent", space="generator", keeps=True),
    "YIELD_FROM": Row("receiver, value -- result", space="generator"),
    "GET_AWAITABLE": Row("value -- awaitable"),
}

ROWS: Final[dict[str, Row]] = {
    **{name: rows311.ROWS[name] for name in _SHARED},
    **_STACK,
    **_OWN,
    **_JUMPS,
    **_BLOCKS,
    **_GENERATORS,
}
