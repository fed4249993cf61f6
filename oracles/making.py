"""Nodes made real by plain Python: the one place that says what value a node stands for.

Claim: what is made here is what the node's docstring says, with every reference to another node one reference
to the one object of that node, cycles included.

What can hold itself is made empty, then all else in the order of the table, then the empty ones are filled.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import operator
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CellType, CodeType, FunctionType
from typing import Any, ClassVar

from generators.case import Case
from generators.nodes import (
    FIELDS,
    AliasNode,
    BoundMethodNode,
    CellNode,
    ContextManagerNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    GeneratorNode,
    InstanceNode,
    IteratorNode,
    ListNode,
    MadeNode,
    ModuleNode,
    NamedTupleNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    TupleNode,
    WeakRefNode,
    is_tuple,
)
from oracles import instances, noting
from oracles.makers import MAKERS
from oracles.makers_contexts import Decorated


class Common:
    """What the class of every `object` node is derived from."""

    shared: ClassVar[list[int]] = [1, 2]


class Thing(Common):
    """An existing object with attributes: the class of every `object` node."""

    def method(self) -> Thing:
        """The object."""
        return self

    def other(self) -> Thing:
        """The object, by another method."""
        return self

    def collect(self, *arguments: Any, **named: Any) -> Any:
        """The object and all that it got: the method that scripts call."""
        return self, arguments, tuple(named.items())


class Module:
    """A module where no compiler's own is needed: its attributes are the modules in it."""


class Mode:
    """A context manager made with one constant."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...

    def __call__(self, function: Any) -> Decorated:
        return Decorated(self, function)


FACTORIES: dict[str, Callable[[], Any] | None] = {
    "none": None,
    "list": list,
    "dict": dict,
    "int": int,
    "thing": Thing,
}
"""The default factories by name."""


@contextlib.contextmanager
def _entered(modes: Sequence[Any]) -> Iterator[None]:
    if modes:
        raise NotImplementedError("a target whose cases have modes says how they are entered")
    yield


@dataclass(frozen=True)
class Classes:
    """The classes of what a compiler has classes of its own for. Those here need no compiler.

    `structs`: of struct sequences, by their number of fields; `managers`: of context managers, by name;
    `modes`: enters modes, the first of them lowest on the stack.
    `makers`: what makers are in plain Python, where the compiler has something else than MAKERS.
    """

    structs: Mapping[int, type[Any]] = field(
        default_factory=lambda: {2: os.terminal_size, 4: threading.ExceptHookArgs}
    )
    makers: Mapping[str, Callable[..., Any]] = field(default_factory=lambda: MAKERS)
    managers: Mapping[str, type[Any]] = field(
        default_factory=lambda: {"null": contextlib.nullcontext, "mode": Mode}
    )
    module: type[Any] = Module
    modes: Callable[[Sequence[Any]], contextlib.AbstractContextManager[None]] = _entered


PLAIN = Classes()


class Converted:
    """A number that was converted to a tensor: the type that it has there, and its value to the bit."""

    __slots__ = ("dtype", "value")

    def __init__(self, dtype: str, value: float) -> None:
        self.dtype = dtype
        self.value = value

    def __repr__(self) -> str:
        return f"<tensor of {self.dtype} {self.value!r}>"


def converted(value: Any) -> Converted:
    """What the conversion of a graph argument gives: all bits of a float or of a whole number are kept, and
    the type and the one element of an array."""
    if type(value) in _CONVERTED:
        return Converted(_CONVERTED[type(value)], value)
    return Converted(str(getattr(value, "dtype", "")), value.item())


_CONVERTED: dict[type, str] = {float: "float64", int: "int64"}


NAMED_TUPLES: tuple[type[Any], ...] = tuple(
    collections.namedtuple(f"Named{count}", FIELDS[:count], module=__name__)
    for count in range(len(FIELDS) + 1)
)
"""The class of a named tuple node, by its number of fields."""


LIBRARY: dict[str, Any] = {
    "Thing": Thing,
    "Common": Common,
    "Common.shared": Common.shared,
    "Thing.method": Thing.method,
    **{kind.__name__: kind for kind in NAMED_TUPLES},
    **{module.__name__: module for module in (collections, functools, operator)},
}
"""What library nodes stand for, by name."""


def library(case: Case, name: str) -> Any:
    """What a library node of the case stands for: a class is that of the values of this kind of case."""
    noted = _NOTING_CLASSES.get(name) if case.kind == "call" else None
    return LIBRARY[name] if noted is None else noted


@functools.cache
def code_of(positional: int, keywords: tuple[str, ...], free: int) -> CodeType:
    """The code object of every nested function with so many parameters, by position and by keyword, and so
    many free variables: it returns all of them."""
    parameters = [f"__p{at}" for at in range(positional)]
    cells = [f"__c{at}" for at in range(free)]
    listed = ", ".join([*parameters, *(["*", *keywords] if keywords else [])])
    values = "".join(f"{name}, " for name in (*parameters, *keywords, *cells))
    made = "".join(f"    {cell} = None\n" for cell in cells)
    text = f"def frame():\n{made}    def nested({listed}):\n        return ({values})\n"
    module = compile(text, "<nested function>", "exec")
    return _code_in(_code_in(module))


def _code_in(code: CodeType) -> CodeType:
    return next(constant for constant in code.co_consts if isinstance(constant, CodeType))


def code_of_node(node: FunctionNode) -> CodeType:
    """The code object of the function at a node: the same for every function of its shape."""
    keywords = tuple([name for name, _ in node.keyword_defaults])
    return code_of(len(node.defaults), keywords, len(node.closure))


def make(
    case: Case,
    wanted: Iterable[int],
    values: list[Any],
    module: dict[str, Any],
    *,
    anew: bool = False,
    classes: Classes = PLAIN,
) -> None:
    """Make the nodes `wanted` real, in `values`, where all else that they name is there already.

    `module` is the namespace of the functions made. An alias is the object of its node, or with `anew` one
    more of its kind.
    """
    wanted = list(wanted)
    nodes = case.nodes
    shells = _NOTING_SHELL if case.kind == "call" else _SHELL
    for at in wanted:
        shell = shells.get(type(nodes[at]))
        if shell is not None:
            values[at] = shell(nodes[at])
    for at in wanted:
        if type(nodes[at]) not in _SHELL or is_tuple(nodes[at]):
            values[at] = _whole(case, at, values, module, anew, classes)
    for at in wanted:
        fill = _FILL.get(type(nodes[at]))
        if fill is not None:
            fill(nodes[at], values[at], values)


def _whole(
    case: Case, at: int, values: list[Any], module: dict[str, Any], anew: bool, classes: Classes
) -> Any:
    node = case.nodes[at]
    if isinstance(node, AliasNode):
        if not anew:
            return values[node.of]
        node = case.nodes[node.of]
    if isinstance(node, FunctionNode):
        return _function(node, values, module)
    if isinstance(node, StructSequenceNode):
        return classes.structs[len(node.items)](_each(node.items, values))
    if isinstance(node, ContextManagerNode):
        return classes.managers[node.name](*_each(node.arguments, values))
    if isinstance(node, MadeNode):
        return classes.makers[node.name](*_each(node.arguments, values))
    if isinstance(node, ModuleNode):
        return _module(node, values, classes.module)
    whole = _NOTING_WHOLE if case.kind == "call" else _WHOLE
    return whole[type(node)](node, values)


def _each(items: tuple[int, ...], values: list[Any]) -> list[Any]:
    return [values[item] for item in items]


def _function(node: FunctionNode, values: list[Any], module: dict[str, Any]) -> FunctionType:
    code = code_of_node(node)
    closure = tuple(_each(node.closure, values)) or None
    function = FunctionType(code, module, code.co_name, None, closure)
    if node.defaults:
        function.__defaults__ = tuple(_each(node.defaults, values))
    if node.keyword_defaults:
        function.__kwdefaults__ = {name: values[index] for name, index in node.keyword_defaults}
    if node.annotations:
        function.__annotations__ = {name: values[index] for name, index in node.annotations}
    if node.doc is not None:
        function.__doc__ = values[node.doc]
    for name, index in node.attributes:
        setattr(function, name, values[index])
    return function


def _partial(kind: Any) -> Callable[[PartialNode, list[Any]], functools.partial[Any]]:
    def make_partial(node: PartialNode, values: list[Any]) -> functools.partial[Any]:
        keywords = {name: values[index] for name, index in node.keywords}
        made: functools.partial[Any] = kind(values[node.function], *_each(node.arguments, values), **keywords)
        return made

    return make_partial


def _iterator(node: IteratorNode, values: list[Any]) -> Any:
    items = _each(node.items, values)
    iterator = iter(items if node.over == "list" else tuple(items))
    for _ in range(node.position):
        next(iterator)
    return iterator


def _module(node: ModuleNode, values: list[Any], kind: type[Any]) -> Any:
    made = kind()
    for name, child in node.attributes:
        setattr(made, name, values[child])
    return made


def _fill_dict(
    node: DictNode | OrderedDictNode | DefaultDictNode, value: dict[Any, Any], values: list[Any]
) -> None:
    for key, member in node.items:
        value[values[key]] = values[member]


def _fill_cell(node: CellNode, value: CellType, values: list[Any]) -> None:
    if node.contents is not None:
        value.cell_contents = values[node.contents]


def _fill_object(node: ObjectNode, value: Thing, values: list[Any]) -> None:
    for name, child in node.attributes:
        setattr(value, name, values[child])


_SHELL: dict[type[Any], Callable[[Any], Any]] = {
    ListNode: lambda node: [],
    DictNode: lambda node: {},
    OrderedDictNode: lambda node: collections.OrderedDict(),
    DefaultDictNode: lambda node: collections.defaultdict(FACTORIES[node.factory]),
    DequeNode: lambda node: collections.deque(maxlen=node.maxlen),
    CellNode: lambda node: CellType(),
    ObjectNode: lambda node: Thing(),
    InstanceNode: instances.shell,
}
_FILL: dict[type[Any], Callable[[Any, Any, list[Any]], None]] = {
    ListNode: lambda node, value, values: value.extend(_each(node.items, values)),
    DictNode: _fill_dict,
    OrderedDictNode: _fill_dict,
    DefaultDictNode: _fill_dict,
    DequeNode: lambda node, value, values: value.extend(_each(node.items, values)),
    CellNode: _fill_cell,
    ObjectNode: _fill_object,
    InstanceNode: instances.fill,
}
_WHOLE: dict[type[Any], Callable[[Any, list[Any]], Any]] = {
    TupleNode: lambda node, values: tuple(_each(node.items, values)),
    SetNode: lambda node, values: set(_each(node.items, values)),
    FrozensetNode: lambda node, values: frozenset(_each(node.items, values)),
    SliceNode: lambda node, values: slice(*_each(node.items, values)),
    RangeNode: lambda node, values: range(node.start, node.stop, node.step),
    NamedTupleNode: lambda node, values: NAMED_TUPLES[len(node.items)](*_each(node.items, values)),
    PartialNode: _partial(functools.partial),
    IteratorNode: _iterator,
    BoundMethodNode: lambda node, values: getattr(values[node.of], node.name),
    GeneratorNode: lambda node, values: iter(tuple(_each(node.items, values))),
    WeakRefNode: lambda node, values: weakref.ref(values[node.of]),
    InstanceNode: instances.whole,
}

# --- the same for a call case, where they note what is read of them ---------------------------------------

_NOTING_NAMED_TUPLES: tuple[type[Any], ...] = tuple(map(noting.by_attribute, NAMED_TUPLES))
_NOTING_SHELL: dict[type[Any], Callable[[Any], Any]] = {
    **_SHELL,
    ListNode: lambda node: noting.NotingList(),
    DictNode: lambda node: noting.NotingDict(),
    OrderedDictNode: lambda node: noting.NotingOrderedDict(),
    DefaultDictNode: lambda node: noting.NotingDefaultDict(FACTORIES[node.factory]),
    DequeNode: lambda node: noting.NotingDeque(maxlen=node.maxlen),
    ObjectNode: lambda node: _NOTING_THING(),
}
_NOTING_THING: type[Any] = noting.by_attribute(Thing)
_NOTING_CLASSES = {
    "Thing": _NOTING_THING,
    **{kind.__name__: noted for kind, noted in zip(NAMED_TUPLES, _NOTING_NAMED_TUPLES, strict=True)},
}
"""The library's classes where they note."""
_NOTING_WHOLE: dict[type[Any], Callable[[Any, list[Any]], Any]] = {
    **_WHOLE,
    TupleNode: lambda node, values: noting.NotingTuple(_each(node.items, values)),
    SliceNode: lambda node, values: noting.NotingSlice(*_each(node.items, values)),
    NamedTupleNode: lambda node, values: _NOTING_NAMED_TUPLES[len(node.items)](*_each(node.items, values)),
    PartialNode: _partial(noting.by_attribute(functools.partial)),
}
