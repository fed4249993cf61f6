"""Trackers of callables that are made in the frame, and of the cells that functions share.

Claim: as in `variables.py`; a function in its own closure, or in its own defaults, is one function.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from types import CellType, CodeType, FunctionType
from typing import TYPE_CHECKING

from harness.codegen import helpers
from harness.codegen.errors import ClosureError
from harness.codegen.instructions import create_build_tuple, create_instruction
from harness.codegen.variables import (
    AttributeMutationNew,
    CompositeVariable,
    MutationType,
    VariableTracker,
)

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen
    from harness.codegen.sources import Source


class FunctoolsPartialVariable(CompositeVariable):
    """A `functools.partial` of `func` with arguments and keywords. Its `func` is no partial itself."""

    def __init__(
        self,
        func: VariableTracker,
        args: Iterable[VariableTracker] = (),
        keywords: Mapping[str, VariableTracker] | None = None,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.func = func
        self.args = list(args)
        self.keywords = dict(keywords or {})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.func!r}, <{len(self.args)} + {len(self.keywords)} arguments>)"

    def python_type(self) -> type:
        return functools.partial

    def children(self) -> Iterable[VariableTracker]:
        return (self.func, *self.args, *self.keywords.values())

    def reconstruct(self, codegen: PyCodegen) -> None:
        arguments = self.children()
        if self.is_made_by(codegen, arguments):
            return
        codegen.add_push_null(lambda: codegen.load_import_from("functools", "partial"))
        codegen.foreach(arguments)
        count = 1 + len(self.args) + len(self.keywords)
        if self.keywords:
            call = codegen.create_call_function_kw(count, self.keywords, push_null=False)
            codegen.extend_output(call)
        else:
            codegen.call_function(count, push_null=False)


CELL_CONTENTS = "cell_contents"
"""The attribute of a cell that holds what is in it."""


def push_new_cell(codegen: PyCodegen) -> None:
    """Leave a new empty cell on the stack."""
    codegen.add_push_null(lambda: codegen.load_import_from(helpers.__name__, "make_cell"))
    codegen.call_function(0, push_null=False)


def _set_on_top(codegen: PyCodegen, name: str, push_value: Callable[[], None]) -> None:
    """Set an attribute of what is on top, and leave that on top."""
    codegen.dup_top()
    push_value()
    codegen.extend_output(codegen.rot_n(2))
    codegen.store_attr(name)


class CellVariable(CompositeVariable):
    """A cell of a closure; `contents` None: nothing is in it. The contents may be given later.

    A cell with a `local_name` is the frame's own, of that name: it is loaded from there, and its contents are
    the frame's business. Any other is new, unless it has a source.
    """

    def __init__(
        self,
        contents: VariableTracker | None = None,
        local_name: str | None = None,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        if mutation_type is None and source is None:
            mutation_type = AttributeMutationNew()
        super().__init__(source=source, mutation_type=mutation_type)
        self.contents = contents
        self.local_name = local_name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.local_name or 'no name'})"

    def python_type(self) -> type:
        return CellType

    def children(self) -> Iterable[VariableTracker]:
        return () if self.contents is None or self.local_name is not None else (self.contents,)

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.local_name is not None:
            codegen.append_output(codegen.create_load_closure(self.local_name))
            return
        cyclic = self.rebuilds_itself(codegen)
        push_new_cell(codegen)
        if cyclic:
            self.keep_empty(codegen)
        if self.contents is not None:
            _set_on_top(codegen, CELL_CONTENTS, functools.partial(codegen, self.contents))


class NestedUserFunctionVariable(CompositeVariable):
    """A function that is made in the frame, of a code object and the frame's globals.

    `closure` are its cells, in the order of the code's free variables. `attributes` are set last, in their
    order: what is in its `__dict__`, and `__doc__`, `__module__` … where they differ from what the code and
    the globals say. Containers may be filled later.
    """

    def __init__(
        self,
        name: str,
        qualname: str,
        code: CodeType,
        defaults: Iterable[VariableTracker] | None = None,
        kwdefaults: Mapping[str, VariableTracker] | None = None,
        closure: Iterable[VariableTracker] | None = None,
        annotations: Mapping[str, VariableTracker] | None = None,
        attributes: Mapping[str, VariableTracker] | None = None,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.name = name
        self.qualname = qualname
        self.code = code
        self.defaults = None if defaults is None else list(defaults)
        self.kwdefaults = None if kwdefaults is None else dict(kwdefaults)
        self.closure = list(closure or ())
        self.annotations = None if annotations is None else dict(annotations)
        self.attributes = dict(attributes or {})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.qualname})"

    def python_type(self) -> type:
        return FunctionType

    def children(self) -> Iterable[VariableTracker]:
        return (
            *self.closure,
            *(self.defaults or ()),
            *(self.kwdefaults or {}).values(),
            *(self.annotations or {}).values(),
            *self.attributes.values(),
        )

    def reconstruct(self, codegen: PyCodegen) -> None:
        # only the closure has to be there before the function: all else can be set once it is kept
        if self.is_made_by(codegen, self.closure):
            return
        cyclic = self.rebuilds_itself(codegen)
        self._push_bare(codegen)
        if cyclic:
            self.keep_empty(codegen)
        if self.defaults is not None:
            _set_on_top(codegen, "__defaults__", lambda: self._push_defaults(codegen))
        for name, values in (("__kwdefaults__", self.kwdefaults), ("__annotations__", self.annotations)):
            if values is not None:
                _set_on_top(codegen, name, functools.partial(_push_dict, codegen, values))
        for name, value in self.attributes.items():
            _set_on_top(codegen, name, functools.partial(codegen, value))

    def _push_bare(self, codegen: PyCodegen) -> None:
        """Leave the function with its closure and its names on the stack."""
        free = len(self.code.co_freevars)
        if len(self.closure) != free:
            raise ClosureError(
                f"{self.qualname} has {len(self.closure)} cells, its code {free} free variables",
                where="NestedUserFunctionVariable",
                remedy="give one cell for each free variable, in their order",
            )
        builders = codegen.host.builders
        if not free:
            codegen.extend_output(builders.create_make_function(self.qualname, self.code))
        else:
            codegen.foreach(self.closure)
            codegen.append_output(create_build_tuple(free))
            if codegen.profile.closure == "cells":
                codegen.make_function_with_closure(self.qualname, self.code)
            else:
                # the method of this profile takes the frame's cells, which these need not be
                codegen.extend_output(builders.create_make_closure(self.qualname, self.code))
        if self.name != self.code.co_name:
            self._set_constant(codegen, "__name__", self.name)
        if not builders.version.function_name and self.qualname != self.code.co_qualname:
            self._set_constant(codegen, "__qualname__", self.qualname)

    def _set_constant(self, codegen: PyCodegen, name: str, value: str) -> None:
        _set_on_top(codegen, name, lambda: codegen.append_output(codegen.create_load_const(value)))

    def _push_defaults(self, codegen: PyCodegen) -> None:
        codegen.foreach(self.defaults or ())
        codegen.append_output(create_build_tuple(len(self.defaults or ())))


def _push_dict(codegen: PyCodegen, values: Mapping[str, VariableTracker]) -> None:
    for key, value in values.items():
        codegen.append_output(codegen.create_load_const(key))
        codegen(value)
    codegen.append_output(create_instruction("BUILD_MAP", arg=len(values)))
