"""The opcodes of CPython 3.11 that a code object can hold: specialised ones are undone in `co_code`.

Facts: `Python/ceval.c` of 3.11. Kinds stand where CPython trusts them (it does not look, or only a debug
build asserts); `kind?` where it looks and raises.
"""

from __future__ import annotations

from typing import Final

from . import steps, steps_calls, steps_functions, steps_locals
from .rows import Row

LARGEST: Final = 2**31 - 1

PSEUDO: Final[frozenset[str]] = frozenset()
"""Of the compiler alone."""

PARTS: Final = frozenset({"CACHE", "EXTENDED_ARG"})
"""Part of another instruction: `flow.py` reads them."""

INTERNAL: Final[frozenset[str]] = frozenset()
"""Of the interpreter alone."""

_STACK: Final = {
    "NOP": Row("--", raises=False),
    "POP_TOP": Row("value --", raises=False),
    "PUSH_NULL": Row("-- null: null", raises=False),
    "COPY": Row("bottom, unused: any[oparg - 1] -- bottom, unused, bottom", oparg=(1, LARGEST), raises=False),
    "SWAP": Row("items: any[oparg] -- items", oparg=(1, LARGEST), instead=steps.swap, raises=False),
    "RESUME": Row("--", after=steps_locals.resume),
}

_VARIABLES: Final = {
    "LOAD_CONST": Row("-- value", space="const", instead=steps.load_const, raises=False),
    "LOAD_FAST": Row("-- value", space="local", instead=steps_locals.load_fast_check),
    "STORE_FAST": Row("value --", space="local", instead=steps_locals.store_fast, raises=False),
    "DELETE_FAST": Row("--", space="local", instead=steps_locals.delete_fast),
    "LOAD_GLOBAL": Row("-- null: null[oparg & 1], value", space="name * 2"),
    "STORE_GLOBAL": Row("value --", space="name"),
    "DELETE_GLOBAL": Row("--", space="name"),
    "LOAD_NAME": Row("-- value", space="name", after=steps_locals.optimized),
    "STORE_NAME": Row("value --", space="name", after=steps_locals.optimized),
    "DELETE_NAME": Row("--", space="name", after=steps_locals.optimized),
    "MAKE_CELL": Row("--", space="cell", after=steps_locals.make_cell),
    "COPY_FREE_VARS": Row("--", after=steps_locals.copy_free_vars),
    "LOAD_CLOSURE": Row("-- cell: cell", space="cell", after=steps_locals.cell_local),
    "LOAD_DEREF": Row("-- value", space="cell", after=steps_locals.cell_local),
    "STORE_DEREF": Row("value --", space="cell", after=steps_locals.cell_local),
    "DELETE_DEREF": Row("--", space="cell", after=steps_locals.cell_local),
    "LOAD_CLASSDEREF": Row("-- value", space="cell", after=steps_locals.class_cell),
    "SETUP_ANNOTATIONS": Row("--", after=steps_locals.optimized),
    "LOAD_BUILD_CLASS": Row("-- build_class"),
    "LOAD_ASSERTION_ERROR": Row("-- type", raises=False),
}

_OPERATORS: Final = {
    **{f"UNARY_{name}": Row("value -- result") for name in ("POSITIVE", "NEGATIVE", "NOT", "INVERT")},
    "BINARY_OP": Row("left, right -- result", oparg=(0, 25)),
    "COMPARE_OP": Row("left, right -- result", oparg=(0, 5)),
    "IS_OP": Row("left, right -- result", oparg=(0, 1), raises=False),
    "CONTAINS_OP": Row("left, right -- result", oparg=(0, 1)),
    "BINARY_SUBSCR": Row("container, key -- value", instead=steps.subscript),
    "STORE_SUBSCR": Row("value, container, key --"),
    "DELETE_SUBSCR": Row("container, key --"),
    "LOAD_ATTR": Row("owner -- value", space="name"),
    "STORE_ATTR": Row("value, owner --", space="name"),
    "DELETE_ATTR": Row("owner --", space="name"),
    "GET_LEN": Row("value -- value, length"),
    "GET_ITER": Row("iterable -- iterator: iterator"),
    "FORMAT_VALUE": Row("value, spec: str?[oparg >> 2 & 1] -- text: str", oparg=(0, 7)),
    "PRINT_EXPR": Row("value --"),
    "IMPORT_NAME": Row("level, names -- module", space="name"),
    "IMPORT_FROM": Row("module -- module, value", space="name"),
    "IMPORT_STAR": Row("module --"),
}

_CONTAINERS: Final = {
    "BUILD_TUPLE": Row("items[oparg] -- tuple: tuple", instead=steps.build_tuple),
    "BUILD_LIST": Row("items[oparg] -- list: list"),
    "BUILD_SET": Row("items[oparg] -- set: set"),
    "BUILD_MAP": Row("items[2 * oparg] -- dict: dict"),
    "BUILD_CONST_KEY_MAP": Row("values[oparg], keys: tuple? -- dict: dict", before=steps.const_keys),
    "BUILD_STRING": Row("parts: str?[oparg] -- text: str"),
    "BUILD_SLICE": Row("parts[oparg] -- slice: other", oparg=(2, 3), after=steps.build_slice),
    "LIST_TO_TUPLE": Row("list: list -- tuple: tuple"),
    "LIST_APPEND": Row("list: list, unused: any[oparg - 1], item -- list, unused", oparg=(1, LARGEST)),
    "LIST_EXTEND": Row("list: list, unused: any[oparg - 1], items -- list, unused", oparg=(1, LARGEST)),
    "SET_ADD": Row("set: set?, unused: any[oparg - 1], item -- set, unused", oparg=(1, LARGEST)),
    "SET_UPDATE": Row("set: set?, unused: any[oparg - 1], items -- set, unused", oparg=(1, LARGEST)),
    "MAP_ADD": Row("dict: dict, unused: any[oparg - 1], key, value -- dict, unused", oparg=(1, LARGEST)),
    "DICT_UPDATE": Row("dict: dict?, unused: any[oparg - 1], items -- dict, unused", oparg=(1, LARGEST)),
    # The error message names the callable two slots below the dict: it is read there without a look.
    "DICT_MERGE": Row(
        "callable, args: any, dict: dict?, unused: any[oparg - 1], items -- callable, args, dict, unused",
        oparg=(1, LARGEST),
    ),
    "UNPACK_SEQUENCE": Row("sequence -- items[oparg]"),
    "UNPACK_EX": Row("sequence -- after[oparg >> 8], rest: list, before[oparg & 0xFF]"),
    "MATCH_MAPPING": Row("subject -- subject, matched: bool", raises=False),
    "MATCH_SEQUENCE": Row("subject -- subject, matched: bool", raises=False),
    "MATCH_KEYS": Row("subject, keys: tuple -- subject, keys, values: tuple_or_none"),
    "MATCH_CLASS": Row(
        "subject, type, names: tuple -- attributes: tuple_or_none", before=steps.attribute_names
    ),
}

_CALLS: Final = {
    "LOAD_METHOD": Row("owner -- method: method_or_null, self: self_or_callable", space="name"),
    "KW_NAMES": Row("--", space="const", after=steps_calls.kw_names, raises=False),
    "PRECALL": Row(
        "method: any, callable: any, args[oparg] -- method, callable, args", instead=steps_calls.precall
    ),
    "CALL": Row("method: any, callable: any, args[oparg] -- result", instead=steps_calls.call),
    "CALL_FUNCTION_EX": Row("null: null, callable, args, kwargs[oparg & 1] -- result", oparg=(0, 1)),
    "MAKE_FUNCTION": Row(
        "defaults: tuple[oparg & 1], kwdefaults: dict[oparg >> 1 & 1], annotations: tuple[oparg >> 2 & 1], "
        "closure: tuple[oparg >> 3 & 1], code: code -- function: function",
        oparg=(0, 15),
        instead=steps_functions.make_function,
    ),
}

_JUMPS: Final = {
    "JUMP_FORWARD": Row("--", jump=1, falls=False, raises=False, after=steps.goto),
    "JUMP_BACKWARD": Row("--", jump=-1, falls=False, after=steps.goto),
    "JUMP_BACKWARD_NO_INTERRUPT": Row("--", jump=-1, falls=False, raises=False, after=steps.goto),
    **{
        f"POP_JUMP_{name}_IF_{test}": Row("value --", jump=direction, none=none)
        for name, direction in (("FORWARD", 1), ("BACKWARD", -1))
        for test, none in (("FALSE", None), ("TRUE", None), ("NONE", True), ("NOT_NONE", False))
    },
    "JUMP_IF_FALSE_OR_POP": Row("value -- / value", jump=1),
    "JUMP_IF_TRUE_OR_POP": Row("value -- / value", jump=1),
    "FOR_ITER": Row("iterator: iterator -- iterator, item /", jump=1),
    "RETURN_VALUE": Row("value --", falls=False, raises=False, instead=steps.return_value),
    "RAISE_VARARGS": Row("args[oparg] --", oparg=(0, 2), falls=False, after=steps.stop),
}

_EXCEPTIONS: Final = {
    "PUSH_EXC_INFO": Row("exc: exception -- previous: exception_or_none, exc", raises=False),
    "POP_EXCEPT": Row("previous: exception_or_none --", raises=False),
    "CHECK_EXC_MATCH": Row("exc: exception, type -- exc, matched: bool"),
    "CHECK_EG_MATCH": Row(
        "exc: exception_or_none, type -- rest: exception_or_none, match: exception_or_none",
        after=steps.rest_or_none,
    ),
    "PREP_RERAISE_STAR": Row(
        "exc: exception, raised: list -- rest: exception_or_none", after=steps.reraise_star
    ),
    "RERAISE": Row(
        "lasti: lasti[oparg != 0], unused: any[oparg - 1], exc: exception -- lasti, unused",
        falls=False,
        after=steps.stop,
    ),
    "BEFORE_WITH": Row("manager -- exit, entered"),
    "BEFORE_ASYNC_WITH": Row("manager -- exit, entered"),
    "WITH_EXCEPT_START": Row(
        "exit, lasti: lasti, previous: any, exc: exception -- exit, lasti, previous, exc, result"
    ),
}

_GENERATORS: Final = {
    "RETURN_GENERATOR": Row("-- sent", space="generator", instead=steps.start_generator),
    "YIELD_VALUE": Row("value -- sent", space="generator", after=steps.suspend),
    "ASYNC_GEN_WRAP": Row("value -- wrapped", space="async generator"),
    "SEND": Row("receiver, value -- receiver, item / result", jump=1, before=steps.in_generator),
    "GET_YIELD_FROM_ITER": Row("iterable -- iterator"),
    "GET_AWAITABLE": Row("value -- awaitable", oparg=(0, 2)),
    "GET_AITER": Row("value -- iterator"),
    "GET_ANEXT": Row("iterator -- iterator, awaitable"),
    "END_ASYNC_FOR": Row("iterator, exc: exception --"),
}

ROWS: Final[dict[str, Row]] = {
    **_STACK,
    **_VARIABLES,
    **_OPERATORS,
    **_CONTAINERS,
    **_CALLS,
    **_JUMPS,
    **_EXCEPTIONS,
    **_GENERATORS,
}
