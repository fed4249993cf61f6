"""Odd trackers and sources of our own codegen, and the errors that it has for misuses.

Claim: every misuse of `generators/steps.py` is here, or is one that our codegen cannot know of.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, ClassVar

import harness.codegen as codegen
from harness.codegen import errors, instructions


class _Acting(codegen.VariableTracker):
    """A tracker whose `reconstruct` is given."""

    def __init__(self, act: Callable[[Any], Any]) -> None:
        super().__init__()
        self.act = act

    def reconstruct(self, codegen: codegen.PyCodegen) -> None:
        return self.act(codegen)  # type: ignore[no-any-return] # what it returns may be the misuse


class _Unreachable(codegen.Source):
    """A source without a `reconstruct`."""

    def _make_key(self) -> Hashable:
        return id(self)


class _ActingSource(_Unreachable):
    """A source whose `reconstruct` is given."""

    def __init__(self, act: Callable[[Any], Any]) -> None:
        object.__setattr__(self, "act", act)
        self.__post_init__()

    def reconstruct(self, codegen: codegen.PyCodegen) -> None:
        return self.act(codegen)  # type: ignore[attr-defined, no-any-return] # see above


_MADE: dict[str, Callable[[Callable[[Any], Any]], Any]] = {
    "nested": _Acting,
    "tracker without reconstruct": lambda act: codegen.VariableTracker(),
    "source without reconstruct": lambda act: _Unreachable(),
    "reconstruct that returns something": _Acting,
    "source whose reconstruct returns something": _ActingSource,
    "conversion without a helper": lambda act: codegen.NumpyNdarrayVariable("p"),
    "context manager object": lambda act: codegen.ContextManagerGeneratorVariable(),
    "module without a root": lambda act: codegen.NNModuleVariable("no_such_module"),
}

_REFUSALS = (errors.GraphBreak,)
_ERRORS: dict[str, tuple[type[BaseException], ...]] = {
    "tracker without reconstruct": _REFUSALS,
    "source without reconstruct": _REFUSALS,
    "reconstruct that returns something": (errors.ReconstructReturnedError,),
    "source whose reconstruct returns something": (errors.ReconstructReturnedError,),
    "load of no local": (errors.UnknownLocalError,),
    "store of no local": (errors.UnknownLocalError,),
    "closure of no cell": (errors.UnknownCellError,),
    "load of no cell": (errors.UnknownCellError,),
    "store of no cell": (errors.UnknownCellError,),
    "global that is not interned": (errors.NameNotInternedError,),
    "constant that is not safe": (errors.UnsafeConstantError,),
    "clash of globals": (errors.GlobalClashError,),
    "append of no instruction": (errors.NotAnInstructionError,),
    "extend by no instruction": (errors.NotAnInstructionError,),
    "graph output without a variable": (errors.NoGraphOutputVariableError,),
    "source that is not cached": (errors.UncachedSourceError,),
    "context manager object": _REFUSALS,
    "context manager object as a usage error": (errors.ContextManagerReturnedError,),
    "closure without free variables": (errors.ClosureError,),
    "closure over no cell": (errors.UnknownCellError,),
    "closure with the arguments of another profile": (errors.ClosureError,),
    "pop_null in a profile without it": (errors.UnavailableError,),
    "conversion without a helper": (errors.MissingHelperError,),
    "value that is neither tracker nor source": (errors.NotAValueError,),
    "module without a root": (errors.NoRootError,),
    "restore that raises": _REFUSALS,
}


class OwnOdd:
    """See `Odd` in `scripts.py`."""

    codegen: ClassVar[Any] = codegen.PyCodegen
    builders: ClassVar[Any] = instructions
    errors: ClassVar[Mapping[str, tuple[type[BaseException], ...]]] = _ERRORS

    def told(self, error: BaseException) -> Mapping[str, str]:
        if isinstance(error, errors.GraphBreak):
            return {
                "type": error.gb_type,
                "context": error.context,
                "explanation": error.explanation,
                "hint": " ".join(error.hints),
            }
        if isinstance(error, errors.CodegenError):
            return {"cause": error.what, "place": error.where, "remedy": error.remedy}
        return {}

    def make(self, name: str, act: Callable[[Any], Any]) -> Any:
        return _MADE[name](act)
