"""Torch's own trackers of exceptions.

Claim: as in `dynamo_trackers.py`; one is called, and what led to it set, as tracing a `raise` does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch._dynamo import variables

from generators.nodes import MadeNode
from harness.targets.dynamo_here import track_new
from harness.targets.dynamo_made_values import attribute, built, named
from harness.targets.dynamo_tracing import Made
from oracles import makers_exceptions
from oracles.makers_exceptions import ERRORS, RefusalError, WrongError

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def _set(made: DynamoTrackers, error: Any, cause: Any, context: Any, suppress: bool) -> Any:
    """What a `raise … from …` sets, and what is set where another is being handled."""
    create = variables.ConstantVariable.create
    for name, value in (
        ("__cause__", cause),
        ("__context__", context),
        ("__suppress_context__", create(suppress)),
    ):
        if value is not None:
            error.call_method(made.target.translator, "__setattr__", [create(name), value], {})
    return error


def _error(*takes: str, suppress: bool = False) -> Made:
    """An exception of Python's own; `takes` says what follows the name, `cause` or `context`."""

    def make(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        if where is not None:
            return built(made, made.world.objects[at], where)
        _, *arguments = made.many(node.arguments)
        led = dict(zip(takes, arguments, strict=False))
        kind = variables.BuiltinVariable(ERRORS[named(made, node)])
        error = kind.call_function(made.target.translator, arguments[len(takes) :], {})
        return _set(made, error, led.get("cause"), led.get("context"), suppress)

    return make


def _user_error(kind: type[BaseException], *takes: str, suppress: bool = False) -> Made:
    """An exception of a user's class; `takes` says what comes first, `cause`, `context` or `note`."""

    def make(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        if where is not None:
            return built(made, made.world.objects[at], where)
        arguments = made.many(node.arguments)
        led = dict(zip(takes, arguments, strict=False))
        error = _called(made, kind, arguments[len(takes) :])
        if "note" in led:
            made.side_effects.store_attr(error, "note", led["note"])
            return error
        return _set(made, error, led.get("cause"), led.get("context"), suppress)

    return make


def _called(made: DynamoTrackers, kind: type[BaseException], arguments: Sequence[Any]) -> Any:
    where = attribute(made, makers_exceptions.__name__, kind.__qualname__)
    tracked = built(made, kind, where)
    error = track_new(made, tracked, tracked, list(arguments))
    if kind is RefusalError:
        for name, value in zip(("code", "detail"), arguments, strict=True):
            made.side_effects.store_attr(error, name, value)
    return error


MADE: dict[str, Made] = {
    "error": _error(),
    "error_from": _error("cause", suppress=True),
    "error_while": _error("context"),
    "error_from_while": _error("cause", "context", suppress=True),
    "error_from_none": _error("context", suppress=True),
    "error_from_shown": _error("cause"),
    "user_error": _user_error(WrongError),
    "user_error_from": _user_error(WrongError, "cause", suppress=True),
    "user_error_while": _user_error(WrongError, "context"),
    "user_error_noted": _user_error(WrongError, "note"),
    "user_error_of_its_own": _user_error(RefusalError),
}
