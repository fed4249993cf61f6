"""The kinds of nodes: what a variable tracker may describe.

Claim: a node is plain data, of which `links.py` alone says which fields name other nodes.

In every kind `source` is an index into the case's sources, or None for a value that the emitted code has to
build; all other whole numbers in the fields that LINKS lists are node indices.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType
from typing import Any, ClassVar, TypeAlias

from generators.instances import USER_CLASSES

Scalar: TypeAlias = "bool | int | float | complex | str | bytes | EllipsisType | None"
"""A constant of exactly one of these types (never of a subclass), kept to the bit."""

Pairs: TypeAlias = "tuple[tuple[int, int], ...]"
Named: TypeAlias = "tuple[tuple[str, int], ...]"


@dataclass(frozen=True, slots=True, eq=False)
class ConstantNode:
    """A Python constant."""

    kind: ClassVar[str] = "constant"
    value: Scalar
    source: int | None = None


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list. It may hold later nodes, and so itself."""

    kind: ClassVar[str] = "list"
    items: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class TupleNode:
    """A tuple."""

    kind: ClassVar[str] = "tuple"
    items: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class DictNode:
    """A dict; `items` are (key, value) in insertion order. They may be later nodes."""

    kind: ClassVar[str] = "dict"
    items: Pairs = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class SetNode:
    """A set; its elements are hashable, and no two are one element."""

    kind: ClassVar[str] = "set"
    items: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class FrozensetNode:
    """A frozenset; its elements are hashable, and no two are one element."""

    kind: ClassVar[str] = "frozenset"
    items: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class SliceNode:
    """A slice; `items` are start, stop and step, and no graph outputs."""

    kind: ClassVar[str] = "slice"
    items: tuple[int, ...]
    source: int | None = None


@dataclass(frozen=True, slots=True)
class RangeNode:
    """The range of these whole numbers."""

    kind: ClassVar[str] = "range"
    start: int
    stop: int
    step: int
    source: int | None = None


@dataclass(frozen=True, slots=True)
class NamedTupleNode:
    """A named tuple of the harness's class with as many fields: FIELDS in their order."""

    kind: ClassVar[str] = "named_tuple"
    items: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class OrderedDictNode:
    """A `collections.OrderedDict`, as a dict."""

    kind: ClassVar[str] = "ordered_dict"
    items: Pairs = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class DequeNode:
    """A deque of at most `maxlen` items, None: of any number. It may hold later nodes."""

    kind: ClassVar[str] = "deque"
    items: tuple[int, ...] = ()
    maxlen: int | None = None
    source: int | None = None


@dataclass(frozen=True, slots=True)
class CellNode:
    """A cell that functions close over; None: nothing is in it. It is no value: only closures name it.

    Its contents may be a later node: a function that is in its own closure, say. With `variable` it is the
    frame's own cell of that name, and holds what the name is bound to.
    """

    kind: ClassVar[str] = "cell"
    contents: int | None = None
    source: int | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionNode:
    """A function over the cells `closure`. Each default stands for one parameter, by position or keyword.

    `attributes` are what is in its `__dict__`, in order; `doc` is its `__doc__`, None: it has none.
    """

    kind: ClassVar[str] = "function"
    closure: tuple[int, ...] = ()
    defaults: tuple[int, ...] = ()
    keyword_defaults: Named = ()
    source: int | None = None
    annotations: Named = ()
    attributes: Named = ()
    doc: int | None = None


@dataclass(frozen=True, slots=True)
class PartialNode:
    """A `functools.partial` of a function node."""

    kind: ClassVar[str] = "partial"
    function: int
    arguments: tuple[int, ...] = ()
    keywords: Named = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class IteratorNode:
    """An iterator over a list or a tuple (`over`) that nothing else refers to, `position` items taken."""

    kind: ClassVar[str] = "iterator"
    items: tuple[int, ...] = ()
    position: int = 0
    over: str = "list"
    source: int | None = None


@dataclass(frozen=True, slots=True)
class DefaultDictNode:
    """A `collections.defaultdict`, as a dict; `factory` is the name in FACTORIES of its default factory."""

    kind: ClassVar[str] = "defaultdict"
    items: Pairs = ()
    factory: str = "none"
    source: int | None = None


@dataclass(frozen=True, slots=True)
class StructSequenceNode:
    """A struct sequence of the target's class with as many fields (one of STRUCT_SIZES)."""

    kind: ClassVar[str] = "structseq"
    items: tuple[int, ...]
    source: int | None = None


@dataclass(frozen=True, slots=True)
class BoundMethodNode:
    """The method `name` of the object at node `of`, bound to it (METHODS says which there are).

    Without a source it is bound anew, as every mention of a method in a program is.
    """

    kind: ClassVar[str] = "bound_method"
    of: int
    name: str
    source: int | None = None


@dataclass(frozen=True, slots=True)
class GeneratorNode:
    """A generator that the frame made and that was drained: it comes back as an iterator over what it had.

    `function`, an existing function, has made it: a compiler may give its generators that function's source.
    A `context_manager` is the object that a `@contextmanager` function returns, which no codegen gives back.
    """

    kind: ClassVar[str] = "generator"
    items: tuple[int, ...] = ()
    source: int | None = None
    function: int | None = None
    context_manager: bool = False


@dataclass(frozen=True, slots=True)
class ContextManagerNode:
    """A context manager of the class that the target has for `name` in MANAGERS, made with `arguments`."""

    kind: ClassVar[str] = "context_manager"
    name: str
    arguments: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class ModuleNode:
    """An existing module of the target's class; `attributes` are the modules in it.

    `by_key`: its tracker knows its dotted path and no source.
    """

    kind: ClassVar[str] = "module"
    attributes: Named = ()
    source: int | None = None
    by_key: bool = False


@dataclass(frozen=True, slots=True)
class ObjectNode:
    """An existing object of the harness's own class; `attributes` are in order. They may be later nodes."""

    kind: ClassVar[str] = "object"
    attributes: Named = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class AliasNode:
    """The existing value of node `of`, reached by another source: a second tracker of one object."""

    kind: ClassVar[str] = "alias"
    of: int
    source: int | None = None


@dataclass(frozen=True, slots=True)
class TensorNode:
    """A tensor of the graph: the value of proxy `output`. Two nodes of one proxy are one graph output."""

    kind: ClassVar[str] = "tensor"
    output: int
    source: int | None = None


@dataclass(frozen=True, slots=True)
class SymbolicNode:
    """A number that the graph computes: the value of proxy `output`, of the Python type `type`.

    Nothing but its type is known while the code is made.
    """

    kind: ClassVar[str] = "symbolic"
    output: int
    type: str = "int"
    source: int | None = None


@dataclass(frozen=True, slots=True)
class ArrayNode:
    """An array over the memory of the tensor that the graph computes as proxy `output`."""

    kind: ClassVar[str] = "ndarray"
    output: int
    source: int | None = None


@dataclass(frozen=True, slots=True)
class NumberNode:
    """A Python number that the graph knows as the tensor of proxy `output`, of one element.

    With `unwrap` it is the number itself, else the tensor.
    """

    kind: ClassVar[str] = "number"
    output: int
    unwrap: bool = True
    source: int | None = None


@dataclass(frozen=True, slots=True)
class SubclassNode:
    """A tensor of the target's class for `subclass` in SUBCLASSES, over the memory of that of proxy `output`.

    `attributes` are what is in its `__dict__`, in order; what exists beforehand has none.
    """

    kind: ClassVar[str] = "tensor_subclass"
    output: int
    source: int | None = None
    subclass: str = "plain"
    attributes: Named = ()


@dataclass(frozen=True, slots=True)
class LibraryNode:
    """A class or a module that every process has one of: one of LIBRARY_CLASSES or LIBRARY_MODULES.

    Or what is reached through such a class, one of LIBRARY_MEMBERS.
    """

    kind: ClassVar[str] = "library"
    name: str
    source: int | None = None


@dataclass(frozen=True, slots=True)
class WeakRefNode:
    """An existing weak reference to the existing value of node `of`."""

    kind: ClassVar[str] = "weakref"
    of: int
    source: int | None = None


@dataclass(frozen=True, slots=True)
class MadeNode:
    """What the maker `name` gives for `arguments`; MAKERS of `makers.py` says which there are."""

    kind: ClassVar[str] = "made"
    name: str
    arguments: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class InstanceNode:
    """An instance of the user's class `name`, one of USER_CLASSES; a new one is made by its `__new__`.

    `items` or `pairs`: what it holds as its base class does; `attributes`: in the order in which they were
    set. Both may be later nodes, but for the items of a tuple.
    """

    kind: ClassVar[str] = "instance"
    name: str
    items: tuple[int, ...] = ()
    pairs: Pairs = ()
    attributes: Named = ()
    source: int | None = None


Node: TypeAlias = (
    "ConstantNode | ListNode | TupleNode | DictNode | SetNode | FrozensetNode | SliceNode | RangeNode"
    " | NamedTupleNode | OrderedDictNode | DequeNode | CellNode | FunctionNode | PartialNode"
    " | IteratorNode | DefaultDictNode | StructSequenceNode | BoundMethodNode | GeneratorNode"
    " | ContextManagerNode | ModuleNode | ObjectNode | AliasNode | TensorNode"
    " | SymbolicNode | ArrayNode | NumberNode | SubclassNode | LibraryNode | WeakRefNode | MadeNode"
    " | InstanceNode"
)

FILLED = frozenset(
    {
        *(ListNode, DictNode, OrderedDictNode, DefaultDictNode, DequeNode, CellNode, ObjectNode),
        InstanceNode,
    }
)
"""Kinds that are made empty and filled afterwards, and so may name later nodes. Every cycle goes through one
of them (but not through a key: what is hashable holds none of them)."""

ALIASED = frozenset(
    {ConstantNode, TupleNode, FrozensetNode, SliceNode, RangeNode, FunctionNode, PartialNode, TensorNode}
)
"""Kinds of which an alias is a tracker of its own: Dynamo has one tracker for each object that can change."""

FACTORIES = ("none", "list", "dict", "int", "thing")
"""The names of default factories; the last is the class of `object` nodes."""

FUNCTION_NAMES = ("__name__", "__qualname__", "__module__", "__wrapped__")
"""What else may be set on a new function, among its attributes: its names, all strings, and what it wraps."""

STRUCT_SIZES = (2, 4)
"""The numbers of fields of which every target has a class of struct sequences."""

MANAGERS: dict[str, int] = {"null": 0, "mode": 1}
"""The classes of context managers by name, and how many constants (True or False) each is made with."""

SUBCLASSES = ("plain", "inherited", "namesake", "odd name", "parameter")
"""The subclasses of tensors: one that overrides `__torch_function__`, one that only inherits it, another of
the first one's name, one whose name is no identifier, and one of parameters."""

METHODS: dict[type[Any], tuple[str, ...]] = {
    ObjectNode: ("method", "other"),
    ListNode: ("append", "index"),
    DictNode: ("get", "update"),
    SetNode: ("add",),
    DequeNode: ("extend",),
}
"""Kind -> methods that a bound method may be of."""

REFERENCED = (ObjectNode, SetNode, DequeNode, FunctionNode)
"""Kinds that a weak reference may refer to."""

TENSORS = (TensorNode, ArrayNode, NumberNode, SubclassNode)
"""Kinds whose proxy stands for a tensor of the graph."""

GRAPH_OUTPUTS = (*TENSORS, SymbolicNode)
"""Kinds that have a proxy."""

LOGGED = (ConstantNode, TensorNode, NumberNode, SubclassNode)
"""Kinds that a logging function may be called with when its calls are put off. An array may be too, but two
mentions of one are two objects, which returning it shows as well."""

SYMBOLIC_TYPES = ("int", "float", "bool")
"""The types of symbolic numbers."""


def proxy_form(node: Node) -> str | None:
    """What the proxy of a node stands for: a `tensor`, or a number of one of SYMBOLIC_TYPES; None: it has no
    proxy. All nodes of one proxy agree on it."""
    if isinstance(node, SymbolicNode):
        return node.type
    return "tensor" if isinstance(node, TENSORS) else None


FIELDS = ("x", "y", "z")
"""The fields of named tuples; one with fewer has the first of them."""


def is_tuple(node: Node) -> bool:
    """Is it an instance of a class that is made of its items, as a tuple is?"""
    return isinstance(node, InstanceNode) and base_of(node) == "tuple"


def base_of(node: InstanceNode) -> str:
    """The kind of node as which an instance holds its contents; `object` for what only has attributes."""
    kind = USER_CLASSES.get(node.name)
    return "object" if kind is None else kind.base


def called_with(node: InstanceNode, at: int) -> tuple[int, ...]:
    """The nodes that the class is called with to make the new instance at index `at`: all that is there by
    then, where its class takes that."""
    named = [child for _, child in node.attributes]
    names = USER_CLASSES[node.name].called_with
    matching = bool(names) and tuple([name for name, _ in node.attributes][: len(names)]) == names
    there = matching and all(child < at for child in named[: len(names)])
    return tuple(named[: len(names)]) if there else ()


def is_stored_later(node: Node) -> bool:
    """Is what the node holds stored once all roots are there, as an effect is?

    So of new cells and instances, of new ordered dicts and defaultdicts, which Dynamo tracks as objects of a
    class, and of the attributes of new tensors.
    """
    if isinstance(node, SubclassNode):
        return bool(node.attributes)
    return isinstance(node, _STORED_LATER) and node.source is None


_STORED_LATER = (CellNode, OrderedDictNode, DefaultDictNode, InstanceNode)
