"""The kinds of sources: where a value that exists before the emitted code runs can be found.

Claim: what a source leads to follows from the table of nodes alone, and each kind says in SOURCE_LINKS which
of its fields name other sources or nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from generators.compiler_sources import (
    CLAIMED_FROM,
    COMPILER_KEYS,
    COMPILER_LINKS,
    COMPILER_SOURCES,
    WRAPPERS,
    ClassMember,
    Element,
    GlobalReferent,
    Gradient,
    ModeOnStack,
    RandomValue,
    Subclasses,
    Superclass,
    TensorProperty,
    Wrapped,
    compiler_members,
    is_claimed,
    is_mode,
)
from generators.instances import USER_CLASSES
from generators.library import class_name
from generators.nodes import (
    FIELDS,
    AliasNode,
    CellNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FunctionNode,
    InstanceNode,
    IteratorNode,
    LibraryNode,
    ListNode,
    ModuleNode,
    NamedTupleNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    SliceNode,
    StructSequenceNode,
    TupleNode,
    WeakRefNode,
    base_of,
)


@dataclass(frozen=True, slots=True)
class LocalName:
    """The local variable `name` of the frame, a parameter of the emitted code.

    `how`: one of LOCAL_WAYS; a *synthetic* one the compiler made itself, before all else.
    """

    kind: ClassVar[str] = "local"
    name: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class GlobalName:
    """The global variable `name` of the emitted code's namespace.

    `how`: one of GLOBAL_WAYS; a *constant* one the compiler has added itself, for what a function that it
    called gave.
    """

    kind: ClassVar[str] = "global"
    name: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class CellName:
    """What is in the cell variable `name` of the frame, a parameter of the emitted code."""

    kind: ClassVar[str] = "cell_variable"
    name: str


@dataclass(frozen=True, slots=True)
class FreeName:
    """What is in the free variable `name` of the frame, a cell of the emitted function's closure."""

    kind: ClassVar[str] = "free_variable"
    name: str


@dataclass(frozen=True, slots=True)
class Import:
    """The module `name`, imported."""

    kind: ClassVar[str] = "import"
    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """The attribute `name` of what the source `base` gives: an object, named tuple, slice, partial or
    module."""

    kind: ClassVar[str] = "attribute"
    base: int
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """Item `index` (from 0) of what the source `base` gives: a list, tuple, deque or struct sequence."""

    kind: ClassVar[str] = "item"
    base: int
    index: int


@dataclass(frozen=True, slots=True)
class SliceItem:
    """The items `start:stop:step` of what the source `base` gives, a list or a tuple.

    It is a new object each time that it is loaded, and so exists only where it is loaded.
    """

    kind: ClassVar[str] = "slice_item"
    base: int
    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class DictItem:
    """The value under the constant key at node `key` of what the source `base` gives, any dict."""

    kind: ClassVar[str] = "dict_item"
    base: int
    key: int


@dataclass(frozen=True, slots=True)
class DictKey:
    """The key at position `index` (from 0) of what the source `base` gives, any dict."""

    kind: ClassVar[str] = "dict_key"
    base: int
    index: int


@dataclass(frozen=True, slots=True)
class DictItemByKey:
    """The value under the key that the source `by`, a dict's key itself, gives; in any dict at `base`."""

    kind: ClassVar[str] = "dict_item_by_key"
    base: int
    by: int


@dataclass(frozen=True, slots=True)
class Default:
    """A default of the function at `base`: the one at a position, or of the keyword parameter of a name."""

    kind: ClassVar[str] = "default"
    base: int
    place: int | str


@dataclass(frozen=True, slots=True)
class ClosureCell:
    """Cell `index` (from 0) of the closure of the function at `base`."""

    kind: ClassVar[str] = "closure_cell"
    base: int
    index: int


@dataclass(frozen=True, slots=True)
class CellContents:
    """What is in the cell at `base`."""

    kind: ClassVar[str] = "cell_contents"
    base: int


@dataclass(frozen=True, slots=True)
class TypeOf:
    """The class of what the source `base` gives, an object or a named tuple."""

    kind: ClassVar[str] = "type"
    base: int


@dataclass(frozen=True, slots=True)
class WeakRefCall:
    """What the weak reference at `base` refers to."""

    kind: ClassVar[str] = "weakref_call"
    base: int


@dataclass(frozen=True, slots=True)
class TupleIteratorItem:
    """The item that the iterator over a tuple at `base` gives after `index` others; it is not moved."""

    kind: ClassVar[str] = "tuple_iterator_item"
    base: int
    index: int


SLICE_FIELDS = ("start", "stop", "step")
LOCAL_WAYS = ("", "synthetic")
GLOBAL_WAYS = ("", "constant")
WAYS: dict[type[Any], tuple[str, ...]] = {
    LocalName: LOCAL_WAYS,
    GlobalName: GLOBAL_WAYS,
    Wrapped: tuple(WRAPPERS),
}
"""Kind -> what its field `how` may say."""

CompilerSource: TypeAlias = (
    "Wrapped | GlobalReferent | Gradient | Element | RandomValue | Superclass | ClassMember | Subclasses"
    " | TensorProperty"
)
"""Those that lead on from another."""
Source: TypeAlias = (
    "LocalName | GlobalName | CellName | FreeName | Import | Attribute | Item | SliceItem | DictItem"
    " | DictKey | DictItemByKey | Default | ClosureCell | CellContents | TypeOf | WeakRefCall"
    " | TupleIteratorItem | CompilerSource | ModeOnStack"
)
Link: TypeAlias = (
    "Attribute | Item | SliceItem | DictItem | DictKey | DictItemByKey | Default | ClosureCell | CellContents"
    " | TypeOf | WeakRefCall | TupleIteratorItem | CompilerSource"
)
"""A source that leads on from another, its `base`."""

NamedSource = (LocalName, GlobalName, CellName, FreeName)
"""Sources that a case binds."""

SOURCE_LINKS: dict[type[Any], tuple[tuple[str, str], ...]] = {
    **dict.fromkeys((*NamedSource, Import, ModeOnStack), ()),
    **dict.fromkeys((Attribute, Item, SliceItem, DictKey, Default, ClosureCell), (("base", "source"),)),
    **dict.fromkeys(
        (CellContents, TypeOf, WeakRefCall, TupleIteratorItem, *COMPILER_LINKS), (("base", "source"),)
    ),
    DictItem: (("base", "source"), ("key", "node")),
    DictItemByKey: (("base", "source"), ("by", "source")),
}
"""Kind -> the fields that name a `source` or a `node`."""

SOURCE_OPTIONAL: dict[type[Any], tuple[str, ...]] = {
    LocalName: ("how",),
    GlobalName: ("how",),
    TensorProperty: ("index",),
}
"""Kind -> the fields that a file need not have."""

ChainedSource = tuple(kind for kind, links in SOURCE_LINKS.items() if ("base", "source") in links)
SOURCE_KINDS: dict[str, type[Any]] = {
    kind.kind: kind
    for kind in (
        *(LocalName, GlobalName, Attribute, Item, DictItem, CellName, FreeName, Import, SliceItem, DictKey),
        *(DictItemByKey, Default, ClosureCell, CellContents, TypeOf, WeakRefCall, TupleIteratorItem),
        *COMPILER_SOURCES,
    )
}

MADE_BY_LOADING = (SliceItem, Subclasses)
"""Sources whose value is made when it is loaded."""

CLAIMED = (SliceItem, TypeOf, Import, ModeOnStack, *CLAIMED_FROM)
"""Sources whose value no other node holds: each leads to the node that has it, if that may be there."""


def sources_in(source: Source) -> list[int]:
    """The sources that a source names, its base first."""
    return [getattr(source, field) for field, what in SOURCE_LINKS[type(source)] if what == "source"]


def sliced(items: tuple[int, ...], source: SliceItem) -> tuple[int, ...]:
    """The items that the source gives of these."""
    return items[slice(source.start, source.stop, source.step)]


def _numbered(kind: str, items: tuple[int, ...]) -> dict[object, int]:
    return {(kind, at): child for at, child in enumerate(items)}


def members(node: Node) -> dict[object, int]:
    """What a link can lead to from `node`: `member_key` of the link -> child node."""
    return _members(node) | compiler_members(node)


def _members(node: Node) -> dict[object, int]:
    match node:
        case ListNode(items) | TupleNode(items) | DequeNode(items) | StructSequenceNode(items):
            return _numbered(Item.kind, items)
        case DictNode(pairs) | OrderedDictNode(pairs) | DefaultDictNode(pairs):
            return {(DictItem.kind, key): child for key, child in pairs} | _numbered(
                DictKey.kind, tuple([key for key, _ in pairs])
            )
        case ObjectNode(attributes) | ModuleNode(attributes):
            return {(Attribute.kind, name): child for name, child in attributes}
        case InstanceNode():
            return _members_of_instance(node)
        case NamedTupleNode(items):
            return {(Attribute.kind, name): child for name, child in zip(FIELDS, items, strict=False)}
        case SliceNode(items):
            return {(Attribute.kind, name): child for name, child in zip(SLICE_FIELDS, items, strict=False)}
        case PartialNode(function):
            return {(Attribute.kind, "func"): function}
        case FunctionNode(closure, defaults, keyword_defaults):
            named: dict[object, int] = {(Default.kind, name): child for name, child in keyword_defaults}
            return _numbered(Default.kind, defaults) | named | _numbered(ClosureCell.kind, closure)
        case CellNode(contents) if contents is not None:
            return {(CellContents.kind, None): contents}
        case IteratorNode(items, position):
            return _numbered(TupleIteratorItem.kind, items[position:])
        case WeakRefNode(of):
            return {(WeakRefCall.kind, None): of}
    return {}


def _members_of_instance(node: InstanceNode) -> dict[object, int]:
    """What an instance holds, where the compiler looks into it, and its attributes."""
    found: dict[object, int] = {}
    if not USER_CLASSES[node.name].through_dict:
        found = {(Attribute.kind, name): child for name, child in node.attributes}
    if base_of(node) in ("list", "tuple"):
        found |= _numbered(Item.kind, node.items)
    if base_of(node) in ("dict", "ordered_dict"):
        found |= _numbered(DictKey.kind, tuple([key for key, _ in node.pairs]))
        found |= {(DictItem.kind, key): child for key, child in node.pairs}
    return found


_KEYS: dict[type[Any], Callable[[Any, list[int | None]], object]] = {
    Attribute: lambda link, targets: link.name,
    DictItem: lambda link, targets: link.key,
    Default: lambda link, targets: link.place,
    **dict.fromkeys((Item, DictKey, ClosureCell, TupleIteratorItem), lambda link, targets: link.index),
    **dict.fromkeys((CellContents, WeakRefCall), lambda link, targets: None),
    DictItemByKey: lambda link, targets: targets[link.by],
    **COMPILER_KEYS,
}


def member_key(link: Link, targets: list[int | None]) -> tuple[str, object]:
    """What `members` has a link's child under; `targets`: what the sources before it lead to."""
    kind = DictItem.kind if isinstance(link, DictItemByKey) else link.kind
    return kind, _KEYS[type(link)](link, targets)


def may_claim(source: Any, node: Node, holder: Node | None) -> bool:
    """May the node be what a source of the kinds CLAIMED leads to, from `holder`?"""
    if isinstance(source, ModeOnStack):
        return is_mode(node)
    if isinstance(source, Import):
        return isinstance(node, LibraryNode) and node.name == source.name
    if isinstance(holder, AliasNode) or holder is None:
        return False
    if isinstance(source, tuple(CLAIMED_FROM)):
        return is_claimed(source, node, holder)
    if isinstance(source, TypeOf):
        return isinstance(node, LibraryNode) and node.name == class_name(holder)
    return (
        isinstance(node, ListNode | TupleNode)
        and type(node) is type(holder)
        and node.items == sliced(holder.items, source)
    )
