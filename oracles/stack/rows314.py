"""The opcodes of CPython 3.14 that a code object can hold, as differences from 3.13.

Facts: `Python/bytecodes.c` of 3.14. A local may be borrowed: its value is on the stack without a reference
of its own.
"""

from __future__ import annotations

from typing import Final

from . import rows313, steps, steps_locals
from .rows import Row

_NO_MORE: Final = {"LOAD_METHOD", "LOAD_SUPER_METHOD", "LOAD_ZERO_SUPER_ATTR", "LOAD_ZERO_SUPER_METHOD"}
PSEUDO: Final = (rows313.PSEUDO - _NO_MORE) | {
    *("ANNOTATIONS_PLACEHOLDER", "JUMP_IF_FALSE", "JUMP_IF_TRUE"),
}
PARTS: Final = rows313.PARTS
INTERNAL: Final = rows313.INTERNAL

GONE: Final = frozenset(
    {
        *("BEFORE_ASYNC_WITH", "BEFORE_WITH", "BINARY_SUBSCR", "BUILD_CONST_KEY_MAP"),
        *("LOAD_ASSERTION_ERROR", "RETURN_CONST"),
    }
)


def _itself(oparg: int) -> int:
    return oparg


def _first(oparg: int) -> int:
    return oparg >> 4


def _second(oparg: int) -> int:
    return oparg & 15


_OWNING: Final = {
    "STORE_FAST": Row(
        "value: local --",
        space="local",
        instead=steps_locals.owned(steps_locals.store_fast, _itself),
        raises=False,
    ),
    "DELETE_FAST": Row("--", space="local", instead=steps_locals.owned(steps_locals.delete_fast, _itself)),
    "LOAD_FAST_AND_CLEAR": Row(
        "-- value: local",
        space="local",
        instead=steps_locals.owned(steps_locals.load_fast_and_clear, _itself),
        raises=False,
    ),
    "MAKE_CELL": Row("--", space="cell", after=steps_locals.owned(steps_locals.make_cell, _itself)),
    "STORE_FAST_LOAD_FAST": Row(
        "value: local -- other",
        instead=steps_locals.owned(steps_locals.store_then_load, _first),
        raises=False,
    ),
    "STORE_FAST_STORE_FAST": Row(
        "other: local, value: local --",
        instead=steps_locals.owned(steps_locals.store_two, _first, _second),
        raises=False,
    ),
}

_CHANGED: Final = {
    # it looks now, and raises
    "FOR_ITER": Row("iterator: iterator? -- iterator, item / iterator, item", jump=1, before=steps.for_iter),
    # a `with` that ends by an exception leaves half a method pair
    "POP_TOP": Row("value: droppable --", raises=False, before=steps.pop_top),
    "BUILD_TUPLE": Row("items[oparg] -- tuple: tuple", instead=steps.build_mortal_tuple),
    "BINARY_OP": Row("left, right -- result", oparg=(0, 26), instead=steps.binary_op),
    "CALL_FUNCTION_EX": Row("callable, null: null, args, kwargs: null_or_dict -- result"),
    "WITH_EXCEPT_START": Row(
        "exit, self: self_or_null, lasti: lasti, previous: any, exc: exception "
        "-- exit, self, lasti, previous, exc, result"
    ),
}

_NEW: Final = {
    "LOAD_FAST_BORROW": Row("-- value", space="local", instead=steps_locals.borrow, raises=False),
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": Row(
        "-- value, other", instead=steps_locals.borrow_two, raises=False
    ),
    "LOAD_SMALL_INT": Row("-- value: other", oparg=(0, 255), raises=False),
    "LOAD_COMMON_CONSTANT": Row("-- value", oparg=(0, 4), raises=False),
    "LOAD_SPECIAL": Row("owner -- method, self: special_self", oparg=(0, 3)),
    "BUILD_INTERPOLATION": Row(
        "value, text: str, spec: str[oparg & 1] -- interpolation: other", oparg=(0, 15)
    ),
    "BUILD_TEMPLATE": Row("strings: tuple, interpolations: tuple -- template: other"),
    "NOT_TAKEN": Row("--", raises=False),
    "POP_ITER": Row("iterator --", raises=False),
}

ROWS: Final[dict[str, Row]] = {
    **{name: row for name, row in rows313.ROWS.items() if name not in GONE},
    **_OWNING,
    **_CHANGED,
    **_NEW,
}
