"""Trackers of the containers beside list, tuple and dict, and of slices and ranges.

Claim: as in `variables.py`; types that no instruction makes are called, and their names are never looked up
among the frame's own globals, where they could mean something else.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness.codegen.instructions import create_build_tuple, create_instruction
from harness.codegen.variables import (
    ImmutableVariable,
    MutationType,
    SequenceVariable,
    VariableTracker,
    fill,
    push_collection_type,
)

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen
    from harness.codegen.sources import Source


def _push_builtin(codegen: PyCodegen, name: str) -> None:
    """Leave a builtin on the stack, ready to be called."""
    codegen.add_push_null(lambda: codegen.load_import_from("builtins", name))


class SetVariable(SequenceVariable):
    """A set, its elements in any order. Of equal elements the first stays."""

    type_ = set

    def reconstruct(self, codegen: PyCodegen) -> None:
        # an element may hold the set: a function that has it in its closure, say
        cyclic = self.rebuilds_itself(codegen)
        if cyclic:
            codegen.append_output(create_instruction("BUILD_SET", arg=0))
            self.keep_empty(codegen)
        codegen.foreach(self.items)
        codegen.append_output(create_instruction("BUILD_SET", arg=len(self.items)))
        if cyclic:
            codegen.append_output(create_instruction("SET_UPDATE", arg=1))


class FrozensetVariable(ImmutableVariable):
    """A frozenset, its elements in any order. Of equal elements the first stays."""

    type_ = frozenset

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.is_made_by(codegen, self.items):
            return
        _push_builtin(codegen, "frozenset")
        codegen.foreach(self.items)
        codegen.append_output(create_instruction("BUILD_LIST", arg=len(self.items)))
        codegen.call_function(1, push_null=False)


class SliceVariable(ImmutableVariable):
    """A slice: start and stop, or start, stop and step."""

    type_ = slice

    def constant_of(self, items: list[Any]) -> slice:
        return slice(*items)

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.is_made_by(codegen, self.items):
            return
        codegen.foreach(self.items)
        codegen.append_output(create_instruction("BUILD_SLICE", arg=len(self.items)))


class RangeVariable(SequenceVariable):
    """A range: start, stop and step."""

    type_ = range

    def reconstruct(self, codegen: PyCodegen) -> None:
        _push_builtin(codegen, "range")
        codegen.foreach(self.items)
        codegen.call_function(len(self.items), push_null=False)


class NamedTupleVariable(SequenceVariable):
    """A named tuple of the class `tuple_cls`, which `_make` makes: its `__new__` may be the user's own."""

    def __init__(
        self,
        items: Iterable[VariableTracker],
        tuple_cls: type[tuple[Any, ...]],
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(items, source=source, mutation_type=mutation_type)
        self.tuple_cls = tuple_cls

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.tuple_cls.__qualname__}, <{len(self.items)} items>)"

    def python_type(self) -> type:
        return self.tuple_cls

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.is_made_by(codegen, self.items):
            return
        codegen.append_output(codegen.create_load_const(self.tuple_cls))
        codegen.load_method("_make")
        codegen.foreach(self.items)
        codegen.append_output(create_build_tuple(len(self.items)))
        codegen.call_method(1)


class DequeVariable(SequenceVariable):
    """A deque of at most `maxlen` items, or of any number."""

    type_ = collections.deque

    def __init__(
        self,
        items: Iterable[VariableTracker] = (),
        maxlen: int | None = None,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(items, source=source, mutation_type=mutation_type)
        self.maxlen = maxlen

    def reconstruct(self, codegen: PyCodegen) -> None:
        cyclic = self.rebuilds_itself(codegen)
        push_collection_type(codegen, "deque")
        if cyclic:
            codegen.append_output(create_instruction("BUILD_LIST", arg=0))
        else:
            self._push_items(codegen)
        codegen.append_output(codegen.create_load_const(self.maxlen))
        codegen.extend_output(codegen.create_call_function_kw(2, ("maxlen",), push_null=False))
        if cyclic:
            self.keep_empty(codegen)
            fill(codegen, "extend", self._push_items)

    def _push_items(self, codegen: PyCodegen) -> None:
        codegen.foreach(self.items)
        codegen.append_output(create_instruction("BUILD_LIST", arg=len(self.items)))
