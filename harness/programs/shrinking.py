"""Smaller sources of a program, the boldest first.

Claim: each candidate is Python, differs from the source, and is shorter or plainer; nothing here runs any of
it.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Edit: TypeAlias = "Callable[[], None]"
"""Carries one edit out on the copy of a tree that it was made for."""


def candidates(source: str, maker: str) -> Iterator[str]:
    """Sources to try in the place of this one; the function `maker` stays."""
    tree = ast.parse(source)
    count = sum(1 for _ in _edits(tree, maker))
    plain = ast.unparse(tree)
    if len(plain.splitlines()) < len(source.splitlines()):
        yield plain  # without its comments and empty lines
    for at in range(count):
        trial = copy.deepcopy(tree)
        edit = next(each for number, each in enumerate(_edits(trial, maker)) if number == at)
        edit()
        try:
            text = ast.unparse(ast.fix_missing_locations(trial))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what nobody wrote
                compile(text, "<candidate>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, AttributeError, TypeError, IndexError):
            continue  # an edit that leaves no Python is no candidate
        yield text


def _edits(tree: ast.Module, maker: str) -> Iterator[Edit]:
    for edits in (_blocks, _inner_blocks, _members, _expressions):
        for node in ast.walk(tree):
            yield from edits(node, maker)


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            yield body


def _blocks(node: ast.AST, maker: str) -> Iterator[Edit]:
    """Statements are left out: half of a block, a quarter, … one."""
    for body in _bodies(node):
        size = len(body)
        while size:
            for start in range(0, len(body), size):
                gone = body[start : start + size]
                kept = any(isinstance(each, ast.FunctionDef) and each.name == maker for each in gone)
                if not kept and not (len(gone) == 1 and isinstance(gone[0], ast.Pass)):
                    yield _without(body, start, start + size)
            size //= 2


def _without(body: list[ast.stmt], start: int, end: int) -> Edit:
    def edit() -> None:
        body[start:end] = []
        if not body:
            body.append(ast.Pass())

    return edit


def _inner_blocks(node: ast.AST, maker: str) -> Iterator[Edit]:
    """A compound statement becomes what is in it."""
    for body in _bodies(node):
        for at, statement in enumerate(body):
            if isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Try):
                for inner in _bodies(statement):
                    yield _in_place(body, at, inner)
                for handler in getattr(statement, "handlers", ()):
                    yield _in_place(body, at, handler.body)


def _in_place(body: list[ast.stmt], at: int, inner: list[ast.stmt]) -> Edit:
    def edit() -> None:
        body[at : at + 1] = inner

    return edit


_LISTS: tuple[str, ...] = (
    *(
        "elts",
        "args",
        "keywords",
        "decorator_list",
        "bases",
        "items",
        "handlers",
        "targets",
        "names",
        "values",
    ),
    *("kwonlyargs", "posonlyargs", "generators", "ifs"),
)


def _members(node: ast.AST, maker: str) -> Iterator[Edit]:
    """An element, argument, keyword, decorator, base or the like is left out."""
    for name in _LISTS:
        members = getattr(node, name, None)
        if not isinstance(members, list):
            continue
        for at in range(len(members)):
            yield _one_less(node, name, at)


def _one_less(node: ast.AST, name: str, at: int) -> Edit:
    def edit() -> None:
        members = getattr(node, name)
        del members[at]
        if name == "values" and isinstance(node, ast.Dict):
            del node.keys[at]
        if name == "args" and isinstance(node, ast.arguments) and len(node.defaults) > len(members):
            del node.defaults[0]
        if name == "kwonlyargs" and isinstance(node, ast.arguments):
            del node.kw_defaults[at]

    return edit


def _expressions(node: ast.AST, maker: str) -> Iterator[Edit]:
    """An expression becomes a part of it, or a small constant."""
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.expr) and not isinstance(getattr(value, "ctx", None), ast.Store | ast.Del):
            for plainer in _plainer(value):
                yield _set(node, name, plainer)
        elif isinstance(value, list):
            for at, each in enumerate(value):
                if isinstance(each, ast.expr) and not isinstance(
                    getattr(each, "ctx", None), ast.Store | ast.Del
                ):
                    for plainer in _plainer(each):
                        yield _set_at(value, at, plainer)


def _set(node: ast.AST, name: str, value: Any) -> Edit:
    return lambda: setattr(node, name, value)


def _set_at(values: list[Any], at: int, value: Any) -> Edit:
    def edit() -> None:
        values[at] = value

    return edit


def _plainer(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.Constant | ast.Name):
        return
    for child in ast.iter_child_nodes(value):
        if isinstance(child, ast.expr):
            yield child
    yield ast.Constant(1)
