"""What the installed torch's codegen can be asked to rebuild, by introspection, and what a case reaches.

Claim: nothing is listed by hand but reasons why something is out of reach, so what a new torch brings shows
as not covered instead of not at all.

Four families: a *tracker* class with a working `reconstruct`, or one that PyCodegen handles itself; a
*source* class with one; a *method* of PyCodegen; a *handler*, which is an arm of the replay of side effects
that asks what a tracker is.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

from torch._dynamo import codegen, source, variables
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.base import VariableTracker
from torch._guards import Source

from harness.reach import Reachable
from harness.targets import dynamo_here

ACCELERATOR = "needs an accelerator"
DISTRIBUTED = "distributed"
TOOLCHAIN = "needs a compiler toolchain"
INTERNAL = "internal to tracing, never emitted"

OUT_OF_REACH: dict[tuple[str, str], str] = {
    **{
        ("tracker", name): ACCELERATOR
        for name in (
            *("AcceleratorDeviceIndexVariable", "CUDADeviceVariable", "XPUDeviceVariable"),
            *("CudaStreamVariable", "XpuStreamVariable"),
        )
    },
    ("tracker", "FSDPParamGroupUseTrainingStateVariable"): DISTRIBUTED,
    ("source", "FSDPNNModuleSource"): DISTRIBUTED,
    # abstract: its constructor asserts that a subclass says of what it is a view
    ("tracker", "DictViewVariable"): INTERNAL,
    ("source", "CurrentStreamSource"): ACCELERATOR,
    **{
        ("source", name): INTERNAL
        for name in (
            # guards alone are made of these
            *("CodeSource", "ParamBufferSource", "FlattenScriptObjectSource"),
            "ScriptObjectQualifiedNameSource",
            # nothing makes these
            *("DataclassFieldsSource", "NamedTupleFieldsSource"),
            # made for what `super()` finds in an object that is tracked as none of a user's class: no trace
            # calls a method of such a one
            "GenericAttrSource",
        )
    },
    **{
        ("tracker", name): TOOLCHAIN
        for name in ("TMADescriptorExperimentalVariable", "TMADescriptorStableVariable")
    },
}
"""(family, name) -> why no case on a CPU can have a codegen rebuild it."""


def everything() -> list[Reachable]:
    """All that the installed torch has, family by family, sorted by name."""
    found = {("tracker", kind.__name__) for kind in _tracker_classes()}
    found |= {("source", kind.__name__) for kind in _source_classes()}
    found |= {("method", name) for name in _methods()}
    found |= {("handler", label) for arms in _handlers().values() for label in arms.values()}
    order = ("tracker", "source", "method", "handler")
    rows = sorted(found, key=lambda each: (order.index(each[0]), each[1]))
    return [Reachable(family, name, OUT_OF_REACH.get((family, name), "")) for family, name in rows]


def lacking() -> list[Reachable]:
    """What cases know how to ask for and the installed torch lacks, as far as that was asked so far."""
    return [Reachable(*_family_and_name(whole), absent=True) for whole in sorted(dynamo_here.lacking())]


def _family_and_name(whole: str) -> tuple[str, str]:
    for place, family in FAMILIES.items():
        if whole.startswith(place + "."):
            return family, whole.rpartition(".")[2]
    return "other", whole


FAMILIES = {
    variables.__name__: "tracker",
    source.__name__: "source",
    f"{codegen.__name__}.PyCodegen": "method",
}
"""Where what a version of torch may lack would be -> its family; what is named in words has none."""


# --- what there is ----------------------------------------------------------------------------------------


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for lower in kind.__subclasses__():
        yield lower
        yield from _below(lower)


def _handled_by_codegen() -> tuple[type, ...]:
    """The tracker classes that PyCodegen asks for by name."""
    names = [
        name
        for name in _asked_for(inspect.getsource(codegen.PyCodegen.__call__))
        if isinstance(getattr(codegen, name, None), type)
    ]
    kinds = [getattr(codegen, name) for name in names]
    return (variables.ConstantVariable, *(kind for kind in kinds if issubclass(kind, VariableTracker)))


def _asked_for(text: str) -> Iterator[str]:
    """The names that stand as classes in the `isinstance` calls of a source text."""
    for node in ast.walk(ast.parse(textwrap.dedent(text))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            for part in ast.walk(node.args[1]):
                if isinstance(part, ast.Name):
                    yield part.id


@functools.cache
def _tracker_classes() -> frozenset[type]:
    for module in pkgutil.iter_modules(variables.__path__):
        importlib.import_module(f"{variables.__name__}.{module.name}")
    handled = _handled_by_codegen()
    return frozenset(
        kind
        for kind in _below(VariableTracker)
        if (_works(kind, VariableTracker) and not _is_base(kind, VariableTracker)) or kind in handled
    )


@functools.cache
def _source_classes() -> frozenset[type]:
    kinds = [kind for kind in _below(Source) if kind.__module__ == source.__name__]
    return frozenset(kind for kind in kinds if _works(kind, Source) and not _is_base(kind, Source))


def _works(kind: type, base: type) -> bool:
    """Does the class have a `reconstruct`, and one that can come to its end?"""
    return kind.reconstruct is not base.reconstruct and _ends(kind, "reconstruct", base)  # type: ignore[attr-defined]


def _ends(kind: type, name: str, base: type) -> bool:
    """Does a method of the class not raise whatever happens, neither itself nor in a method of the class that
    it calls whatever happens? A method that only a subclass has is one that raises."""
    method = getattr(kind, name, None)
    if not isinstance(method, FunctionType) or getattr(base, name, None) is method:
        return name != "reconstruct"
    statements = _always(_body(method))
    if any(isinstance(each, ast.Raise) or _calls(each, "unimplemented") for each in statements):
        return False
    return all(_ends(kind, called, base) for each in statements for called in _own_calls(each) - {name})


@functools.cache
def _body(method: FunctionType) -> tuple[ast.stmt, ...]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(method))).body[0]
    return tuple(tree.body) if isinstance(tree, ast.FunctionDef) else ()


def _always(body: Iterable[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body that are executed whatever happens, up to a return."""
    found: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Return):
            return [*found, statement]
        if isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Raise):
            found.append(statement)
    return found


def _own_calls(statement: ast.stmt) -> set[str]:
    """The methods of `self` that a statement calls, at once or in a function that it hands on."""
    return {
        node.func.attr
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
    }


def _calls(statement: ast.stmt, name: str) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == name


def _is_base(kind: type, base: type) -> bool:
    """A class that only others are made from: all that it adds is for its subclasses."""
    return bool(getattr(kind, "__abstractmethods__", None)) or kind.__name__.startswith("Base")


def _methods() -> dict[str, FunctionType]:
    """The public methods of PyCodegen, and its call."""
    found = vars(codegen.PyCodegen).items()
    return {
        name: method
        for name, method in found
        if isinstance(method, FunctionType) and (name == "__call__" or not name.startswith("_"))
    }


@functools.cache
def _handlers() -> dict[CodeType, dict[int, str]]:
    """For each function that replays side effects the first line of each arm, and what the arm asks."""
    found: dict[CodeType, dict[int, str]] = {}
    for name, method in vars(SideEffects).items():
        if not name.startswith("codegen_") or not isinstance(method, FunctionType):
            continue
        lines, first = inspect.getsourcelines(method)
        arms = {}
        for node in ast.walk(ast.parse(textwrap.dedent("".join(lines)))):
            if not isinstance(node, ast.If) or isinstance(node.body[0], ast.Raise):
                continue  # no arm, or one that only says that tracing went wrong
            if "isinstance" in (asked := ast.unparse(node.test)):
                arms[first + node.body[0].lineno - 1] = f"{name}: {asked.replace('variables.', '')}"
        found[method.__code__] = arms
    for name, function in dynamo_here.replays():
        found[function.__code__] = {function.__code__.co_firstlineno: f"replay: {name}"}
    return found


# --- what a case reaches ----------------------------------------------------------------------------------


class Probe:
    """Notes what is reached, from when it is made: put it in place in a process of its own.

    `reached` is a set of (family, name), for the caller to empty between two cases.
    """

    def __init__(self) -> None:
        self.reached: set[tuple[str, str]] = set()
        for family, kinds in (("tracker", _tracker_classes()), ("source", _source_classes())):
            owners = {next(base for base in kind.__mro__ if "reconstruct" in vars(base)) for kind in kinds}
            for owner in owners:
                self._wrap(owner, "reconstruct", functools.partial(self._rebuilt, family))
        for name in _methods():
            self._wrap(codegen.PyCodegen, name, functools.partial(self._called, name))
        for name, method in list(vars(SideEffects).items()):
            if isinstance(method, FunctionType) and method.__code__ in _handlers():
                self._trace(name, method)
        dynamo_here.note_replays(lambda name: self.reached.add(("handler", f"replay: {name}")))

    def _wrap(self, owner: type, name: str, note: Callable[..., None]) -> None:
        method = vars(owner)[name]

        @functools.wraps(method)
        def noting(this: Any, *arguments: Any, **named: Any) -> Any:
            note(this, arguments)
            return method(this, *arguments, **named)

        setattr(owner, name, noting)

    def _rebuilt(self, family: str, this: Any, arguments: Any) -> None:
        self.reached.add((family, type(this).__name__))

    def _called(self, name: str, this: Any, arguments: Any) -> None:
        self.reached.add(("method", name))
        if name == "__call__" and isinstance(arguments[0], _handled_classes()):
            self.reached.add(("tracker", type(arguments[0]).__name__))

    def _trace(self, name: str, method: FunctionType) -> None:
        arms = _handlers()[method.__code__]

        def lines(frame: FrameType, event: str, argument: Any) -> Any:
            label = arms.get(frame.f_lineno)
            if event == "line" and label is not None:
                self.reached.add(("handler", label))
            return lines

        def calls(frame: FrameType, event: str, argument: Any) -> Any:
            return lines if frame.f_code is method.__code__ else None

        @functools.wraps(method)
        def traced(*arguments: Any, **named: Any) -> Any:
            before = sys.gettrace()
            sys.settrace(calls)
            try:
                return method(*arguments, **named)
            finally:
                sys.settrace(before)

        setattr(SideEffects, name, traced)


@functools.cache
def _handled_classes() -> tuple[type, ...]:
    return _handled_by_codegen()
