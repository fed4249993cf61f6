"""One driver for the scripts of every target: the steps carried out on a codegen by its public methods.

Claim: it calls what Dynamo and its trackers call, under the names that all codegens share, and asks a codegen
what it has rather than what it is. What no oracle can see in the emitted code is held against the contract
here: a method that returns instructions appends none, a temporary that is forgotten is deleted.

What a codegen has to refuse stands in `misuses.py`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from generators.case import Case, GlobalName
from generators.nodes import ConstantNode
from generators.steps import INNER, METHOD, SHELF, TOOLS_MODULE, Step
from generators.taking import left_by
from harness.codegen.instructions import RUNNING
from harness.targets.base import Trackers
from oracles import tools
from oracles.run import Finding, Refused, TargetError


class Odd(Protocol):
    """What a target's codegen is handed beside trackers and sources of a case.

    `codegen`: the class whose methods a script may ask for. `builders`: the module that makes instructions.
    `errors`: misuse -> the errors that it may raise; what is not listed is no misuse of that codegen.
    `told(error)`: what such an error says, by parts, of which none may be missing. `make(name, act)`: a
    tracker or source by its name; where it has a `reconstruct` of its own, that returns `act(codegen)`."""

    @property
    def codegen(self) -> Any: ...

    @property
    def builders(self) -> Any: ...

    @property
    def errors(self) -> Mapping[str, tuple[type[BaseException], ...]]: ...

    def told(self, error: BaseException) -> Mapping[str, str]: ...

    def make(self, name: str, act: Callable[[Any], Any]) -> Any: ...


METHODS: dict[str, str] = {
    "clear_tempvars": "clear_tempvars",
    "add_pycode": "pycode",
    "get_pycode": "pycode",
    "pop_null": "pop_null",
    "create_import_name": "create_import_name",
}
"""Method that a version of a codegen may lack -> the operation that asks for it."""

BUILDERS: dict[str, str] = {"create_call_function_ex": "call_function_ex"}
"""The same for what makes instructions."""


class ContractBroken(TargetError):  # noqa: N818 - the name of what it says
    """A method did not do what its contract says, and the emitted code cannot show it."""

    def __init__(
        self, invariant: str, subject: str, message: str, cause: BaseException | None = None
    ) -> None:
        super().__init__(cause or AssertionError(message), subject)
        self.invariant = invariant
        self.subject = subject
        self.message = message

    def finding(self) -> Finding:
        """The finding that this is."""
        return Finding("target", self.invariant, self.subject, self.message)


def emit_script(codegen: Any, case: Case, build: Trackers, odd: Odd) -> int:
    """Carry out the steps, then push what is in variables and in the frame's own cell. The number of all
    values that are on the stack then."""
    asked = {step.operation for step in case.steps}
    for names, place, whole in (
        (METHODS, odd.codegen, f"{odd.codegen.__module__}.{odd.codegen.__qualname__}"),
        (BUILDERS, odd.builders, odd.builders.__name__),
    ):
        for name, operation in names.items():
            if operation in asked and not hasattr(place, name):
                raise Refused.as_absent(f"{whole}.{name}")
    driver = Driver(codegen, case, build, odd)
    for step in case.steps:
        driver.carry_out(step)
    model = left_by(case.nodes, dict(case.locals), case.steps)
    bound = [number for number, held in enumerate(model.variables) if held is not None]
    for number in bound:
        driver.append("create_load", driver.variables[number])
    if INNER in model.cells:
        driver.append("create_load_deref", INNER)
    return len(model.stack) + len(bound) + (INNER in model.cells)


def same_instructions(before: list[Any], after: list[Any]) -> bool:
    """Are these the very same instructions in the same order?"""
    return len(before) == len(after) and all(map(lambda one, other: one is other, before, after))


def build_tuple(builders: Any, count: int) -> Any:
    """The instruction that makes a tuple of so many values. From 3.14 on an empty one is a constant: CPython
    trusts that what BUILD_TUPLE makes is mortal."""
    # torch has it since it knows 3.14
    if hasattr(builders, "create_build_tuple"):
        return builders.create_build_tuple(count)
    return builders.create_instruction("BUILD_TUPLE", arg=count)


class Driver:
    """Carries out steps on one codegen. Its methods with the names of operations are the operations."""

    def __init__(self, codegen: Any, case: Case, build: Trackers, odd: Odd) -> None:
        self.codegen = codegen
        self.case = case
        self.build = build
        self.odd = odd
        self.builders = odd.builders
        self.variables: list[str] = []
        self._tool_sources: dict[str, Any] = {}

    def carry_out(self, step: Step) -> None:
        """One step."""
        getattr(self, step.operation)(step)

    # --- helpers

    def made(self, method: str, *arguments: Any) -> Any:
        """What a method that returns instructions returns, which it must not append."""
        before = list(self.codegen.get_instructions())
        found = getattr(self.codegen, method)(*arguments)
        if not same_instructions(before, self.codegen.get_instructions()):
            raise ContractBroken("appended", method, f"{method} appended what it has to return")
        return found

    def append(self, method: str, *arguments: Any) -> None:
        """Append the one instruction that a method returns."""
        self.codegen.append_output(self.made(method, *arguments))

    def extend(self, method: str, *arguments: Any) -> None:
        """Append the instructions that a method returns."""
        self.codegen.extend_output(self.made(method, *arguments))

    def trackers(self, step: Step) -> list[Any]:
        """The trackers of the step's nodes."""
        return self.build.many(step.nodes)

    def source_of(self, step: Step) -> Any:
        """The source of the step's node."""
        return self.build.sources[self.case.nodes[step.nodes[0]].source or 0]

    def tool_source(self, name: str) -> Any:
        """The source of a tool's global: one object, as the known top is compared by identity."""
        if name not in self._tool_sources:
            self._tool_sources[name] = self.build.source(GlobalName(name))
        return self._tool_sources[name]

    def takes_cells(self) -> bool:
        """Does `make_function_with_closure` find the cells on the stack, or load the frame's own?"""
        profile = getattr(self.codegen, "profile", None)
        if profile is not None:
            return bool(profile.closure == "cells")
        return "push_null" not in inspect.signature(self.codegen.make_function_with_closure).parameters

    # --- values

    def tracker(self, step: Step) -> None:
        self.codegen(self.trackers(step)[0])

    def source(self, step: Step) -> None:
        self.codegen(self.source_of(step))

    def foreach(self, step: Step) -> None:
        self.codegen.foreach(self.trackers(step))

    def restore_stack(self, step: Step) -> None:
        self._restore(self.trackers(step), step.from_source)

    def restore_nested(self, step: Step) -> None:
        def within(codegen: Any) -> None:
            self._restore(self.trackers(step), step.inner)
            codegen.append_output(build_tuple(self.builders, len(step.nodes)))

        self._restore([self.odd.make("nested", within)], step.from_source)

    def _restore(self, trackers: list[Any], from_source: bool | None) -> None:
        before = self.codegen.value_from_source
        self.codegen.restore_stack(trackers, value_from_source=from_source)
        if self.codegen.value_from_source is not before:
            raise ContractBroken("scope-left", "restore_stack", "value_from_source was not put back")

    def call_reconstruct(self, step: Step) -> None:
        self.codegen.call_reconstruct(self.trackers(step)[0])

    def graph_output(self, step: Step) -> None:
        tracker = self.trackers(step)[0]
        key = self.codegen.add_graph_output(tracker)
        again = self.codegen.add_graph_output(tracker)
        asked = [variable.as_proxy() for variable in self.codegen.graph_output_vars()]
        index = self.codegen.graph_outputs[key].index
        if again != key or asked[index] is not tracker.as_proxy():
            raise ContractBroken("outputs", "add_graph_output", f"output {index} is not the one asked for")
        self.codegen.load_graph_output(index)

    # --- what is remembered

    def add_cache(self, step: Step) -> None:
        self.codegen.add_cache(self.trackers(step)[0])

    def mark_source_temp(self, step: Step) -> None:
        self.codegen.mark_source_temp(self.source_of(step))

    def clear_tempvars(self, step: Step) -> None:
        stored = [name for name in self.codegen.tempvars.values() if name is not None]
        count = len(self.codegen.get_instructions())
        self.codegen.clear_tempvars()
        deleted = [
            each.argval for each in self.codegen.get_instructions()[count:] if each.opname == "DELETE_FAST"
        ]
        if sorted(deleted) != sorted(stored) or self.codegen.tempvars:
            told = f"deleted {sorted(deleted)} of the temporaries {sorted(stored)}"
            raise ContractBroken("temporaries", "clear_tempvars", told)

    def clear_tos(self, step: Step) -> None:
        self.codegen.clear_tos()

    def pycode(self, step: Step) -> None:
        self.codegen.add_pycode("# {}")
        if self.codegen.get_pycode() is not None:
            raise ContractBroken("pycode", "get_pycode", "there is Python source, which nobody asked for")

    # --- the stack

    def dup_top(self, step: Step) -> None:
        self.codegen.dup_top()

    def pop_top(self, step: Step) -> None:
        self.codegen.pop_top()

    def rot_n(self, step: Step) -> None:
        self.extend("rot_n", step.count)

    def pop_null(self, step: Step) -> None:
        if RUNNING.null == "below":
            self.extend("rot_n", 2)
        if RUNNING.null != "none":
            self.extend("pop_null")

    # --- constants, globals, modules

    def create_load_const(self, step: Step) -> None:
        nodes = [self.case.nodes[at] for at in step.nodes]
        values = [node.value for node in nodes if isinstance(node, ConstantNode)]
        self.append("create_load_const", values[0] if len(values) == 1 else tuple(values))

    def create_load_const_unchecked(self, step: Step) -> None:
        self.append("create_load_const_unchecked", tools.tokens[step.count or 0])

    def create_load_global(self, step: Step) -> None:
        self.append("create_load_global", step.name, step.add)

    def setup_globally_cached(self, step: Step) -> None:
        self.extend("setup_globally_cached", step.name, tools.tokens[step.count or 0])

    def create_load_python_module(self, step: Step) -> None:
        self.append("create_load_python_module", importlib.import_module(str(step.name)))

    def load_import_from(self, step: Step) -> None:
        self.codegen.load_import_from(TOOLS_MODULE, step.name)

    def create_import_name(self, step: Step) -> None:
        name = str(step.name)
        self.append("create_load_const", 0)
        # without names the outermost package is what an import gives
        self.append("create_load_const", ("gather",) if "." in name else None)
        self.append("create_import_name", name)

    # --- attributes and items

    def load_attr(self, step: Step) -> None:
        self.codegen.load_attr(step.name)

    def create_load_attr(self, step: Step) -> None:
        self.append("create_load_attr", step.name)

    def create_load_attrs(self, step: Step) -> None:
        self.extend("create_load_attrs", step.name)

    def store_attr(self, step: Step) -> None:
        self.codegen.store_attr(step.name)

    def create_store_attr(self, step: Step) -> None:
        self.append("create_store_attr", step.name)

    def create_binary_subscr(self, step: Step) -> None:
        self.append("create_load_const", step.count)
        self.append("create_binary_subscr")

    # --- calls

    def load_callable(self, step: Step) -> None:
        if step.via == "global":
            self.append("create_load_global", step.name, True)
        elif step.via == "source":
            self.codegen(self.tool_source(str(step.name)))
        elif step.via == "import":
            self.codegen.load_import_from(TOOLS_MODULE, step.name)
        else:
            self.append("create_load_python_module", tools)
            if step.via == "module":
                self.codegen.load_attr(step.name)
            else:
                self.extend("create_load_attrs", f"{SHELF}.{step.name}")

    def add_push_null(self, step: Step) -> None:
        self.codegen.add_push_null(lambda: self.load_callable(step), call_function_ex=step.ex)

    def add_push_null_method(self, step: Step) -> None:
        def push() -> None:
            self.codegen(self.source_of(step))
            self.codegen.load_attr(METHOD)

        self.codegen.add_push_null(push, call_function_ex=step.ex)

    def load_function_name(self, step: Step) -> None:
        self.extend("load_function_name", step.name, step.null, step.count)

    def call_function(self, step: Step) -> None:
        self.codegen.call_function(step.count, step.null)

    def create_call_function(self, step: Step) -> None:
        self.codegen.extend_output(self.builders.create_call_function(step.count, step.null))

    def create_call_function_kw(self, step: Step) -> None:
        self.extend("create_call_function_kw", step.count, step.names, step.null)

    def call_function_ex(self, step: Step) -> None:
        self.codegen.append_output(build_tuple(self.builders, step.count or 0))
        for value, name in enumerate(step.names):
            self.append("create_load_const", name)
            self.append("create_load_const", value)
        if step.names:
            made = self.builders.create_instruction("BUILD_MAP", arg=len(step.names))
            self.codegen.append_output(made)
        self.codegen.extend_output(self.builders.create_call_function_ex(bool(step.names), step.null))

    def load_method(self, step: Step) -> None:
        self.codegen.load_method(METHOD)

    def call_method(self, step: Step) -> None:
        self.codegen.call_method(step.count)

    def make_function_with_closure(self, step: Step) -> None:
        code = tools.code_over(step.names)
        name = getattr(code, "co_qualname", code.co_name)
        if not self.takes_cells():
            self.codegen.make_function_with_closure(name, code, False)
            return
        self.codegen.extend_output([self.made("create_load_closure", cell) for cell in step.names])
        self.codegen.append_output(build_tuple(self.builders, len(step.names)))
        self.codegen.make_function_with_closure(name, code)

    # --- locals and cells

    def _variable(self, step: Step) -> str:
        number = step.count or 0
        if number == len(self.variables):
            self.variables.append(self.codegen.new_var())
        return self.variables[number]

    def store(self, step: Step) -> None:
        self.codegen.store(self._variable(step))

    def create_store(self, step: Step) -> None:
        self.append("create_store", self._variable(step))

    def create_load(self, step: Step) -> None:
        self.append("create_load", self._variable(step))

    def load_parameter(self, step: Step) -> None:
        self.append("create_load", step.name)

    def create_delete(self, step: Step) -> None:
        self.append("create_delete", self._variable(step))

    def create_load_closure(self, step: Step) -> None:
        self.append("create_load_closure", step.name)

    def load_deref(self, step: Step) -> None:
        self.codegen.load_deref(step.name)

    def create_load_deref(self, step: Step) -> None:
        self.append("create_load_deref", step.name)

    def create_store_deref(self, step: Step) -> None:
        self.append("create_store_deref", step.name)

    def misuse(self, step: Step) -> None:
        from harness.targets.misuses import misuse

        misuse(self, str(step.name))
