"""Our PyCodegen in the place of torch's: the host that answers for Dynamo's classes, and the exchange.

Claim: while `installed()` goes on, whatever looks torch's class up in a loaded module finds ours, which calls
no method of torch's class and none of its builders; afterwards every module has again what it had.

The profile is found by probing the class that is installed: what it takes, what it has, and what it does with
a source. No version number is asked for.
"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, SimpleNamespace, TracebackType
from typing import Any, ClassVar, Final, Literal, NoReturn

import torch
import torch._dynamo
from torch._dynamo import bytecode_transformation, config, exc, source, utils
from torch._dynamo.codegen import PyCodegen as TorchPyCodegen
from torch._dynamo.variables import base, functions, nn_module, script_object, tensor, torch_function

from generators.case import Case
from harness import codegen
from harness.codegen.host import Host, Kind, Role
from harness.codegen.instructions import NO_ARGVAL, RUNNING, Builders
from harness.codegen.profiles import Profile
from harness.contracts import Watch
from harness.targets.dynamo import DynamoTarget
from harness.targets.dynamo_here import REFUSALS, accepts, look
from harness.targets.dynamo_odd import DynamoOdd
from harness.targets.own import is_of_codegen
from harness.targets.own_odd import OwnOdd
from oracles.run import Emission
from oracles.world import World

_NOT_PROVIDED: Final = (
    inspect.signature(bytecode_transformation.create_instruction).parameters["argval"].default
)


def make_instruction(name: str, /, *, arg: int | None = None, argval: Any = NO_ARGVAL) -> Any:
    """One of torch's instructions: its assembler computes what is not given."""
    if arg is None and name in RUNNING.flagged:
        arg = 0  # the bits beside the name
    return bytecode_transformation.Instruction(
        opcode=dis.opmap[name], opname=name, arg=arg, argval=_NOT_PROVIDED if argval is NO_ARGVAL else argval
    )


_REALIZED: Final[tuple[tuple[str, Any, Kind], ...]] = (
    ("ContextlibContextManagerLocalGeneratorObjectVariable", functions, Kind.CONTEXT_MANAGER_GENERATOR),
    ("LocalGeneratorObjectVariable", functions, Kind.LOCAL_GENERATOR),
)
_TOLD_APART: Final = frozenset(TorchPyCodegen.__call__.__code__.co_names)
"""What torch's class names where it tells trackers apart, their classes among it."""
_OF_SCRIPTS: Final = tuple(
    getattr(script_object, name)
    for name in ("CustomClassObjectVariable", "TorchScriptObjectVariable")
    if name in _TOLD_APART
)
"""The tracker of an object of the graph, where torch's class takes one for a graph output."""
_KINDS: Final[tuple[tuple[type, Kind], ...]] = (
    *((getattr(where, name), kind) for name, where, kind in _REALIZED if hasattr(where, name)),
    (torch_function.TensorWithTFOverrideVariable, Kind.TENSOR_SUBCLASS),
    (tensor.NumpyNdarrayVariable, Kind.NDARRAY),
    (tensor.UnspecializedPythonVariable, Kind.UNSPECIALIZED),
    (tensor.SymNodeVariable, Kind.SYMBOLIC),
    (tensor.TensorVariable, Kind.TENSOR),
    *((each, Kind.TENSOR) for each in _OF_SCRIPTS),
    (nn_module.NNModuleVariable, Kind.MODULE),
)
"""The kinds of Dynamo's trackers: the first class that fits counts. A lazy tracker is realised by being
asked."""

_HELPERS: Final[dict[Role, tuple[str, str]]] = {
    "as tensor": (torch.__name__, "_as_tensor_fullprec"),
    "to numpy": (utils.__name__, "to_numpy_helper"),
    "to subclass": (utils.__name__, "to_subclass"),
    "profiler flag": ("torch.autograd.profiler", "_is_profiler_enabled"),
    "unwrap": ("torch._library.fake_class_registry", "maybe_unwrap_fake_script_object"),
}
_MARKS: Final[dict[Role, tuple[str, str]]] = {
    "enter mark": (utils.__name__, "record_pregraph_bytecode_enter"),
    "exit mark": (utils.__name__, "record_pregraph_bytecode_exit"),
}
_FLAG: Final = _HELPERS["profiler flag"]

_ASKS_WRAPPED: Final = "is_opaque_constant_type"
_is_constant_of_the_graph: Any = look("torch._library.opaque_object", _ASKS_WRAPPED)
_UNWRAPS: Final = _ASKS_WRAPPED in _TOLD_APART
"""Does torch's class take the wrapper off constants of the graph whose class is opaque?"""

_COMPUTED_ANEW: Final = look("torch._dynamo.variables.lazy", "ComputedLazyConstantVariable")
"""A lazy tracker of what operands make, where torch's class knows one that stays unrealised."""


_BREAKS: Final = ("unimplemented", "unimplemented_v2")
_UNIMPLEMENTED: Final = next(
    raises
    for raises in (getattr(exc, name) for name in _BREAKS if hasattr(exc, name))
    if accepts(raises, "gb_type")
)
"""What raises a graph break that is told in parts."""


class DynamoHost:
    """Answers for the trackers, sources, instructions and graph breaks of the installed Dynamo."""

    def __init__(self) -> None:
        self.builders = Builders(make_instruction)
        self.float_dtype = torch.float64

    def is_instruction(self, value: object) -> bool:
        return isinstance(value, bytecode_transformation.Instruction)

    def is_source(self, value: object) -> bool:
        return isinstance(value, source.Source)

    def is_tracker(self, value: object) -> bool:
        return isinstance(value, base.VariableTracker)

    def kind(self, tracker: Any) -> Kind:
        if _UNWRAPS and isinstance(tracker, _OF_SCRIPTS) and self._is_constant_of_the_graph(tracker):
            return Kind.WRAPPED
        return next((kind for asked, kind in _KINDS if isinstance(tracker, asked)), Kind.OTHER)

    def _is_constant_of_the_graph(self, tracker: Any) -> bool:
        try:
            value = tracker.as_python_constant()
        except NotImplementedError:  # Dynamo's way of saying that it has no value yet
            return False
        return bool(_is_constant_of_the_graph(type(value)))

    def is_computed_anew(self, tracker: Any) -> bool:
        return _COMPUTED_ANEW is not None and isinstance(tracker, _COMPUTED_ANEW)

    def is_existing_value(self, mutation_type: object) -> bool:
        return isinstance(mutation_type, base.ValueMutationExisting)

    def is_safe_constant(self, value: object) -> bool:
        return bool(utils.is_safe_constant(value))

    def nested_sources(self, asked: Any) -> Sequence[Any]:
        nested = [asked.base] if isinstance(asked, source.ChainedSource) else []
        if isinstance(asked, source.DictGetItemSource) and isinstance(asked.index, source.Source):
            nested.append(asked.index)
        return nested

    def attribute_source(self, holder: Any, member: str) -> Any:
        return source.AttrSource(holder, member)

    def helper(self, role: Role) -> tuple[str, str] | None:
        if role in _MARKS:
            # the profiler's marks are asked for by a flag, at the time of the call
            return _MARKS[role] if getattr(config, "record_runtime_overhead", False) else None
        return _HELPERS[role]

    def graph_break(
        self,
        *,
        gb_type: str,
        context: str,
        explanation: str,
        hints: Sequence[str],
        cause: BaseException | None = None,
    ) -> NoReturn:
        told: dict[str, Any] = {
            "gb_type": gb_type,
            "context": context,
            "explanation": explanation,
            "hints": list(hints),
        }
        if cause is not None:
            told["from_exc"] = cause
        _UNIMPLEMENTED(**told)
        raise AssertionError("Dynamo's unimplemented() returned")

    def incorrect_usage(self, what: str, *, where: str, remedy: str) -> NoReturn:
        raise exc.IncorrectUsage(f"{where}: {what}; {remedy}")


# --- the profile of the installed class ---------------------------------------------------------------------


class _ProbeSource(source.Source):  # type: ignore[misc] # of torch, which is not looked into
    """A source that loads a constant."""

    def reconstruct(self, made: Any) -> None:
        made.append_output(make_instruction("LOAD_CONST", argval=None))

    def name(self) -> str:
        return "probe"


def _probed(installed_class: Any) -> tuple[bool, bool]:
    """Does the class keep an unmarked source in a temporary, and does it count it?"""
    output = SimpleNamespace(code_options={"co_varnames": ("kept",), "co_names": ()}, new_var=lambda: "kept")
    made = installed_class(SimpleNamespace(output=output, cell_and_freevars=tuple))
    probe = _ProbeSource()
    made(probe)
    return probe in made.tempvars, made.uses[probe] > 0


def _marks_of(installed_class: Any) -> Literal["never", "always", "under a profiler"]:
    """When are the arguments of the generated call put between the profiler's marks?"""
    if not all(hasattr(utils, name) for _, name in _MARKS.values()):
        return "never"
    _, flag = _FLAG
    asks = flag in installed_class.make_call_generated_code.__code__.co_consts
    return "under a profiler" if asks else "always"


def profile_of(installed_class: Any) -> Profile:
    """The switches of our codegen with which it follows the rules of a class of Dynamo's."""
    kept, counted = _probed(installed_class)
    asked = installed_class.__call__.__code__.co_names
    closure = inspect.signature(installed_class.make_function_with_closure).parameters
    return Profile(
        cached_sources="all" if kept else "marked",
        counted_sources=counted,
        context_manager_object="usage error" if "IncorrectUsage" in asked else "graph break",
        closure="whole" if "push_null" in closure else "cells",
        delete_temporaries=hasattr(installed_class, "clear_tempvars"),
        profiler_marks=_marks_of(installed_class),
        pop_null=hasattr(installed_class, "pop_null"),
        kept_conversions=True,
    )


class DropinPyCodegen(codegen.PyCodegen):
    """Our codegen as Dynamo constructs it."""

    host: ClassVar[Host] = DynamoHost()
    profile: ClassVar[Profile] = profile_of(TorchPyCodegen)


# --- the exchange ----------------------------------------------------------------------------------------


class Exchange:
    """The names in loaded modules that are bound to torch's class: while it is entered, to ours."""

    def __init__(self) -> None:
        self.places = list(_places(TorchPyCodegen))
        self.always = {(id(names), name) for names, name in _places(DropinPyCodegen)}
        self.modules = len(sys.modules)

    def __enter__(self) -> type[codegen.PyCodegen]:
        for names, name in self.places:
            names[name] = DropinPyCodegen
        self.modules = len(sys.modules)
        return DropinPyCodegen

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if len(sys.modules) != self.modules:
            # what was imported meanwhile has ours from where it imported it
            bound = list(_places(DropinPyCodegen))
            self.places = [(names, name) for names, name in bound if (id(names), name) not in self.always]
        for names, name in self.places:
            names[name] = TorchPyCodegen


def _places(bound: type) -> Iterator[tuple[dict[str, Any], str]]:
    """The namespaces of loaded modules that have the class, and the name in each."""
    # what this project itself needs of either class it needs always
    own = {id(globals()), id(vars(sys.modules[DynamoTarget.__module__]))}
    for names in [getattr(module, "__dict__", {}) for module in list(sys.modules.values())]:
        if id(names) not in own:
            yield from ((names, name) for name, value in list(names.items()) if value is bound)


def installed() -> Exchange:
    """While it is entered, every loaded module that has torch's class has ours under that name."""
    return Exchange()


class DropinOdd(DynamoOdd):
    """The misuses of Dynamo's classes, refused with our errors. A method that torch's class lacks is none of
    its interface."""

    errors: ClassVar[Mapping[str, tuple[type[BaseException], ...]]] = {
        name: raised if raised is REFUSALS else OwnOdd.errors[name]
        for name, raised in DynamoOdd.errors.items()
    }

    def told(self, error: BaseException) -> Mapping[str, str]:
        return OwnOdd().told(error) if isinstance(error, codegen.CodegenError) else super().told(error)


class DropinTarget(DynamoTarget):
    """The target named `dropin`: all of the torch target, with our codegen in the place of torch's."""

    name = "dropin"
    odd: ClassVar[DynamoOdd] = DropinOdd()
    codegen_class: ClassVar[Any] = DropinPyCodegen

    def __init__(self) -> None:
        super().__init__()
        self.exchange = installed()

    def __enter__(self) -> DropinTarget:
        return self  # beside a target that has torch's own class: so each emission is by itself

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Watch | None = None) -> Emission:
        """See `Target.emit`."""
        with self.as_current(), self.exchange:
            return super().emit(case, world, record=record, watch=watch)

    @staticmethod
    def is_mine(code: CodeType) -> bool:
        """Is it code of torch, or of our codegen?"""
        return DynamoTarget.is_mine(code) or is_of_codegen(code)
