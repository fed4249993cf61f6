"""What the installed torch has: the one place that knows that torch's versions differ.

Claim: what is here is found by asking the installed torch what it has, never by its version number and never
by trying and catching; what it lacks is an `Absent`, which refuses the case that uses it.

Whatever a version may lack is named through `there`, so that importing never fails:

    FROZEN = there("torch._dynamo.variables.user_defined", "FrozenDataClassVariable")

A row of a table that uses such a class needs no more; `needs` is for a row that names none of what it relies on
(`needs(traced(zip), ZIP)`). `lacking` lists what was asked for and is not there.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any, TypeVar

from oracles.run import Refused

Function = TypeVar("Function", bound=Callable[..., Any])

_LACKING: dict[str, Absent] = {}


class Absent:
    """In the place of what the installed torch lacks: it is false, nothing is an instance of it, and a case
    that calls it or asks it for anything is refused as absent."""

    def __init__(self, name: str) -> None:
        self.absent = name

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<absent: {self.absent}>"

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __call__(self, *arguments: object, **named: object) -> Any:
        raise Refused.as_absent(self.absent)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python itself asks of every object
            raise AttributeError(name)
        raise Refused.as_absent(self.absent)


def there(module: str, name: str) -> Any:
    """What the installed torch has under a name, dotted or not, in a module; an `Absent` if it lacks it."""
    whole = f"{module}.{name}"
    if whole in _LACKING:
        return _LACKING[whole]
    found: Any = importlib.import_module(module) if _is_module(module) else None
    for part in name.split("."):
        if not hasattr(found, part):
            return _LACKING.setdefault(whole, Absent(whole))
        found = getattr(found, part)
    return found


@functools.cache
def _is_module(name: str) -> bool:
    above = name.rpartition(".")[0]
    return (not above or _is_module(above)) and importlib.util.find_spec(name) is not None


def needs(made: Function, *things: Any) -> Function | Absent:
    """`made` where all of what it relies on (got from `there`) is there, else the first that is lacking."""
    return next((thing for thing in things if isinstance(thing, Absent)), made)


def lacking() -> frozenset[str]:
    """The full names of all that was asked for and that the installed torch lacks."""
    return frozenset(_LACKING)
