"""What scripts call, import and hold: functions that take anything, objects told apart by identity alone.

Claim: what a tool gives says which tool it was and all that it got, so that no wrong call gives the right
value."""

from __future__ import annotations

import functools
import importlib
import sys
from types import CellType, CodeType
from typing import Any

from generators.steps import FREE, MODULES, TOKENS


def gather(*arguments: Any, **named: Any) -> Any:
    """All that it got."""
    return "gather", arguments, tuple(named.items())


def spread(*arguments: Any, **named: Any) -> Any:
    """All that it got, under another name."""
    return "spread", arguments, tuple(named.items())


class shelf:  # noqa: N801 - an attribute of the module like the functions
    """Something between the module and the tools, for names with dots."""

    gather = staticmethod(gather)
    spread = staticmethod(spread)


class Token:
    """An object with nothing in it."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"<token {self.number}>"


tokens = tuple(map(Token, range(TOKENS)))


@functools.cache
def code_over(names: tuple[str, ...]) -> CodeType:
    """The code of a function that takes nothing and gives what is in the cells `names`, in that order."""
    made = "".join(f"    {name} = None\n" for name in names)
    listed = "".join(f"{name}, " for name in names)
    module = compile(
        f"def frame():\n{made}    def over():\n        return ({listed})\n", "<over cells>", "exec"
    )
    code = _code_in(_code_in(module))
    # the compiler lists free variables by name: here they are numbered as they are named
    order = [names.index(name) for name in code.co_freevars]
    return code if order == list(range(len(names))) else _renamed(names)


def _renamed(names: tuple[str, ...]) -> CodeType:
    plain = code_over(tuple(f"cell_{at}" for at in range(len(names))))
    return plain.replace(co_freevars=names)


def _code_in(code: CodeType) -> CodeType:
    return next(constant for constant in code.co_consts if isinstance(constant, CodeType))


# --- what is there in the world of every script -------------------------------------------------------


def namespace() -> dict[str, Any]:
    """The globals: the tools, their module under its own name, and another object under another module's."""
    own, _, other = (name.rpartition(".")[2] for name in MODULES)
    return {"gather": gather, "spread": spread, own: sys.modules[__name__], other: tokens[0]}


def outer_cells() -> dict[str, CellType]:
    """The cells that come from outside, each holding its own name."""
    return {name: CellType(name) for name in FREE}


def shared() -> list[Any]:
    """What is the same object in every world."""
    return [gather, spread, shelf, *tokens, *map(importlib.import_module, MODULES)]
