"""The opcodes of CPython 3.12 that a code object can hold, as differences from 3.11.

Facts: `Python/bytecodes.c` of 3.12. A local that LOAD_FAST reads is no longer looked at, and PRECALL is gone.
"""

from __future__ import annotations

from typing import Final

from . import rows311, steps, steps_calls, steps_locals
from .rows import Row

PSEUDO: Final = frozenset(
    {
        *("JUMP", "JUMP_NO_INTERRUPT", "LOAD_METHOD", "LOAD_SUPER_METHOD", "LOAD_ZERO_SUPER_ATTR"),
        *("LOAD_ZERO_SUPER_METHOD", "POP_BLOCK", "SETUP_CLEANUP", "SETUP_FINALLY", "SETUP_WITH"),
        "STORE_FAST_MAYBE_NULL",
    }
)
"""Of the compiler alone: they have numbers above 255."""

PARTS: Final = rows311.PARTS
"""Part of another instruction."""

INTERNAL: Final = frozenset({"INTERPRETER_EXIT", "RESERVED"})
"""Of the interpreter alone, as are all whose names begin with INSTRUMENTED_: `co_code` never shows them."""

GONE: Final = frozenset(
    {
        *("ASYNC_GEN_WRAP", "IMPORT_STAR", "JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP", "LIST_TO_TUPLE"),
        *("LOAD_CLASSDEREF", "LOAD_METHOD", "PRECALL", "PREP_RERAISE_STAR", "PRINT_EXPR", "UNARY_POSITIVE"),
        *(name for name in rows311.ROWS if name.startswith(("POP_JUMP_FORWARD_", "POP_JUMP_BACKWARD_"))),
    }
)

_CHANGED: Final = {
    "SWAP": Row("items: any[oparg] -- items", oparg=(2, rows311.LARGEST), instead=steps.swap, raises=False),
    "LOAD_FAST": Row("-- value", space="local", instead=steps_locals.load_fast, raises=False),
    "STORE_FAST": Row("value: local --", space="local", instead=steps_locals.store_fast, raises=False),
    "STORE_DEREF": Row(
        "value --", space="cell", before=steps_locals.store_deref, after=steps_locals.cell_local
    ),
    "LOAD_DEREF": Row("-- value", space="cell", after=steps_locals.load_deref),
    "LOAD_ATTR": Row(
        "owner -- method: method_or_null[oparg & 1], value", space="name * 2", instead=steps_calls.load_attr
    ),
    "COMPARE_OP": Row("left, right -- result", oparg=(0, 5 << 4 | 15), before=steps.compare_with_outcomes),
    # what is thrown into the generator is raised here, with what was sent in the place of the value
    "YIELD_VALUE": Row(
        "value -- sent",
        space="generator",
        after=steps.suspend,
        oparg=(0, rows311.LARGEST),
        keeps=True,
    ),
    "SEND": Row("receiver, value -- receiver, item / receiver, result", jump=1, before=steps.in_generator),
    "FOR_ITER": Row("iterator: iterator -- iterator, item / iterator, item", jump=1, before=steps.for_iter),
    "CALL_FUNCTION_EX": Row("null: null, callable, args, kwargs: dict[oparg & 1] -- result", oparg=(0, 1)),
}

_NEW: Final = {
    "LOAD_FAST_CHECK": Row("-- value", space="local", instead=steps_locals.load_fast_check),
    "LOAD_FAST_AND_CLEAR": Row(
        "-- value: local", space="local", instead=steps_locals.load_fast_and_clear, raises=False
    ),
    "LOAD_LOCALS": Row("-- locals", after=steps_locals.optimized),
    "LOAD_FROM_DICT_OR_GLOBALS": Row("mapping -- value", space="name"),
    "LOAD_FROM_DICT_OR_DEREF": Row("mapping -- value", space="cell", after=steps_locals.load_deref),
    "LOAD_SUPER_ATTR": Row(
        "super, class, self -- method: method_or_null[oparg & 1], value",
        space="name * 4",
        instead=steps_calls.load_super_attr,
    ),
    "BINARY_SLICE": Row("container, start, stop -- value", instead=steps.binary_slice),
    "STORE_SLICE": Row("value, container, start, stop --"),
    "CALL_INTRINSIC_1": Row("value -- result", instead=steps_calls.intrinsic),
    "CALL_INTRINSIC_2": Row("value, other -- result", instead=steps_calls.intrinsic),
    "CLEANUP_THROW": Row("iterator, sent, exc: exception -- none: none, value"),
    "END_FOR": Row("iterator, item --", raises=False),
    "END_SEND": Row("receiver, value -- value", raises=False),
    "RETURN_CONST": Row("--", space="const", falls=False, raises=False, after=steps.return_const),
    **{
        f"POP_JUMP_IF_{test}": Row("value --", jump=1, none=none)
        for test, none in (("FALSE", None), ("TRUE", None), ("NONE", True), ("NOT_NONE", False))
    },
}

ROWS: Final[dict[str, Row]] = {
    **{name: row for name, row in rows311.ROWS.items() if name not in GONE},
    **_CHANGED,
    **_NEW,
}
