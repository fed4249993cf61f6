"""Trackers of values that nobody has looked at yet.

Claim: a lazy tracker that has a source is loaded from there without being realised; once something of the
value itself is asked for, it is what the tracker of that value is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from harness.codegen.variables import MutationType, VariableTracker

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen
    from harness.codegen.sources import Source


class LazyVariableTracker(VariableTracker):
    """Stands for the tracker that `make` gives, which is asked for once, and only when it is needed."""

    def __init__(self, make: Callable[[], VariableTracker], *, source: Source) -> None:
        self._make = make
        self._made: VariableTracker | None = None
        super().__init__(source=source)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._made if self._made is not None else 'not realized'})"

    def __getattr__(self, name: str) -> Any:
        # what single kinds of trackers have: a module its path, a number its form as a tensor
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.realize(), name)

    def realize(self) -> VariableTracker:
        """The tracker of the value."""
        if self._made is None:
            self._made = self._make()
        return self._made

    @property
    def mutation_type(self) -> MutationType | None:
        return self.realize().mutation_type

    @mutation_type.setter
    def mutation_type(self, mutation_type: MutationType | None) -> None:
        """The value has its own."""

    def is_realized(self) -> bool:
        return self._made is not None

    def is_python_constant(self) -> bool:
        return self.realize().is_python_constant()

    def as_python_constant(self) -> Any:
        return self.realize().as_python_constant()

    def python_type(self) -> type:
        return self.realize().python_type()

    def as_proxy(self) -> Any:
        return self.realize().as_proxy()

    def children(self) -> Iterable[VariableTracker]:
        return self.realize().children()

    def reconstruct(self, codegen: PyCodegen) -> None:
        self.realize().reconstruct(codegen)
