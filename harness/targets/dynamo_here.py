"""What the installed torch has: the one place that knows that torch's versions differ.

Claim: what is here is found by asking the installed torch what it has, never by its version number and never
by trying and catching; what it lacks is an `Absent`, which refuses the case that uses it.

Whatever a version may lack is named through `there`, so that importing never fails:

    FROZEN = there("torch._dynamo.variables.user_defined", "FrozenDataClassVariable")

A row of a table that uses such a class needs no more; `needs` is for a row that names nothing it relies on
(`needs(traced(zip), ZIP)`). `lacking` lists what was asked for and is not there.
"""

from __future__ import annotations

import dataclasses
import dis
import functools
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType, SimpleNamespace
from typing import Any, TypeVar

from torch._dynamo import bytecode_transformation, codegen, exc, source, variables
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.variables.builder import SourcelessBuilder, VariableBuilder

from harness.targets.scripts import BUILDERS, METHODS
from oracles.run import Refused

Function = TypeVar("Function", bound=Callable[..., Any])

_LACKING: dict[str, Absent] = {}


class Absent:
    """In the place of what the installed torch lacks: it is false, nothing is an instance of it, and a case
    that calls it or asks it for anything is refused as absent."""

    def __init__(self, name: str) -> None:
        self.absent = name

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<absent: {self.absent}>"

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __call__(self, *arguments: object, **named: object) -> Any:
        raise Refused.as_absent(self.absent)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python itself asks of every object
            raise AttributeError(name)
        raise Refused.as_absent(self.absent)


def there(module: str, name: str) -> Any:
    """What the installed torch has under a name, dotted or not, in a module; an `Absent` if it lacks it."""
    return one_of((module, name))


def one_of(*places: tuple[str, str]) -> Any:
    """As `there`, for what is in one of several places, depending on the version: the first that is there."""
    for module, name in places:
        found = look(module, name)
        if found is not None:
            return found
    return lacks(".".join(places[0]))


def look(module: str, name: str) -> Any:
    """As `there`, for what no case asks for: None where the installed torch lacks it, which is not noted."""
    found: Any = importlib.import_module(module) if _is_module(module) else None
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


@functools.cache
def _is_module(name: str) -> bool:
    above = name.rpartition(".")[0]
    return (not above or _is_module(above)) and importlib.util.find_spec(name) is not None


def _module(name: str) -> Any:
    return importlib.import_module(name) if _is_module(name) else None


def lacks(name: str) -> Absent:
    """Notes that the installed torch lacks something that is no class or function, by a name for it."""
    return _LACKING.setdefault(name, Absent(name))


def absent(name: str) -> Refused:
    """The refusal of a case that asks for what `name` says, which is noted as lacking."""
    return Refused.as_absent(lacks(name).absent)


def needs(made: Function, *things: Any) -> Function | Absent:
    """`made` where all of what it relies on (got from `there`) is there, else the first that is lacking."""
    return next((thing for thing in things if isinstance(thing, Absent)), made)


def lacking() -> frozenset[str]:
    """The full names of all that was asked for and that the installed torch lacks."""
    return frozenset(_LACKING)


def accepts(function: Callable[..., Any], name: str) -> bool:
    """Is `name` one of the arguments that the function, or the constructor of the class, has?"""
    # a bound method is remembered as its function: it may hold what belongs to one case
    return name in _parameters(getattr(function, "__func__", function))


@functools.cache
def _parameters(function: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(function).parameters)


def accepted(function: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """Of these arguments those that the function, or the constructor of the class, has."""
    return {name: value for name, value in arguments.items() if accepts(function, name)}


def _asserts(function: Callable[..., Any]) -> bool:
    """Is there an `assert` in the function?"""
    return any(each.opname == "LOAD_ASSERTION_ERROR" for each in dis.get_instructions(function))


# --- facts ------------------------------------------------------------------------------------------------

HashableTracker = one_of(
    ("torch._dynamo.variables.hashable", "HashableTracker"),
    ("torch._dynamo.variables.dicts", "ConstDictVariable._HashableTracker"),
)
"""What a tracker is wrapped in to be a key."""

REFUSALS: tuple[type[BaseException], ...] = (
    exc.Unsupported,
    *(getattr(codegen, name) for name in ("IncorrectUsage",) if hasattr(codegen, name)),
)
"""The errors that are graph breaks: where the codegen knows of incorrect usage, it says so of the object of a
@contextmanager function."""


def graph_break_type(refusal: BaseException) -> str:
    """The type of a graph break: the error says it, or the first line of its message does. A usage error has
    no type but its class."""
    if not isinstance(refusal, exc.Unsupported):
        return type(refusal).__name__
    return getattr(refusal, "gb_type", None) or str(refusal).partition("\n")[0] or type(refusal).__name__


CODEGEN = codegen.__name__
"""The module of torch's codegen."""

for _name in METHODS:
    there(CODEGEN, f"PyCodegen.{_name}")
for _name in BUILDERS:
    there(bytecode_transformation.__name__, _name)

WHOLE_CLOSURES = accepts(codegen.PyCodegen.make_function_with_closure, "push_null")
"""`make_function_with_closure` loads the cells itself; elsewhere it finds them on the stack."""

DELETES_TEMPORARIES = hasattr(codegen.PyCodegen, "clear_tempvars")
"""The temporaries are deleted after the call of the generated code."""

ANNOTATIONS_APART = accepts(variables.NestedUserFunctionVariable, "annotations")
"""A new function's annotations are an argument of its tracker, names and values in turn; elsewhere they are
set later."""

ANNOTATIONS_IN_A_SLOT = not ANNOTATIONS_APART and hasattr(variables.NestedUserFunctionVariable, "annotations")
"""They are an attribute of the tracker, a dict; elsewhere an entry of its `__dict__`."""


def collected_by(translator: Any) -> list[Any]:
    """What a translator and its output collect over the cases, where they do: lines of Python source, the
    modules imported for sources, the sources of those, all sources that were looked at, the code that was
    traced, and where it was on trial."""
    places = (
        (translator.output, "traced_code"),
        (translator, "speculation_log"),
        (translator.output, "output_pycode"),
        (translator.output, "import_sources"),
        (translator.output.current_tracer, "traced_sources"),
        (translator, "_import_source_memo"),
    )
    return [getattr(holder, name) for holder, name in places if hasattr(holder, name)]


_is_hashable = look("torch._dynamo.variables.dicts", "is_hashable")


def keys(trackers: Iterable[Any]) -> list[Any]:
    """These trackers as they are, to be keys or elements. Where torch lists what it can hash, what is not
    listed is absent: no program that has such a key is traced."""
    several = list(trackers)
    for tracker in several if _is_hashable else ():
        if not _is_hashable(tracker):
            raise absent(f"{type(tracker).__name__} as a key")
    return several


FRAME_COMPLETED = look("torch._dynamo.variables.functions", "FrameState.FRAME_COMPLETED")
"""The state of a generator's frame that has returned, where that is noted."""

NO_OUTPUT = SimpleNamespace(track_generator=lambda generator: None)
"""In the place of the output of a generator's tracer, which may note generators to close them in time."""

KEYED = frozenset(
    {"__setitem__", "__delitem__", "add", "discard", "move_to_end", "setdefault", "pop", "remove"}
)
"""The methods of dicts and sets whose first argument is a key or an element."""

MODULES_NEED_A_SOURCE = _asserts(variables.NNModuleVariable.__init__)
"""The tracker of a module asks for a source when it is made, and so none knows its path alone."""


def call_method(
    translator: Any, tracker: Any, method: str, arguments: list[Any], named: dict[str, Any] | None = None
) -> Any:
    """What tracing a call of a method gives. A graph break there comes before any code generation: where the
    tracker's class does not name the method at all, it is absent; and so is a call with an argument by
    keyword that it does not name."""
    for name in named or ():
        if not _names_option(name):
            raise absent(f"{type(tracker).__name__}.{method} with {name}")
    try:
        return tracker.call_method(translator, method, arguments, named or {})
    except REFUSALS:
        if _names_method(tracker, method):
            raise
        raise absent(f"{type(tracker).__name__}.{method}") from None


def get_attribute(translator: Any, tracker: Any, name: str) -> Any:
    """What tracing a read of an attribute gives, by the tracker's method for it under either of its names."""
    read = getattr(tracker, "var_getattr", None) or tracker.tp_getattro_impl
    return read(translator, name)


def build(translator: Any, value: Any, where: Any) -> Any:
    """The tracker that torch's builder gives a value at a source, looked at, or, at None, one without."""
    made = variables.base.VariableTracker.build
    if accepts(made, "realize"):
        return made(translator, value, where, realize=where is not None)
    return made(translator, value, where) if where is None else made(translator, value, where).realize()


def sourceless(translator: Any, value: Any) -> Any:
    """The tracker of a constant, or of a slice of constants, that the frame's code has."""
    if isinstance(value, slice):
        bounds = (value.start, value.stop, value.step)
        return variables.SliceVariable([variables.ConstantVariable.create(each) for each in bounds])
    return SourcelessBuilder.create(translator, value)


def track_new(made: Any, *classes: Any) -> Any:
    """The tracker of a new object, noted among the side effects of `made`, which wants to know the translator
    in some versions; `classes`: whose `__new__` is called, of which class it is, and the arguments."""
    track = made.side_effects.track_new_user_defined_object
    return track(*classes, **accepted(track, tx=made.target.translator))


def settle(output: Any) -> None:
    """Say of a long-lived output what Dynamo says when it begins to generate code, where it does."""
    if accepts(OutputGraph.compile_subgraph, "partial_convert"):
        output.partial_convert = False


def numbered_constructors() -> list[Any]:
    """What writes the code for each object that the graph knows by a number, in order."""
    if GRAPH_INPUTS is None:
        return []
    kept = GRAPH_INPUTS.index_to_bytecode_constructor
    return list(kept.values() if isinstance(kept, dict) else kept)


@functools.cache
def _names_option(name: str) -> bool:
    """Does the code for ordered dicts, the one kind that is called so, know an option of this name?"""
    modules = (variables.dicts, variables.user_defined)
    functions = [
        each
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        for each in vars(kind).values()
        if isinstance(each, FunctionType)
    ]
    return any(name in _texts(each.__code__.co_consts) for each in functions)


def _names_method(tracker: Any, method: str) -> bool:
    return any(
        method in _texts(vars(kind)["call_method"].__code__.co_consts)
        for kind in type(tracker).__mro__
        if "call_method" in vars(kind)
    )


def _texts(constants: Iterable[Any]) -> Iterator[Any]:
    for constant in constants:
        yield from _texts(constant) if isinstance(constant, tuple | frozenset) else (constant,)


PLAIN_DICTS_KNOW_A_CLASS = accepts(variables.ConstDictVariable, "user_cls")
"""The tracker of a dict is told of which class it is; elsewhere there is one for each class."""

COUNTS_ARE_LOOKED_AT = hasattr(VariableBuilder, "wrap_itertools_count")
"""An existing `itertools.count` has a tracker of its own; elsewhere nothing that takes from one is traced."""

GRAPH_INPUTS = _module("torch._dynamo.graph_bytecode_inputs")
"""The module in which objects are numbered that the graph knows by a number; None where there is none."""


# --- the replay of side effects ---------------------------------------------------------------------------

_registry = look("torch._dynamo.side_effects", "_side_effect_replay_registry")
"""Where the ways of replaying a change are registered; elsewhere they are arms of one function."""


def replays() -> list[tuple[str, FunctionType]]:
    """The registered ways of replaying changes: name and function."""
    return [(each.name, each.codegen) for each in _registry.handlers] if _registry else []


def note_replays(note: Callable[[str], object]) -> None:
    """From now on call `note` with the name of each registered way that replays a change."""

    def noting(name: str, replay: FunctionType) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            note(name)
            replay(*arguments)

        return call

    if _registry:
        _registry.handlers[:] = [
            dataclasses.replace(each, codegen=noting(each.name, each.codegen)) for each in _registry.handlers
        ]


# --- sources ----------------------------------------------------------------------------------------------

ImportSource = there("torch._dynamo.source", "ImportSource")
ClosureSource = there("torch._dynamo.source", "ClosureSource")
CellContentsSource = there("torch._dynamo.source", "CellContentsSource")


def closure_source(function: Any) -> Any:
    """The closure of what the source `function` leads to."""
    return ClosureSource(function) if ClosureSource else source.AttrSource(function, "__closure__")


def cell_contents_source(cell: Any, name: str) -> Any:
    """What the cell holds that the source `cell` leads to; `name`: that of the free variable."""
    if CellContentsSource:
        return CellContentsSource(cell, "cell_contents", freevar_name=name)
    return source.AttrSource(cell, "cell_contents")
