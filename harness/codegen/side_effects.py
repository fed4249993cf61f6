"""Changes of values that are older than the frame, and the code that makes them.

Claim: after the emitted code every changed value is what plain Python would have left it (its contents, their
order and their identity, and the order in which its attributes came to be), and what the code loaded from a
value is what was there before the changes.

So all that is to be written is evaluated first, and lies on the stack; then it is written, in the order in
which the changes were recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from harness.codegen import helpers
from harness.codegen.containers import DequeVariable, SetVariable
from harness.codegen.errors import SideEffectError
from harness.codegen.functions import CELL_CONTENTS, CellVariable, push_new_cell
from harness.codegen.graph_outputs import TensorWithTFOverrideVariable
from harness.codegen.instances import InstanceVariable, RandomVariable
from harness.codegen.iterators import ListIteratorVariable
from harness.codegen.objects import DefaultDictVariable, FunctionCallVariable
from harness.codegen.variables import (
    AttributeMutationExisting,
    ConstantVariable,
    ConstDictVariable,
    ListVariable,
    ValueMutationExisting,
    VariableTracker,
)

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen


# --- changes: each pushes what is to be written, and returns the instructions that write it -----------------


def _push_list(cg: PyCodegen, var: VariableTracker) -> list[Any]:
    """`var[:] = contents`"""
    create = cg.host.builders.create_instruction
    cg(var, allow_cache=False)
    cg(var.source)
    cg.extend_output([cg.create_load_const(None), cg.create_load_const(None), create("BUILD_SLICE", arg=2)])
    return [create("STORE_SUBSCR")]


def _refill(method: str) -> Callable[[PyCodegen, VariableTracker], list[Any]]:
    """`var.clear()`, then `method` with the contents."""

    def push(cg: PyCodegen, var: VariableTracker) -> list[Any]:
        builders = cg.host.builders
        cg(var.source)
        cg.load_method(method)
        cg(var, allow_cache=False)
        cg(var.source)
        cg.load_method("clear")
        return [
            *(*builders.create_call_method(0), builders.create_instruction("POP_TOP")),
            *(*builders.create_call_method(1), builders.create_instruction("POP_TOP")),
        ]

    return push


def _push_instance(cg: PyCodegen, var: InstanceVariable) -> list[Any]:
    """What it holds as its base does, past the methods of its class."""
    builders = cg.host.builders
    cg.add_push_null(lambda: cg.load_import_from(helpers.__name__, "refill"))
    cg(var.source)
    var.push_contents(cg)
    return [*builders.create_call_function(2, push_null=False), builders.create_instruction("POP_TOP")]


def _push_random(cg: PyCodegen, var: RandomVariable) -> list[Any]:
    builders = cg.host.builders
    cg(var.source)
    cg.load_method("setstate")
    var.push_state(cg)
    return [*builders.create_call_method(1), builders.create_instruction("POP_TOP")]


_PUSH_CONTENTS: Final[Mapping[type, Callable[[PyCodegen, Any], list[Any]]]] = MappingProxyType(
    {
        ListVariable: _push_list,
        ConstDictVariable: _refill("update"),
        DefaultDictVariable: _refill("update"),
        SetVariable: _refill("update"),
        DequeVariable: _refill("extend"),
        FunctionCallVariable: _refill("update"),
        InstanceVariable: _push_instance,
        RandomVariable: _push_random,
    }
)
"""How the contents of each kind of tracker are written. Its methods are those of the type itself."""


@dataclass(frozen=True)
class _Contents:
    """The value has the contents that its tracker holds."""

    var: VariableTracker

    @property
    def place(self) -> tuple[VariableTracker, str | None]:
        return self.var, None

    def push(self, cg: PyCodegen) -> list[Any]:
        return _PUSH_CONTENTS[type(self.var)](cg, self.var)


@dataclass(frozen=True)
class _Attribute:
    """The attribute gets the value, or (None) goes. The contents of a cell are an attribute of it."""

    var: VariableTracker
    name: str
    value: VariableTracker | None

    @property
    def place(self) -> tuple[VariableTracker, str | None]:
        return self.var, self.name

    def push(self, cg: PyCodegen) -> list[Any]:
        create = cg.host.builders.create_instruction
        if isinstance(self.var, InstanceVariable):
            return self._push_past_the_class(cg, self.var)
        local_cell = self.var.local_name if isinstance(self.var, CellVariable) else None
        if self.value is not None:
            cg(self.value)
        if local_cell is None:
            cg(self.var)
            if self.value is not None:
                return [cg.create_store_attr(self.name)]
            cg.tx.output.update_co_names(self.name)
            return [create("DELETE_ATTR", argval=self.name)]
        if self.value is not None:
            return [cg.create_store_deref(local_cell)]
        return [create("DELETE_DEREF", argval=local_cell)]

    def _push_past_the_class(self, cg: PyCodegen, var: InstanceVariable) -> list[Any]:
        builders = cg.host.builders
        helper = "delete_attribute" if self.value is None else "set_attribute"
        cg.add_push_null(lambda: cg.load_import_from(helpers.__name__, helper))
        cg(var)
        cg.append_output(cg.create_load_const(self.name))
        if self.value is not None:
            cg(self.value)
        count = 2 if self.value is None else 3
        return [
            *builders.create_call_function(count, push_null=False),
            builders.create_instruction("POP_TOP"),
        ]


@dataclass(frozen=True)
class _Advance:
    """The iterator has given so many items more, or (None) all that it had."""

    var: VariableTracker
    count: int | None

    @property
    def place(self) -> tuple[VariableTracker, str | None]:
        return self.var, None

    def push(self, cg: PyCodegen) -> list[Any]:
        builders = cg.host.builders
        module, name = ("builtins", "next") if self.count is not None else (helpers.__name__, "drain")
        times = 1 if self.count is None else self.count
        for _ in range(times):
            cg.add_push_null(lambda: cg.load_import_from(module, name))
            cg(self.var.source)
        call = [*builders.create_call_function(1, False), builders.create_instruction("POP_TOP")]
        return call * times


@dataclass(frozen=True)
class _Global:
    """The global gets the value."""

    name: str
    value: VariableTracker

    @property
    def place(self) -> tuple[None, str]:
        return None, self.name

    def push(self, cg: PyCodegen) -> list[Any]:
        cg(self.value)
        cg.tx.output.update_co_names(self.name)
        return [cg.host.builders.create_instruction("STORE_GLOBAL", argval=self.name)]


_Change: TypeAlias = "_Contents | _Attribute | _Advance | _Global"


def _needed(changes: Sequence[tuple[int, _Change]]) -> Iterator[tuple[int, _Change]]:
    """Of the numbered changes of one place, those that together leave the same state.

    The last value counts. But an attribute stands behind those that were there when it was first set, or
    first set since it was deleted: so that change keeps its number, and the deletion before it is made.
    """
    first_at, first = changes[0]
    if isinstance(first, _Advance):
        counts = [change.count for _, change in changes if isinstance(change, _Advance)]
        yield first_at, _Advance(first.var, None if None in counts else sum(filter(None, counts)))
        return
    deletions = [
        i for i, (_, change) in enumerate(changes) if isinstance(change, _Attribute) and change.value is None
    ]
    if not deletions:
        yield first_at, changes[-1][1]
        return
    if isinstance(first, _Attribute) and first.value is not None:
        # it may not have been there before, and only what is there can be deleted
        yield first_at, _Attribute(first.var, first.name, ConstantVariable(None))
    yield changes[deletions[-1]]
    since = changes[deletions[-1] + 1 :]
    if since:
        yield since[0][0], since[-1][1]


# --- all changes of a frame -----------------------------------------------------------------------------


class SideEffects:
    """What a frame did to values that others see.

    Record the changes while tracing. Then, in every pass of the codegen: `codegen_save_tempvars`, the values
    to be left on the stack (`codegen.restore_stack`), `codegen_update_mutated`. Without `replay`, what was
    there before the frame is left as it was.
    """

    def __init__(self, *, replay: bool = True) -> None:
        self._replay = replay
        self._cells: dict[CellVariable, None] = {}
        self._tensors: dict[TensorWithTFOverrideVariable, None] = {}
        self._log: list[_Change] = []

    def track(self, made: VariableTracker) -> None:
        """A cell, or a tensor of a subclass, was made in the frame. It is made before all that holds it, and
        filled with the changes.

        So whatever holds it holds the same one, in a single pass too. What is not tracked is made like any
        other value.
        """
        if isinstance(made, CellVariable) and _is_new(made):
            self._cells.setdefault(made)
        elif isinstance(made, TensorWithTFOverrideVariable) and _is_new(made):
            self._tensors.setdefault(made)
        else:
            raise SideEffectError(
                f"{made!r} is no new cell, and no new tensor of a subclass",
                where="track",
                remedy="track what the frame made; what existed before needs no tracking",
            )

    def mutation(self, var: VariableTracker) -> None:
        """The contents of an existing value changed: its tracker holds the final ones."""
        changes = AttributeMutationExisting if isinstance(var, InstanceVariable) else ValueMutationExisting
        if type(var) not in _PUSH_CONTENTS or var.source is None or type(var.mutation_type) is not changes:
            raise SideEffectError(
                f"the contents of {var!r} cannot be changed",
                where="mutation",
                remedy="record lists, dicts, sets and deques with a source and ValueMutationExisting, and "
                "instances of users' classes with AttributeMutationExisting",
            )
        self._log.append(_Contents(var))

    def advance(self, var: VariableTracker, *, whole: bool = False) -> None:
        """An existing iterator gave its next item, or all that it had."""
        known = isinstance(var, ListIteratorVariable | FunctionCallVariable)
        if not known or var.source is None or type(var.mutation_type) is not ValueMutationExisting:
            raise SideEffectError(
                f"{var!r} cannot be advanced",
                where="advance",
                remedy="record iterators with a source and ValueMutationExisting",
            )
        self._log.append(_Advance(var, None if whole else 1))

    def store_attr(self, obj: VariableTracker, name: str, value: VariableTracker) -> None:
        """An attribute of an existing object was set, or the `cell_contents` of any cell."""
        self._record(_Attribute(obj, name, value), "store_attr")

    def store_global(self, name: str, value: VariableTracker) -> None:
        """A global of the frame's module was bound to the value."""
        self._log.append(_Global(name, value))

    def delete_attr(self, obj: VariableTracker, name: str) -> None:
        """An attribute of an existing object was deleted, or the `cell_contents` of any cell."""
        self._record(_Attribute(obj, name, None), "delete_attr")

    def _record(self, change: _Attribute, where: str) -> None:
        var = change.var
        if isinstance(var, CellVariable) and change.name == CELL_CONTENTS:
            possible = True
            if _is_new(var):
                self.track(var)
        else:
            existing = var.source is not None and isinstance(var.mutation_type, AttributeMutationExisting)
            possible = existing or var in self._tensors
        if not possible:
            raise SideEffectError(
                f"the attribute {change.name!r} of {var!r} cannot be changed",
                where=where,
                remedy="record objects with a source and AttributeMutationExisting, contents of cells, "
                "and what is tracked",
            )
        self._log.append(change)

    def codegen_save_tempvars(self, cg: PyCodegen) -> None:
        """Make the new cells, with nothing in them, and the new tensors, and keep them in temporaries."""
        for cell in self._cells:
            if cell.local_name is None:
                push_new_cell(cg)
                cg.add_cache(cell)
        for tensor in self._tensors:
            cg(tensor, allow_cache=False)
            cg.add_cache(tensor)

    def codegen_update_mutated(self, cg: PyCodegen) -> None:
        """Evaluate all that is to be written, then write it. The stack is then as it was before."""
        writes = []
        # what is written first has to be on top
        for change in reversed(self._plan()):
            writes.append(change.push(cg))
        for instructions in reversed(writes):
            cg.extend_output(instructions)

    def _plan(self) -> list[_Change]:
        """The changes to make, in order."""
        log: list[_Change] = [
            _Attribute(cell, CELL_CONTENTS, cell.contents)
            for cell in self._cells
            if cell.contents is not None
        ]
        by_place: dict[tuple[VariableTracker | None, str | None], list[tuple[int, _Change]]] = {}
        for at, change in enumerate([*log, *filter(self._is_replayed, self._log)]):
            by_place.setdefault(change.place, []).append((at, change))
        needed = [numbered for changes in by_place.values() for numbered in _needed(changes)]
        return [change for _, change in sorted(needed, key=lambda numbered: numbered[0])]

    def _is_replayed(self, change: _Change) -> bool:
        """Without `replay`, what is changed is what the frame made."""
        changed, _ = change.place
        of_the_frame = isinstance(changed, CellVariable) and changed.local_name is not None
        return self._replay or (changed is not None and _is_new(changed) and not of_the_frame)


def _is_new(made: VariableTracker) -> bool:
    return made.source is None and not isinstance(made.mutation_type, AttributeMutationExisting)
