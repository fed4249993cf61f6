"""Odd trackers and sources of torch's codegen, and the errors that it has for misuses.

Claim: every misuse of `generators/steps.py` is here, or is one that torch's codegen does not look for.

Where torch's versions differ, `dynamo_here.py` knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

from torch._dynamo import bytecode_transformation, source, variables
from torch._dynamo.codegen import PyCodegen
from torch._dynamo.variables import base, functions

from harness.targets.dynamo_here import NO_OUTPUT, REFUSALS, WHOLE_CLOSURES, graph_break_type
from oracles import tools


class _Acting(base.VariableTracker):  # type: ignore[misc] # torch is not followed
    """A tracker whose `reconstruct` is given."""

    def __init__(self, act: Callable[[Any], Any]) -> None:
        super().__init__()
        self.act = act

    def reconstruct(self, codegen: Any) -> Any:
        return self.act(codegen)


def _unmade(kind: Any, **attributes: Any) -> Any:
    """A tracker of a class whose constructor wants a whole frame."""
    tracker = kind.__new__(kind)
    for name, value in {"source": None, "mutation_type": None, **attributes}.items():
        object.__setattr__(tracker, name, value)
    return tracker


class _ActingSource(source.Source):  # type: ignore[misc] # torch is not followed
    """A source whose `reconstruct` is given."""

    def __init__(self, act: Callable[[Any], Any]) -> None:
        object.__setattr__(self, "act", act)

    def reconstruct(self, codegen: Any) -> Any:
        return self.act(codegen)


_MADE: dict[str, Callable[[Callable[[Any], Any]], Any]] = {
    "nested": _Acting,
    "tracker without reconstruct": lambda act: base.VariableTracker(),
    "source without reconstruct": lambda act: source.Source(),
    "reconstruct that returns something": _Acting,
    "source whose reconstruct returns something": _ActingSource,
    "context manager object": lambda act: functions.ContextlibContextManagerLocalGeneratorObjectVariable(
        tools.gather.__code__, {}, SimpleNamespace(output=NO_OUTPUT)
    ),
    "module without a root": lambda act: _unmade(variables.NNModuleVariable, module_key="no_such_module"),
}

_ASSERTIONS = (AssertionError,)
_ERRORS: dict[str, tuple[type[BaseException], ...]] = {
    "tracker without reconstruct": REFUSALS,
    "source without reconstruct": REFUSALS,
    "reconstruct that returns something": _ASSERTIONS,
    "source whose reconstruct returns something": _ASSERTIONS,
    "load of no local": _ASSERTIONS,
    "store of no local": _ASSERTIONS,
    "closure of no cell": _ASSERTIONS,
    "load of no cell": _ASSERTIONS,
    "store of no cell": _ASSERTIONS,
    "global that is not interned": _ASSERTIONS,
    "constant that is not safe": _ASSERTIONS,
    "clash of globals": _ASSERTIONS,
    "append of no instruction": _ASSERTIONS,
    "extend by no instruction": _ASSERTIONS,
    "graph output without a variable": _ASSERTIONS,
    "source that is not cached": _ASSERTIONS,
    "context manager object": REFUSALS,
    "value that is neither tracker nor source": _ASSERTIONS,
    "module without a root": _ASSERTIONS,
    "restore that raises": REFUSALS,
    **({"closure without free variables": _ASSERTIONS} if WHOLE_CLOSURES else {}),
}


class DynamoOdd:
    """See `Odd` in `scripts.py`."""

    codegen: ClassVar[Any] = PyCodegen
    builders: ClassVar[Any] = bytecode_transformation
    errors: ClassVar[Mapping[str, tuple[type[BaseException], ...]]] = _ERRORS

    def told(self, error: BaseException) -> Mapping[str, str]:
        # of the parts of a graph break, the type alone is kept apart from the message
        return {"type": graph_break_type(error), "message": str(error)} if isinstance(error, REFUSALS) else {}

    def make(self, name: str, act: Callable[[Any], Any]) -> Any:
        return _MADE[name](act)
