"""The lines of a file that the running CPython never comes to, since they are another version's.

Claim: a line is listed only if a test of `sys.version_info` alone keeps this CPython from it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def lines_of_others(text: str) -> frozenset[int]:
    """The numbers of the lines of a source text that are for other versions."""
    return frozenset(_unreached(ast.parse(text).body)[0])


def _unreached(body: Sequence[ast.stmt]) -> tuple[set[int], bool]:
    """The lines in a body that are never come to, and whether nothing comes out at its end."""
    lines: set[int] = set()
    for at, statement in enumerate(body):
        inside, leaves = _of_statement(statement)
        lines |= inside
        if leaves:
            for later in body[at + 1 :]:
                lines |= set(_lines(later))
            return lines, True
    return lines, False


def _of_statement(statement: ast.stmt) -> tuple[set[int], bool]:
    if isinstance(statement, LEAVING):
        return set(), True
    if isinstance(statement, ast.If):
        return _of_test(statement)
    lines: set[int] = set()
    for field in ("body", "orelse", "finalbody"):
        lines |= _unreached(getattr(statement, field, []))[0]
    for handler in getattr(statement, "handlers", []):
        lines |= _unreached(handler.body)[0]
    return lines, False


def _of_test(statement: ast.If) -> tuple[set[int], bool]:
    known = _known(statement.test)
    then, otherwise = _unreached(statement.body), _unreached(statement.orelse)
    if known is None:
        return then[0] | otherwise[0], then[1] and bool(statement.orelse) and otherwise[1]
    taken, skipped = (then, statement.orelse) if known else (otherwise, statement.body)
    lines = set(taken[0])
    for each in skipped:
        lines |= set(_lines(each))
    return lines, taken[1]


def _known(test: ast.expr) -> bool | None:
    """What a test comes to in this CPython; None where more than the version decides."""
    if isinstance(test, ast.BoolOp):
        parts = [_known(part) for part in test.values]
        decides = isinstance(test.op, ast.Or)
        if decides in parts:
            return decides
        return None if None in parts else not decides
    if not isinstance(test, ast.Compare) or ast.unparse(test.left) != "sys.version_info":
        return None
    than = ast.literal_eval(test.comparators[0])
    return {
        ast.GtE: sys.version_info >= than,
        ast.Gt: sys.version_info > than,
        ast.Lt: sys.version_info < than,
        ast.LtE: sys.version_info <= than,
    }.get(type(test.ops[0]))


def _lines(statement: ast.stmt) -> Iterator[int]:
    yield from range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
