"""Makers of exceptions: of Python's own classes and of a user's, with what led to them.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.makers_values import named
from generators.nodes import MadeNode, Node
from generators.roles import ANY, Maker, Role

ERROR_NAMES = ("ValueError", "TypeError", "KeyError", "StopIteration")
ERROR_NAME = named("an exception", ERROR_NAMES)


def _is_exception(node: Node) -> bool:
    # to a compiler an existing one is an object like any other, which is nothing to be raised from
    return isinstance(node, MadeNode) and node.name in EXCEPTIONS and node.source is None


EXCEPTION = Role("a new exception", _is_exception)

EXCEPTIONS: dict[str, Maker] = {
    "error": Maker((ERROR_NAME,), ANY, existing="loaded", weight=12),
    "error_from": Maker((ERROR_NAME, EXCEPTION), weight=4),
    "error_while": Maker((ERROR_NAME, EXCEPTION), ANY, weight=4),
    "error_from_while": Maker((ERROR_NAME, EXCEPTION, EXCEPTION), weight=3),
    "error_from_none": Maker((ERROR_NAME, EXCEPTION), weight=2),
    "error_from_shown": Maker((ERROR_NAME, EXCEPTION), weight=2),
    "user_error": Maker((), ANY, existing="loaded", weight=8, aside=True),
    "user_error_from": Maker((EXCEPTION,), ANY, weight=2, aside=True),
    "user_error_while": Maker((EXCEPTION,), ANY, weight=2, aside=True),
    "user_error_noted": Maker((ANY,), ANY, existing="loaded", weight=4, aside=True),
    "user_error_of_its_own": Maker((ANY, ANY), existing="loaded", weight=4, aside=True),
}
