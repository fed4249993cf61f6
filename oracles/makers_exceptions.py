"""Exceptions in plain Python: raised from others, while others were handled, with and without suppression.

Claim: see `makers.py`. Each is what a program has in `e` after it has caught the exception, but for the
trace: what a compiler raises and catches itself has none.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any


class WrongError(ValueError):
    """A user's exception that is made as any other."""


class RefusalError(Exception):
    """A user's exception with a constructor of its own."""

    def __init__(self, code: object, detail: object = None) -> None:
        self.code = code
        self.detail = detail


ERRORS: dict[str, type[BaseException]] = {
    kind.__name__: kind for kind in (ValueError, TypeError, KeyError, StopIteration)
}
"""Exceptions of Python's own by name."""


def caught(
    error: BaseException,
    cause: BaseException | None = None,
    context: BaseException | None = None,
    suppress: bool = False,
) -> BaseException:
    """The exception with what led to it."""
    error.__cause__ = cause
    error.__context__ = context
    error.__suppress_context__ = suppress
    return error


def _noted(error: BaseException, note: object) -> BaseException:
    error.note = note  # type: ignore[attr-defined]
    return error


MAKERS: dict[str, Callable[..., Any]] = {
    "error": lambda name, *arguments: ERRORS[name](*arguments),
    "error_from": lambda name, cause: caught(ERRORS[name](), cause, suppress=True),
    "error_while": lambda name, context, *arguments: caught(ERRORS[name](*arguments), context=context),
    "error_from_while": lambda name, cause, context: caught(ERRORS[name](), cause, context, True),
    "error_from_none": lambda name, context: caught(ERRORS[name](), context=context, suppress=True),
    "error_from_shown": lambda name, cause: caught(ERRORS[name](), cause),
    "user_error": WrongError,
    "user_error_from": lambda cause, *arguments: caught(WrongError(*arguments), cause, suppress=True),
    "user_error_while": lambda context, *arguments: caught(WrongError(*arguments), context=context),
    "user_error_noted": lambda note, *arguments: _noted(WrongError(*arguments), note),
    "user_error_of_its_own": RefusalError,
}


def parts(value: BaseException) -> list[Any]:
    """Cause, context, suppression, arguments, and attributes by name."""
    causes = [value.__cause__, value.__context__, value.__suppress_context__]
    return [*causes, *value.args, *itertools.chain.from_iterable(vars(value).items())]


PARTS: dict[type, Callable[[Any], list[Any]]] = dict.fromkeys(
    (*ERRORS.values(), WrongError, RefusalError), parts
)

MANY = 64
"""More than any maker takes."""


def _arguments(first: int) -> dict[tuple[tuple[str, int | str], ...], int]:
    """The parts of an exception that are its arguments, the first of which its maker was given at a place."""
    return {(("part", 3 + at),): first + at for at in range(MANY)}


_CAUSE = (("part", 0),)
_CONTEXT = (("part", 1),)

LEADS: dict[str, dict[tuple[tuple[str, int | str], ...], int]] = {
    "error": _arguments(1),
    "error_from": {_CAUSE: 1},
    "error_while": {_CONTEXT: 1, **_arguments(2)},
    "error_from_while": {_CAUSE: 1, _CONTEXT: 2},
    "error_from_none": {_CONTEXT: 1},
    "error_from_shown": {_CAUSE: 1},
    "user_error": _arguments(0),
    "user_error_from": {_CAUSE: 0, **_arguments(1)},
    "user_error_while": {_CONTEXT: 0, **_arguments(1)},
    "user_error_noted": _arguments(1),
    "user_error_of_its_own": {**_arguments(0), (("part", 6),): 0, (("part", 8),): 1},
}
"""See `makers.py`."""
