"""Trackers of iterators: an iterator that is rebuilt stands where the original stood.

Claim: the new iterator gives the items that the tracked one still had, in their order, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from harness.codegen.instructions import create_build_tuple, create_instruction
from harness.codegen.variables import MutationType, SequenceVariable, VariableTracker

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen
    from harness.codegen.sources import Source


class ListIteratorVariable(SequenceVariable):
    """An iterator over a list that nothing else refers to, before its item `index`."""

    type_ = type(iter([0]))

    def __init__(
        self,
        items: Iterable[VariableTracker] = (),
        index: int = 0,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(items, source=source, mutation_type=mutation_type)
        self.index = index

    def children(self) -> Iterable[VariableTracker]:
        return self.items[self.index :]

    def create_build(self, count: int) -> Any:
        """The instruction that makes of `count` values what is iterated over."""
        return create_instruction("BUILD_LIST", arg=count)

    def reconstruct(self, codegen: PyCodegen) -> None:
        remaining = self.items[self.index :]
        if self.is_made_by(codegen, remaining):
            return
        codegen.foreach(remaining)
        codegen.append_output(self.create_build(len(remaining)))
        codegen.append_output(create_instruction("GET_ITER"))


class TupleIteratorVariable(ListIteratorVariable):
    """An iterator over a tuple, before its item `index`."""

    type_ = type(iter((0,)))

    def create_build(self, count: int) -> Any:
        return create_build_tuple(count)


class LocalGeneratorVariable(SequenceVariable):
    """A generator made in the frame, drained: an iterator over the items it still had."""

    type_ = GeneratorType

    def generates_source(self, codegen: PyCodegen) -> bool:
        return False

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.is_made_by(codegen, self.items):
            return
        codegen.foreach(self.items)
        codegen.append_output(create_build_tuple(len(self.items)))
        codegen.append_output(create_instruction("GET_ITER"))


class ContextManagerGeneratorVariable(LocalGeneratorVariable):
    """The object that a `@contextmanager` function returns. Its frame cannot leave the compiled region."""
