"""A Case: one test input as plain frozen data, independent of every codegen.

Claim: a case is a table of nodes addressed by index, children before parents, so that sharing is plain to
see (two parents naming one child *is* aliasing), and nothing in it can be executed.

The well-formedness rules stand in `rules.py`, the JSON form in `codec.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import EllipsisType
from typing import ClassVar, TypeAlias

Scalar: TypeAlias = "bool | int | float | complex | str | bytes | EllipsisType | None"
"""A constant of exactly one of these types (never of a subclass), kept to the bit."""


# --- sources: where a value that exists before the emitted code runs can be found ---------------------


@dataclass(frozen=True, slots=True)
class LocalName:
    """The local variable `name` of the frame, a parameter of the emitted code."""

    kind: ClassVar[str] = "local"
    name: str


@dataclass(frozen=True, slots=True)
class GlobalName:
    """The global variable `name` of the emitted code's namespace."""

    kind: ClassVar[str] = "global"
    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """The attribute `name` of what the source `base` gives, an `ObjectNode`."""

    kind: ClassVar[str] = "attribute"
    base: int
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """Item `index` (from 0) of what the source `base` gives, a list or a tuple."""

    kind: ClassVar[str] = "item"
    base: int
    index: int


@dataclass(frozen=True, slots=True)
class DictItem:
    """The value under the constant key at node `key` of what the source `base` gives, a dict."""

    kind: ClassVar[str] = "dict_item"
    base: int
    key: int


Source: TypeAlias = "LocalName | GlobalName | Attribute | Item | DictItem"
ChainedSource = (Attribute, Item, DictItem)
SOURCE_KINDS: dict[str, type[Source]] = {
    kind.kind: kind for kind in (LocalName, GlobalName, Attribute, Item, DictItem)
}


# --- nodes: what a variable tracker describes ----------------------------------------------------------
# `source` is an index into the case's sources, or None for a value that the emitted code has to build.


@dataclass(frozen=True, slots=True, eq=False)
class ConstantNode:
    """A Python constant."""

    kind: ClassVar[str] = "constant"
    value: Scalar
    source: int | None = None


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list; `items` are node indices."""

    kind: ClassVar[str] = "list"
    items: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class TupleNode:
    """A tuple; `items` are node indices."""

    kind: ClassVar[str] = "tuple"
    items: tuple[int, ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class DictNode:
    """A dict; `items` are (key node, value node) in insertion order."""

    kind: ClassVar[str] = "dict"
    items: tuple[tuple[int, int], ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectNode:
    """An existing object of the harness's own class; `attributes` are (name, node) in order."""

    kind: ClassVar[str] = "object"
    attributes: tuple[tuple[str, int], ...] = ()
    source: int | None = None


@dataclass(frozen=True, slots=True)
class TensorNode:
    """A tensor of the graph: the value of proxy `output`. Two nodes of one proxy are one graph output."""

    kind: ClassVar[str] = "tensor"
    output: int
    source: int | None = None


Node: TypeAlias = "ConstantNode | ListNode | TupleNode | DictNode | ObjectNode | TensorNode"
NODE_KINDS: dict[str, type[Node]] = {
    kind.kind: kind for kind in (ConstantNode, ListNode, TupleNode, DictNode, ObjectNode, TensorNode)
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One change to an existing object, as plain Python makes it; OPERATIONS says which fields each takes.

    `on`: the node of the object. `value`, `key`: nodes; `index`: a position in a list; `name`: an attribute.
    """

    operation: str
    on: int
    index: int | None = None
    key: int | None = None
    name: str | None = None
    value: int | None = None


OPERATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "append": (("list",), ("value",)),
    "insert": (("list",), ("index", "value")),
    "set_item": (("list",), ("index", "value")),
    "delete_item": (("list",), ("index",)),
    "reverse": (("list",), ()),
    "clear": (("list", "dict"), ()),
    "set_key": (("dict",), ("key", "value")),
    "delete_key": (("dict",), ("key",)),
    "set_attribute": (("object",), ("name", "value")),
    "delete_attribute": (("object",), ("name",)),
}
"""Operation -> the kinds of nodes it changes, and the fields it takes beside `on`."""


def children(node: Node) -> tuple[int, ...]:
    """The node indices that `node` names, in order, with repetitions."""
    match node:
        case ListNode(items) | TupleNode(items):
            return items
        case DictNode(pairs):
            return tuple(index for pair in pairs for index in pair)
        case ObjectNode(attributes):
            return tuple(index for _, index in attributes)
    return ()


def _members(node: Node) -> dict[object, int]:
    """What a chained source can lead to from `node`: `_member_key` of the source -> child node."""
    match node:
        case ListNode(items) | TupleNode(items):
            return {(Item.kind, at): child for at, child in enumerate(items)}
        case DictNode(pairs):
            return {(DictItem.kind, key): child for key, child in pairs}
        case ObjectNode(attributes):
            return {(Attribute.kind, name): child for name, child in attributes}
    return {}


def _member_key(source: Attribute | Item | DictItem) -> tuple[str, int | str]:
    match source:
        case Attribute(_, name):
            return Attribute.kind, name
        case Item(_, index):
            return Item.kind, index
        case DictItem(_, key):
            return DictItem.kind, key


@dataclass(frozen=True, slots=True)
class Options:
    """How the codegen is driven.

    `passes`: 2 counts uses first and keeps in temporaries what was built more than once, as Dynamo does;
    1 emits at once. `value_from_source`: load existing values rather than rebuild them where both are
    allowed. `temporaries`: nodes marked beforehand to be kept in a local: the
    tracker is marked, and its source if it has one.
    """

    passes: int = 2
    value_from_source: bool = True
    temporaries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One tree case: rebuild `roots`, in order, on the value stack, then replay `effects`, in order.

    `locals` and `globals` bind names to the nodes that exist there before the emitted code runs. Nodes
    describe what was there before the effects.
    """

    kind: ClassVar[str] = "tree"
    nodes: tuple[Node, ...]
    roots: tuple[int, ...]
    sources: tuple[Source, ...] = ()
    locals: tuple[tuple[str, int], ...] = ()
    globals: tuple[tuple[str, int], ...] = ()
    options: Options = field(default_factory=Options)
    effects: tuple[Effect, ...] = ()

    def kinds(self) -> frozenset[str]:
        """The kinds of nodes, of sources (`source:KIND`) and of effects (`effect:OPERATION`) in it."""
        return frozenset(
            [node.kind for node in self.nodes]
            + ["source:" + source.kind for source in self.sources]
            + ["effect:" + effect.operation for effect in self.effects]
        )

    def source_targets(self) -> list[int | None]:
        """For each source the node that it leads to in the table, or None where it leads nowhere.

        One pass: a source names only an earlier source as its base.
        """
        bound: dict[str, dict[str, int]] = {"local": dict(self.locals), "global": dict(self.globals)}
        members: dict[int, dict[object, int]] = {}
        targets: list[int | None] = []
        for source in self.sources:
            if isinstance(source, LocalName | GlobalName):
                targets.append(bound[source.kind].get(source.name))
                continue
            holder = targets[source.base]
            if holder is None:
                targets.append(None)
                continue
            if holder not in members:
                members[holder] = _members(self.nodes[holder])
            targets.append(members[holder].get(_member_key(source)))
        return targets

    def is_constant(self) -> list[bool]:
        """For each node: is it a constant, or a tuple of nothing but constants at any depth?

        Such a value is emitted as one `LOAD_CONST` and has no identity that a codegen must keep.
        """
        constant: list[bool] = []
        for node in self.nodes:
            constant.append(
                isinstance(node, ConstantNode)
                or (isinstance(node, TupleNode) and all(constant[child] for child in node.items))
            )
        return constant


def depths(case: Case) -> list[int]:
    """The height of every node over its leaves; a leaf has 0."""
    height: list[int] = []
    for node in case.nodes:
        height.append(1 + max((height[child] for child in children(node)), default=-1))
    return height
