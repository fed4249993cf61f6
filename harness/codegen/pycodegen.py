"""`PyCodegen`: from trackers and sources to the bytecode that leaves their values on the stack.

Claim: after `codegen(value)` exactly one more value is on the stack, it is the value described, and what the
codegen remembers (top of stack, temporaries, graph outputs, uses) is true of the code emitted so far.

The rules, and the profiles in which they differ, are those of Dynamo's class of the same name. Everything
about the compiler around it goes through `host`, everything about the CPython version through the host's
builders. The methods that only make or append instructions are those of its base, `emitter.Emitter`.
"""

from __future__ import annotations

import importlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final

from harness.codegen.contracts import appends, emits_nothing
from harness.codegen.emitter import Emitter
from harness.codegen.errors import (
    MissingHelperError,
    NoGraphOutputVariableError,
    NoRootError,
    NotAValueError,
    ReconstructReturnedError,
    UncachedSourceError,
)
from harness.codegen.host import Kind, Role, TranslatorLike

_SUPPORTABLE: Final = "The compiler could support this: report it if you need it."
_COMPILER_BUG: Final = "This is a gap in the compiler, not in your program: report it."


def _enter_if_profiled(profiled: Any, marks: Any) -> None:
    """The body of emitted code; the caller says what `enter` is called."""
    mark = None
    if profiled:
        mark = marks.enter()  # noqa: F841 - the code that leaves it reads it


def _leave_if_entered(mark: Any, marks: Any) -> None:
    """The body of emitted code; the caller says what `leave` is called."""
    if mark is not None:
        marks.leave(mark)


@dataclass
class GraphOutputEntry:
    """One output of the compiled graph: its index in the tuple of outputs, and who asked for it first."""

    index: int
    variable: Any


class PyCodegen(Emitter):
    """Emits the code that rebuilds values.

    `graph_output_var` is the local that holds the graph's outputs, `root` the module that holds sub-modules.
    A `tempvars` mapping that is not empty is used as it is (and changed): its keys are the values to keep in
    a local, mapped to the local's name, or to None while nothing is stored. `overridden_sources` maps
    sources to those to load in their place.
    """

    def __init__(
        self,
        tx: TranslatorLike,
        root: Any = None,
        graph_output_var: str | None = None,
        tempvars: MutableMapping[Any, str | None] | None = None,
        overridden_sources: Mapping[Any, Any] | None = None,
    ) -> None:
        super().__init__(tx)
        self.root = root
        self.graph_output_var = graph_output_var
        self.uses: Counter[Any] = Counter()
        self.graph_outputs: dict[int, GraphOutputEntry] = {}
        self.tempvars: MutableMapping[Any, str | None] = tempvars or {}
        self.value_from_source = True
        self.overridden_sources: Mapping[Any, Any] = overridden_sources or {}

    # --- generating values ------------------------------------------------------------------------------

    @appends(+1)
    def __call__(self, value: Any, allow_cache: bool = True) -> None:
        """Leave the value that a tracker or a source describes on top of the stack.

        A value that is on top, or in a temporary, is not built again. `allow_cache=False` rebuilds a tracked
        value that has a source: for writing its contents back into the original.
        """
        if self.host.is_source(value):
            self._generate_source(value, allow_cache)
        elif self.host.is_tracker(value):
            self._generate_tracker(value, allow_cache)
        else:
            raise NotAValueError(
                f"{value!r} is neither a tracker nor a source",
                where="codegen(value)",
                remedy="wrap it in a tracker, or load it with create_load_const",
            )

    def _generate_source(self, asked: Any, allow_cache: bool) -> None:
        if allow_cache is not True:
            raise UncachedSourceError(
                f"{asked!r} with allow_cache=False",
                where="codegen(source)",
                remedy="pass the tracker if a new object is wanted",
            )
        if self.top_of_stack is asked:
            self._duplicate()
            return
        source = self.overridden_sources.get(asked, asked)
        if not self._load_temporary(source):
            self._build_source(source)
        self.top_of_stack = source

    def _build_source(self, source: Any) -> None:
        profile = self.profile
        if profile.counted_sources:
            self.uses[source] += 1
        try:
            self.call_reconstruct(source)
        except NotImplementedError as error:
            self.host.graph_break(
                gb_type="Reconstruction failure: source.reconstruct not implemented",
                context=str(source),
                explanation=f"{type(source).__name__} cannot be loaded by bytecode: {source}",
                hints=[_COMPILER_BUG],
                cause=error,
            )
        if profile.cached_sources == "all" or source in self.tempvars:
            self._keep(source)

    def _generate_tracker(self, value: Any, allow_cache: bool) -> None:
        if allow_cache:
            if self.top_of_stack is value:
                self._duplicate()
                return
            if self._load_temporary(value):
                self.top_of_stack = value
                return

        # a lazy tracker is asked for its kind only once it must be realised
        kind = self.host.kind(value) if value.is_realized() else None
        if kind is Kind.CONTEXT_MANAGER_GENERATOR:
            self._refuse_context_manager(value)
        if (
            allow_cache
            and value.source is not None
            and kind is not Kind.LOCAL_GENERATOR
            and (self.value_from_source or self.host.is_existing_value(value.mutation_type))
        ):
            self(value.source)
            return

        if kind is None and self.host.is_computed_anew(value):
            self._generate_rebuilt(value, allow_cache)
        elif value.is_python_constant() and self.host.is_safe_constant(value.as_python_constant()):
            self._output.append(self.create_load_const(value.as_python_constant()))
        else:
            generate = self._BY_KIND.get(kind or self.host.kind(value), PyCodegen._generate_rebuilt)
            generate(self, value, allow_cache)
        self.top_of_stack = value

    def _refuse_context_manager(self, value: Any) -> None:
        if self.profile.context_manager_object == "usage error":
            self.host.incorrect_usage(
                f"{value} was made by @contextmanager and leaves the compiled function",
                where="codegen(tracker)",
                remedy="use it in a with statement inside the function, or make it outside",
            )
        self.host.graph_break(
            gb_type="reconstructing @contextmanager object",
            context=f"object: {value}",
            explanation="An object made by @contextmanager cannot leave the compiled function.",
            hints=["Use it in a with statement inside the function.", _SUPPORTABLE],
        )

    def _generate_graph_output(self, value: Any, allow_cache: bool) -> None:
        key = self.add_graph_output(value)
        self.load_graph_output(self.graph_outputs[key].index)

    def _generate_module(self, value: Any, allow_cache: bool) -> None:
        first, *names = value.module_key.split(".")
        if first in self.code_options["co_varnames"]:
            self._output.append(self.create_load(first))
        elif self.root is not None:
            self._output.append(self.create_load_const_unchecked(self.root))
            names.insert(0, first)
        else:
            raise NoRootError(
                f"{value!r} has nowhere to be loaded from: there is no local {first!r}",
                where="codegen(tracker)",
                remedy="make the codegen with root, the module that holds the others",
            )
        self._output.extend([self.create_load_attr(name) for name in names])

    def _generate_item(self, value: Any, allow_cache: bool) -> None:
        """The number in a tensor of one element."""

        def push_method() -> None:
            self._generate_graph_output(value, allow_cache)
            self._output.append(self.create_load_attr("item"))

        self.add_push_null(push_method)
        self.call_function(0, push_null=False)

    def _generate_symbolic(self, value: Any, allow_cache: bool) -> None:
        if value.python_type() is float and not self.tx.export:
            # by convention a graph gives floats back as tensors, unless it is exported
            self._generate_item(value.as_tensor(self.tx, self.host.float_dtype), allow_cache)
        else:
            self._generate_graph_output(value, allow_cache)

    def _generate_unspecialized(self, value: Any, allow_cache: bool) -> None:
        generate = self._generate_item if value.need_unwrap else self._generate_graph_output
        generate(value, allow_cache)

    def _generate_converted(self, value: Any, allow_cache: bool) -> None:
        """What a helper makes of the graph output: a new object each time that it is called."""
        kept = self.profile.kept_conversions
        if kept:
            self.uses[value] += 1
        kind = self.host.kind(value)
        role: Role = "to numpy" if kind is Kind.NDARRAY else "to subclass"
        self._push_helper(*self._helper(role))
        self._generate_graph_output(value, allow_cache)
        if kind is Kind.TENSOR_SUBCLASS:
            name = value.global_mangled_class_name(self.tx)
            self._output.append(self.create_load_global(name, add=True))
        self.call_function(1 if kind is Kind.NDARRAY else 2, push_null=False)
        if kept and allow_cache and value in self.tempvars:
            self._keep(value)

    def _generate_wrapped(self, value: Any, allow_cache: bool) -> None:
        """The object in the graph output, which may be wrapped there."""
        self._push_helper(*self._helper("unwrap"))
        self._generate_graph_output(value, allow_cache)
        self.call_function(1, push_null=False)

    def _generate_rebuilt(self, value: Any, allow_cache: bool) -> None:
        self.uses[value] += 1
        try:
            self.call_reconstruct(value)
        except NotImplementedError as error:
            self.host.graph_break(
                gb_type="Reconstruction failure",
                context=str(value),
                explanation=f"No rule says how to make {value} by bytecode, and it has no source to load.",
                hints=[
                    "If the function returns this value, or keeps it over a graph break, do so no more.",
                    "The break may follow from an earlier one: look at the first that is reported.",
                    "Report it if you need it; some objects cannot be made anew by any code.",
                ],
                cause=error,
            )
        if allow_cache and value in self.tempvars:
            self._keep(value)

    _BY_KIND: ClassVar[Mapping[Kind, Callable[[PyCodegen, Any, bool], None]]] = MappingProxyType(
        {
            Kind.TENSOR: _generate_graph_output,
            Kind.MODULE: _generate_module,
            Kind.SYMBOLIC: _generate_symbolic,
            Kind.UNSPECIALIZED: _generate_unspecialized,
            Kind.NDARRAY: _generate_converted,
            Kind.TENSOR_SUBCLASS: _generate_converted,
            Kind.WRAPPED: _generate_wrapped,
        }
    )
    """How the kinds are generated that are not constants; what is not listed is rebuilt."""

    @appends(+1)
    def call_reconstruct(self, value: Any) -> None:
        """Let a tracker, a source or a graph argument append its own code."""
        try:
            reconstruct = value.reconstruct
        except AttributeError as error:
            raise NotImplementedError(f"{type(value).__name__} has no reconstruct") from error
        result = reconstruct(self)
        if result is not None:
            raise ReconstructReturnedError(
                f"the reconstruct of {value} returned {result!r}",
                where="call_reconstruct",
                remedy="append to the codegen and return None",
            )

    @appends(lambda a: len(a.items))
    def foreach(self, items: Iterable[Any]) -> None:
        """Generate the values in order."""
        for item in items:
            self(item)

    @appends(lambda a: len(a.stack_values))
    def restore_stack(self, stack_values: Iterable[Any], *, value_from_source: bool = True) -> None:
        """Generate the values in order, and without their sources if `value_from_source` is False."""
        before = self.value_from_source
        self.value_from_source = before and value_from_source
        try:
            self.foreach(stack_values)
        finally:
            self.value_from_source = before

    # --- graph outputs, temporaries, the output ---------------------------------------------------------

    @emits_nothing
    def add_graph_output(self, value: Any) -> int:
        """Make the value an output of the graph. The key of its entry: one proxy is one output."""
        key = id(value.as_proxy())
        if key not in self.graph_outputs:
            self.graph_outputs[key] = GraphOutputEntry(len(self.graph_outputs), value)
        return key

    @appends(+1)
    def load_graph_output(self, index: int) -> None:
        if self.graph_output_var is None:
            raise NoGraphOutputVariableError(
                f"graph output {index} has nowhere to be loaded from",
                where="load_graph_output",
                remedy="make the codegen with graph_output_var, the local that holds the outputs",
            )
        self._output.append(self.create_load(self.graph_output_var))
        self._output.append(self.create_load_const(index))
        self._output.append(self.create_binary_subscr())
        self.clear_tos()

    @emits_nothing
    def graph_output_vars(self) -> list[Any]:
        """The trackers whose graph outputs are used, in the order of the outputs."""
        return [entry.variable for entry in self.graph_outputs.values()]

    @appends(-1, reach=1)
    def add_cache(self, value: Any) -> None:
        """Pop the top into a new temporary, and remember it as `value`."""
        var = self.new_var()
        self.tempvars[value] = var
        self._output.append(self.create_store(var))
        self.clear_tos()

    def _keep(self, value: Any) -> None:
        """Store the top in a temporary, and leave it on top."""
        self._duplicate()
        self.add_cache(value)

    def _duplicate(self) -> None:
        self._output.append(self.host.builders.create_dup_top())

    def _load_temporary(self, value: Any) -> bool:
        var = self.tempvars.get(value)
        if var is None:
            return False
        self._output.append(self.create_load(var))
        return True

    @emits_nothing
    def mark_source_temp(self, source: Any) -> None:
        """Ask for the source to be kept in a temporary once it is loaded. One it is in already stays."""
        if source not in self.tempvars:
            self.tempvars[source] = None

    @appends(0)
    def clear_tempvars(self) -> None:
        """Delete the temporaries that were stored, and forget all of them."""
        for value, var in list(self.tempvars.items()):
            if var is not None:
                self._output.append(self.create_delete(var))
            del self.tempvars[value]
        self.clear_tos()

    @emits_nothing
    def add_pycode(self, pycode: str, *args: Any) -> None:
        """Where a compiler also writes its output as Python source, add to that. Here it does not."""

    @emits_nothing
    def get_pycode(self) -> list[str] | None:
        """The output as Python source, if the compiler writes it. Here it does not: None."""
        return None

    # --- the call of the compiled graph -----------------------------------------------------------------

    @appends(+1)
    def make_call_generated_code(self, fn_name: str) -> None:
        """Call the compiled function that the global `fn_name` holds, with the graph's arguments.

        Sources that the arguments have in common are loaded once.
        """
        self.extend_output(self.load_function_name(fn_name, push_null=True))
        graphargs = self.tx.output.graphargs
        for source in self._repeated_sources(arg.source for arg in graphargs if arg.source is not None):
            self.mark_source_temp(source)

        marks = self._MARKS[self.profile.profiler_marks]
        leave = marks(self) if marks is not None and self.host.helper("enter mark") is not None else None
        for arg in graphargs:
            if arg.pass_arg_as_tensor:
                self._push_tensor_conversion()
                self.call_reconstruct(arg)
                self.call_function(1, push_null=False)
            else:
                self.call_reconstruct(arg)
        if leave is not None:
            leave()
            self.pop_top()

        self.call_function(len(graphargs), push_null=False)
        if self.profile.delete_temporaries:
            self.clear_tempvars()

    def _mark(self) -> Callable[[], None]:
        """Enter the profiler's mark. What is given back emits the code that leaves it, one value on top."""
        self._push_helper(*self._helper("enter mark"))
        self.call_function(0, push_null=False)
        mark = self.new_var()
        self.store(mark)

        def leave() -> None:
            self._push_helper(*self._helper("exit mark"))
            self.append_output(self.create_load(mark))
            self.call_function(1, push_null=False)

        return leave

    def _mark_if_profiled(self) -> Callable[[], None]:
        """The same in code that asks whether a profiler runs, and looks the functions up only then."""
        (module, enter), (_, leave) = self._helper("enter mark"), self._helper("exit mark")
        flag_module, flag = self._helper("profiler flag")
        names = {name: self.new_var() for name in ("mark", "marks", "profiled")}
        self(self.host.attribute_source(self.tx.import_source(flag_module), flag))
        self.store(names["profiled"])
        self(self.tx.import_source(module))
        self.store(names["marks"])
        self._inline(_enter_if_profiled.__code__, {**names, "enter": enter})
        self.pop_top()
        return lambda: self._inline(_leave_if_entered.__code__, {**names, "leave": leave})

    _MARKS: ClassVar[Mapping[str, Callable[[PyCodegen], Callable[[], None]] | None]] = MappingProxyType(
        {"never": None, "always": _mark, "under a profiler": _mark_if_profiled}
    )
    """How a profile marks the arguments of the generated call."""

    def _repeated_sources(self, sources: Iterable[Any]) -> Iterable[Any]:
        """The sources met twice, breadth first. What a repeated one is made of needs no second look."""
        seen: set[Any] = set()
        todo = deque(sources)
        while todo:
            source = todo.popleft()
            if source in seen:
                yield source
            else:
                seen.add(source)
                todo.extend(self.host.nested_sources(source))

    def _helper(self, role: Role) -> tuple[str, str]:
        helper = self.host.helper(role)
        if helper is None:
            raise MissingHelperError(
                f"the emitted code needs a function for the role {role!r}, and the host has none",
                where="codegen(value), make_call_generated_code",
                remedy=f"give the host a helper for the role {role!r}",
            )
        return helper

    def _push_helper(self, module: str, name: str) -> None:
        self.add_push_null(lambda: self.load_import_from(module, name))

    def _push_tensor_conversion(self) -> None:
        module, name = self._helper("as tensor")
        self.add_push_null(
            lambda: self.extend_output(
                [
                    self.create_load_python_module(importlib.import_module(module)),
                    self.create_load_attr(name),
                ]
            )
        )
