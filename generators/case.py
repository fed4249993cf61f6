"""A Case: one test input as plain frozen data, independent of every codegen.

Claim: a case is a table of nodes addressed by index, so that sharing is plain to see (two parents naming one
child *is* aliasing, a child naming its parent is a cycle), and nothing in it can be executed.

The kinds of nodes stand in `nodes.py`, the well-formedness rules in `rules.py`, the JSON form in `codec.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from generators.nodes import (
    FIELDS,
    AliasNode,
    ConstantNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    ListNode,
    NamedTupleNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    SliceNode,
    TupleNode,
    children,
)

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
    """The attribute `name` of what the source `base` gives: an object, named tuple, slice or partial."""

    kind: ClassVar[str] = "attribute"
    base: int
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """Item `index` (from 0) of what the source `base` gives, a list, a tuple or a deque."""

    kind: ClassVar[str] = "item"
    base: int
    index: int


@dataclass(frozen=True, slots=True)
class DictItem:
    """The value under the constant key at node `key` of what the source `base` gives, any dict."""

    kind: ClassVar[str] = "dict_item"
    base: int
    key: int


SLICE_FIELDS = ("start", "stop", "step")

Source: TypeAlias = "LocalName | GlobalName | Attribute | Item | DictItem"
ChainedSource = (Attribute, Item, DictItem)
SOURCE_KINDS: dict[str, type[Source]] = {
    kind.kind: kind for kind in (LocalName, GlobalName, Attribute, Item, DictItem)
}


# --- effects: what happens to existing values --------------------------------------------------------------


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
    "append": (("list", "deque"), ("value",)),
    "append_left": (("deque",), ("value",)),
    "pop_left": (("deque",), ()),
    "insert": (("list",), ("index", "value")),
    "set_item": (("list", "deque"), ("index", "value")),
    "delete_item": (("list", "deque"), ("index",)),
    "reverse": (("list", "deque"), ()),
    "clear": (("list", "dict", "ordered_dict", "set", "deque"), ()),
    "set_key": (("dict", "ordered_dict"), ("key", "value")),
    "delete_key": (("dict", "ordered_dict"), ("key",)),
    "move_to_end": (("ordered_dict",), ("key",)),
    "add": (("set",), ("value",)),
    "discard": (("set",), ("value",)),
    "set_attribute": (("object",), ("name", "value")),
    "delete_attribute": (("object",), ("name",)),
}
"""Operation -> the kinds of nodes it changes, and the fields it takes beside `on`. `discard` wants an element
that is there, so that it says something; `move_to_end` moves to the last place."""


def _members(node: Node) -> dict[object, int]:
    """What a chained source can lead to from `node`: `_member_key` of the source -> child node."""
    match node:
        case ListNode(items) | TupleNode(items) | DequeNode(items):
            return {(Item.kind, at): child for at, child in enumerate(items)}
        case DictNode(pairs) | OrderedDictNode(pairs):
            return {(DictItem.kind, key): child for key, child in pairs}
        case ObjectNode(attributes):
            return {(Attribute.kind, name): child for name, child in attributes}
        case NamedTupleNode(items):
            return {(Attribute.kind, name): child for name, child in zip(FIELDS, items, strict=False)}
        case SliceNode(items):
            return {(Attribute.kind, name): child for name, child in zip(SLICE_FIELDS, items, strict=False)}
        case PartialNode(function):
            return {(Attribute.kind, "func"): function}
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
    allowed. `temporaries`: nodes marked beforehand to be kept in a local: the tracker is marked, and its
    source if it has one. `overrides`: pairs of sources that lead to one object: the second is used in the
    place of the first. `inlined`: the values were made in functions that the frame calls, so that the
    frame's own code does not name the builtins that made them. `export`: the graph is exported, and so a
    symbolic float is given back as the graph has it.
    """

    passes: int = 2
    value_from_source: bool = True
    temporaries: tuple[int, ...] = ()
    overrides: tuple[tuple[int, int], ...] = ()
    inlined: bool = False
    export: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One case. A `tree`: rebuild `roots`, in order, on the value stack, then replay `effects`, in order.

    `locals` and `globals` bind names to the nodes that exist there before the emitted code runs. Nodes
    describe what was there before the effects.
    """

    nodes: tuple[Node, ...]
    roots: tuple[int, ...]
    sources: tuple[Source, ...] = ()
    locals: tuple[tuple[str, int], ...] = ()
    globals: tuple[tuple[str, int], ...] = ()
    options: Options = field(default_factory=Options)
    effects: tuple[Effect, ...] = ()
    kind: str = "tree"

    def kinds(self) -> frozenset[str]:
        """The kinds of nodes, of sources (`source:KIND`) and of effects (`effect:OPERATION`) in it, and
        `case:KIND`."""
        return frozenset(
            ["case:" + self.kind]
            + [node.kind for node in self.nodes]
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
            aliasing = self.nodes[holder]
            if isinstance(aliasing, AliasNode):
                holder = aliasing.of
            if holder not in members:
                members[holder] = _members(self.nodes[holder])
            targets.append(members[holder].get(_member_key(source)))
        return targets

    def same_object(self, index: int | None) -> int | None:
        """The node that stands for the object of this one: itself, but for an alias."""
        node = None if index is None else self.nodes[index]
        return node.of if isinstance(node, AliasNode) else index

    def is_constant(self) -> list[bool]:
        """For each node: is it a constant, or a tuple, frozenset or slice of nothing but constants at any
        depth?

        Such a value is emitted as one `LOAD_CONST` and has no identity that a codegen must keep.
        """
        constant: list[bool] = []
        for node in self.nodes:
            constant.append(
                isinstance(node, ConstantNode)
                or (
                    isinstance(node, TupleNode | FrozensetNode | SliceNode | AliasNode)
                    and all(constant[child] for child in children(node))
                )
            )
        return constant
