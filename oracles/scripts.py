"""A script carried out in plain Python, on a stack that is a list.

Claim: `carry_out` says what has to be on the stack after the last step, and in every variable and cell, from
the case and a world alone; it shares no code with any codegen, and knows neither instructions nor NULLs.

What a step asks for by a node is the object of that node in the world. New objects are made anew where no
codegen may remember them: after the temporaries were deleted, and where existing values are rebuilt."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any

from generators.case import Case, Options
from generators.steps import INNER, METHOD, Step
from oracles import tools
from oracles.world import World, comes_back_as_itself


@dataclass(frozen=True, slots=True)
class Left:
    """What a script leaves: the stack, bottom first; variables that hold something, by number; what is in the
    cells that hold something. `unpromised`: objects that a codegen may have made more than once."""

    stack: list[Any]
    variables: dict[int, Any]
    cells: dict[str, Any]
    unpromised: list[Any]


def carry_out(case: Case, world: World) -> Left:
    """Carry the steps out, once for a world: they change its objects."""
    machine = _Machine(case, world)
    for step in case.steps:
        _DO[step.operation](machine, step)
    cells = {name: cell.cell_contents for name, cell in machine.cells.items() if not _is_empty(cell)}
    return Left(machine.stack, machine.variables, cells, machine.unpromised)


def _is_empty(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - the only question a cell answers
    except ValueError:
        return True
    return False


class _Machine:
    """The stack, the variables and the cells while a script is carried out."""

    def __init__(self, case: Case, world: World) -> None:
        self.case = case
        self.world = world
        self.values = world.originals()
        self.stack: list[Any] = []
        self.variables: dict[int, Any] = {}
        self.cells: dict[str, CellType] = {INNER: CellType(), **world.free}
        marked = set(case.options.temporaries)
        self.unpromised = [self.values[at] for at in self.new(case) if at not in marked]

    def new(self, case: Case) -> list[int]:
        """The nodes that the code has to build."""
        return [at for at, node in enumerate(case.nodes) if not comes_back_as_itself(case, node)]

    def made_anew(self, case: Case) -> list[Any]:
        """A value for each node, those that the code has to build being new and promised to nobody."""
        values = self.world.made_anew(case)
        self.unpromised += [values[at] for at in self.new(case)]
        return values

    def take(self, count: int | None) -> list[Any]:
        """So many from the top, bottom first."""
        taken = self.stack[len(self.stack) - (count or 0) :]
        del self.stack[len(self.stack) - len(taken) :]
        return taken

    def several(self, nodes: tuple[int, ...], *, from_source: bool) -> list[Any]:
        """The values of nodes, loaded from their sources or rebuilt where they can be."""
        if from_source:
            return [self.values[at] for at in nodes]
        options = Options(value_from_source=False)
        values = self.made_anew(dataclasses.replace(self.case, options=options))
        return [values[at] for at in nodes]


def _push_node(machine: _Machine, step: Step) -> None:
    machine.stack.append(machine.values[step.nodes[0]])


def _restore(machine: _Machine, step: Step) -> None:
    machine.stack += machine.several(step.nodes, from_source=step.from_source is not False)


def _restore_nested(machine: _Machine, step: Step) -> None:
    loaded = step.from_source is True and step.inner is True
    machine.stack.append(tuple(machine.several(step.nodes, from_source=loaded)))


def _pop(machine: _Machine, step: Step) -> None:
    machine.stack.pop()


def _clear_tempvars(machine: _Machine, step: Step) -> None:
    machine.values = machine.made_anew(machine.case)


def _nothing(machine: _Machine, step: Step) -> None:
    """Changes no value."""


def _rotate(machine: _Machine, step: Step) -> None:
    if step.count:
        top = machine.stack.pop()
        machine.stack.insert(len(machine.stack) - (step.count - 1), top)


def _constant(machine: _Machine, step: Step) -> None:
    values = [machine.values[at] for at in step.nodes]
    machine.stack.append(values[0] if len(values) == 1 else tuple(values))


def _token(machine: _Machine, step: Step) -> None:
    machine.stack.append(tools.tokens[step.count or 0])


def _tool(machine: _Machine, step: Step) -> None:
    machine.stack.append(getattr(tools, str(step.name)))


def _tool_below(machine: _Machine, step: Step) -> None:
    machine.stack.insert(len(machine.stack) - (step.count or 0), getattr(tools, str(step.name)))


def _method_of_node(machine: _Machine, step: Step) -> None:
    machine.stack.append(getattr(machine.values[step.nodes[0]], METHOD))


def _module(machine: _Machine, step: Step) -> None:
    machine.stack.append(importlib.import_module(str(step.name)))


def _attribute(machine: _Machine, step: Step) -> None:
    for name in str(step.name).split("."):
        machine.stack.append(getattr(machine.stack.pop(), name))


def _load_method(machine: _Machine, step: Step) -> None:
    machine.stack.append(getattr(machine.stack.pop(), METHOD))


def _store_attribute(machine: _Machine, step: Step) -> None:
    holder = machine.stack.pop()
    setattr(holder, str(step.name), machine.stack.pop())


def _subscript(machine: _Machine, step: Step) -> None:
    machine.stack.append(machine.stack.pop()[step.count])


def _call(machine: _Machine, step: Step) -> None:
    arguments = machine.take(step.count)
    function = machine.stack.pop()
    machine.stack.append(function(*arguments))


def _call_kw(machine: _Machine, step: Step) -> None:
    named = dict(zip(step.names, machine.take(len(step.names)), strict=True))
    arguments = machine.take((step.count or 0) - len(named))
    function = machine.stack.pop()
    machine.stack.append(function(*arguments, **named))


def _call_ex(machine: _Machine, step: Step) -> None:
    arguments = machine.take(step.count)
    function = machine.stack.pop()
    # the keywords' values are their positions
    machine.stack.append(function(*arguments, **{name: at for at, name in enumerate(step.names)}))


def _function(machine: _Machine, step: Step) -> None:
    code = tools.code_over(step.names)
    closure = tuple(machine.cells[name] for name in step.names)
    machine.stack.append(FunctionType(code, machine.world.globals, code.co_name, None, closure))


def _store(machine: _Machine, step: Step) -> None:
    machine.variables[step.count or 0] = machine.stack.pop()


def _load(machine: _Machine, step: Step) -> None:
    machine.stack.append(machine.variables[step.count or 0])


def _parameter(machine: _Machine, step: Step) -> None:
    machine.stack.append(machine.world.locals[str(step.name)])


def _delete(machine: _Machine, step: Step) -> None:
    del machine.variables[step.count or 0]


def _cell(machine: _Machine, step: Step) -> None:
    machine.stack.append(machine.cells[str(step.name)])


def _contents(machine: _Machine, step: Step) -> None:
    machine.stack.append(machine.cells[str(step.name)].cell_contents)


def _store_contents(machine: _Machine, step: Step) -> None:
    machine.cells[str(step.name)].cell_contents = machine.stack.pop()


_DO: dict[str, Callable[[_Machine, Step], None]] = {
    "tracker": _push_node,
    "source": _push_node,
    "foreach": _restore,
    "restore_stack": _restore,
    "restore_nested": _restore_nested,
    "call_reconstruct": _push_node,
    "graph_output": _push_node,
    "add_cache": _pop,
    "mark_source_temp": _nothing,
    "clear_tempvars": _clear_tempvars,
    "clear_tos": _nothing,
    "pycode": _nothing,
    "dup_top": lambda machine, step: machine.stack.append(machine.stack[-1]),
    "pop_top": _pop,
    "rot_n": _rotate,
    "pop_null": _nothing,
    "create_load_const": _constant,
    "create_load_const_unchecked": _token,
    "create_load_global": _tool,
    "setup_globally_cached": _token,
    "create_load_python_module": _module,
    "load_import_from": _tool,
    "create_import_name": _module,
    "load_attr": _attribute,
    "create_load_attr": _attribute,
    "create_load_attrs": _attribute,
    "store_attr": _store_attribute,
    "create_store_attr": _store_attribute,
    "create_binary_subscr": _subscript,
    "load_callable": _tool,
    "add_push_null": _tool,
    "add_push_null_method": _method_of_node,
    "load_function_name": _tool_below,
    "call_function": _call,
    "create_call_function": _call,
    "create_call_function_kw": _call_kw,
    "call_function_ex": _call_ex,
    "load_method": _load_method,
    "call_method": _call,
    "make_function_with_closure": _function,
    "store": _store,
    "create_store": _store,
    "create_load": _load,
    "load_parameter": _parameter,
    "create_delete": _delete,
    "create_load_closure": _cell,
    "load_deref": _contents,
    "create_load_deref": _contents,
    "create_store_deref": _store_contents,
    "misuse": _nothing,
}
"""Operation -> what plain Python does."""
