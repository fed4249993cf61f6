"""The opcodes of CPython 3.13 that a code object can hold, as differences from 3.12.

Facts: `Python/bytecodes.c` of 3.13. A callable lies below self or NULL, tests trust a bool, and a function
gets its parts one by one.
"""

from __future__ import annotations

from typing import Final

from . import rows312, steps, steps_calls, steps_functions, steps_locals
from .rows import Row
from .rows311 import LARGEST

PSEUDO: Final = rows312.PSEUDO | {"LOAD_CLOSURE"}
PARTS: Final = rows312.PARTS
INTERNAL: Final = rows312.INTERNAL | {"ENTER_EXECUTOR", "EXIT_INIT_CHECK"}

GONE: Final = frozenset({"FORMAT_VALUE", "KW_NAMES", "LOAD_CLOSURE"})

_CHANGED: Final = {
    "BUILD_CONST_KEY_MAP": Row("values[oparg], keys: tuple -- dict: dict", before=steps.certain_keys),
    "LOAD_GLOBAL": Row("-- value, null: null[oparg & 1]", space="name * 2"),
    "LOAD_ATTR": Row("owner -- value, self: self_or_null[oparg & 1]", space="name * 2"),
    "LOAD_SUPER_ATTR": Row("super, class, self -- value, method: self_or_null[oparg & 1]", space="name * 4"),
    "COMPARE_OP": Row("left, right -- result", oparg=(0, 5 << 5 | 31), instead=steps.compare),
    "IS_OP": Row("left, right -- result: bool", oparg=(0, 1), raises=False),
    "CONTAINS_OP": Row("left, right -- result: bool", oparg=(0, 1)),
    "UNARY_NOT": Row("value: bool -- result: bool", raises=False),
    **{
        f"POP_JUMP_IF_{test}": Row("value --", jump=1, raises=False, before=steps.test_bool)
        for test in ("FALSE", "TRUE")
    },
    "YIELD_VALUE": Row("value -- sent", space="generator", after=steps.suspend, oparg=(0, 1), keeps=True),
    "END_FOR": Row("item --", raises=False),
    "DICT_MERGE": Row(
        "callable, null: any, args: any, dict: dict?, unused: any[oparg - 1], items "
        "-- callable, null, args, dict, unused",
        oparg=(1, LARGEST),
    ),
    "CALL": Row("callable, self: self_or_null, args[oparg] -- result", instead=steps_calls.call_upwards),
    "CALL_FUNCTION_EX": Row("callable, null: null, args, kwargs: dict[oparg & 1] -- result", oparg=(0, 1)),
    "MAKE_FUNCTION": Row("code: code -- function: function", instead=steps_functions.bare_function),
}

_NEW: Final = {
    "CALL_KW": Row(
        "callable, self: self_or_null, args[oparg], names: tuple -- result", instead=steps_calls.call_kw
    ),
    "SET_FUNCTION_ATTRIBUTE": Row(
        "value, function: building -- function", instead=steps_functions.set_function_attribute, raises=False
    ),
    "CONVERT_VALUE": Row("value -- text: str", oparg=(1, 3)),
    "FORMAT_SIMPLE": Row("value -- text: str"),
    "FORMAT_WITH_SPEC": Row("value, spec: str? -- text: str"),
    "LOAD_FAST_LOAD_FAST": Row("-- value, other", instead=steps_locals.load_two, raises=False),
    "STORE_FAST_LOAD_FAST": Row("value: local -- other", instead=steps_locals.store_then_load, raises=False),
    "STORE_FAST_STORE_FAST": Row(
        "other: local, value: local --", instead=steps_locals.store_two, raises=False
    ),
    "TO_BOOL": Row("value -- result: bool"),
}

ROWS: Final[dict[str, Row]] = {
    **{name: row for name, row in rows312.ROWS.items() if name not in GONE},
    **_CHANGED,
    **_NEW,
}
