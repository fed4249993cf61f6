"""Trackers of objects that are made by calling a class, bound methods, and modules.

Claim: as in `variables.py`; what is called to make an object is a constant of the code or is imported by its
name, never looked up among the frame's own globals.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
from types import MethodType
from typing import TYPE_CHECKING, Any

from harness.codegen.instructions import create_build_tuple
from harness.codegen.variables import (
    CompositeVariable,
    ConstDictVariable,
    MutationType,
    SequenceVariable,
    VariableTracker,
    fill,
    push_collection_type,
)

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen
    from harness.codegen.sources import Source


class DefaultDictVariable(ConstDictVariable):
    """A defaultdict: pairs of trackers in its order, and a default factory that is a constant."""

    def __init__(
        self,
        items: Iterable[tuple[VariableTracker, VariableTracker]] = (),
        default_factory: Callable[[], Any] | None = None,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(items, collections.defaultdict, source=source, mutation_type=mutation_type)
        self.default_factory = default_factory

    def reconstruct(self, codegen: PyCodegen) -> None:
        cyclic = self.rebuilds_itself(codegen)
        push_collection_type(codegen, "defaultdict")
        codegen.append_output(codegen.create_load_const(self.default_factory))
        if cyclic:
            codegen.call_function(1, push_null=False)
            self.keep_empty(codegen)
            fill(codegen, "update", self._push_pairs)
        else:
            self._push_pairs(codegen)
            codegen.call_function(2, push_null=False)


class StructSequenceVariable(SequenceVariable):
    """A struct sequence of the class `tuple_cls`, which is called with its fields."""

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
        codegen.add_push_null(lambda: codegen.append_output(codegen.create_load_const(self.tuple_cls)))
        codegen.foreach(self.items)
        codegen.append_output(create_build_tuple(len(self.items)))
        codegen.call_function(1, push_null=False)


class UserMethodVariable(CompositeVariable):
    """The method `name` of `obj`, bound to it: a new object each time it is loaded."""

    def __init__(
        self,
        name: str,
        obj: VariableTracker,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.name = name
        self.obj = obj

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}, {self.obj!r})"

    def python_type(self) -> type:
        return MethodType

    def children(self) -> Iterable[VariableTracker]:
        return (self.obj,)

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.is_made_by(codegen, self.children()):
            return
        codegen(self.obj)
        codegen.load_attr(self.name)


class ContextWrappingVariable(VariableTracker):
    """A context manager of the class `name` in `module`, made with constants."""

    def __init__(
        self,
        module: str,
        name: str,
        target_values: Iterable[object] = (),
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.module = module
        self.name = name
        self.target_values = list(target_values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.module}.{self.name})"

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.add_push_null(lambda: codegen.load_import_from(self.module, self.name))
        codegen.extend_output([codegen.create_load_const(value) for value in self.target_values])
        codegen.call_function(len(self.target_values), push_null=False)


class FunctionCallVariable(CompositeVariable):
    """What the function `name` in `module` gives for some constants and then the values of `arguments`."""

    def __init__(
        self,
        module: str,
        name: str,
        constants: Iterable[object] = (),
        arguments: Iterable[VariableTracker] = (),
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.module = module
        self.name = name
        self.constants = list(constants)
        self.arguments = list(arguments)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.module}.{self.name}, {self.constants}, <{len(self.arguments)}>)"

    def children(self) -> Iterable[VariableTracker]:
        return self.arguments

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.is_made_by(codegen, self.arguments):
            return
        codegen.add_push_null(lambda: codegen.load_import_from(self.module, self.name))
        codegen.extend_output([codegen.create_load_const(value) for value in self.constants])
        codegen.foreach(self.arguments)
        codegen.call_function(len(self.constants) + len(self.arguments), push_null=False)


class NNModuleVariable(VariableTracker):
    """A module: `module_key` is its dotted path from a local of the frame, or from the codegen's root."""

    def __init__(
        self,
        module_key: str,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.module_key = module_key

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.module_key})"
