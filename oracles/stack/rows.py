"""The columns of the opcode table, and the spaces that an oparg may index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from .steps import Step


class Space(NamedTuple):
    """What an oparg indexes: its place in the list of limits, the invariant, and how to say it."""

    number: int
    invariant: str
    says: str


_IN_LOCALS: Final = "{arg} is not an index into the {limit} locals, cells and free variables"

SPACES: Final[dict[str, Space]] = {
    "": Space(0, "", ""),
    "name": Space(1, "name-index", "{arg} is not an index into the {limit} names"),
    "name * 2": Space(2, "name-index", "{arg} // 2 is not an index into the {limit} // 2 names"),
    "name * 4": Space(8, "name-index", "{arg} // 4 is not an index into the {limit} // 4 names"),
    "two locals": Space(9, "", ""),
    "const": Space(3, "const-index", "{arg} is not an index into the {limit} constants"),
    "local": Space(4, "local-index", _IN_LOCALS),
    "cell": Space(5, "cell-index", _IN_LOCALS),
    "generator": Space(6, "wrong-flags", "the flags do not say generator or coroutine"),
    "async generator": Space(7, "wrong-flags", "the flags do not say asynchronous generator"),
}


ABSOLUTE: Final = 2


@dataclass(frozen=True)
class Row:
    """One opcode: what it pops and pushes, and what else the interpreter must know.

    `effect`: in the notation of `notation.py`. `space`: what the oparg indexes (a key of `SPACES`). `oparg`:
    the smallest and largest that CPython has a meaning for. `jump`: 1 forwards, -1 backwards, counted in
    code units from the next instruction; ABSOLUTE, counted from the first. `falls`: control may come to the
    next instruction. `raises`: it can raise an exception; `keeps`: before it pops anything. `none`: it jumps
    if the top is None (True) or is not (False). `before`, `instead`, `after`: see `steps.py`.
    """

    effect: str
    space: str = ""
    oparg: tuple[int, int] | None = None
    jump: int = 0
    falls: bool = True
    raises: bool = True
    keeps: bool = False
    none: bool | None = None
    before: Step | None = None
    instead: Step | None = None
    after: Step | None = None


UNDERFLOW: Final = {"COPY": "copy-out-of-depth", "SWAP": "swap-out-of-depth"}
"""The invariant where an opcode finds fewer slots than it needs; `underflow` for all others."""

NULL_AS: Final = {
    name: invariant
    for invariant, names in {
        "null-duplicated": "COPY",
        "null-returned": "RETURN_VALUE YIELD_VALUE",
        "null-stored": "STORE_FAST STORE_NAME STORE_GLOBAL STORE_DEREF STORE_ATTR STORE_SUBSCR",
        "null-in-container": (
            "BUILD_TUPLE BUILD_LIST BUILD_SET BUILD_MAP BUILD_CONST_KEY_MAP BUILD_STRING BUILD_SLICE "
            "LIST_APPEND LIST_EXTEND SET_ADD SET_UPDATE MAP_ADD DICT_UPDATE DICT_MERGE"
        ),
    }.items()
    for name in names.split()
}
"""The invariant where an opcode meets a NULL; `null-as-object` for all others."""
