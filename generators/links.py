"""How nodes name other nodes.

Claim: each kind says in `LINKS` alone which of its fields name other nodes, so that whatever walks, edits,
reads or writes a table needs no word on single kinds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from generators.nodes import (
    FILLED,
    AliasNode,
    ArrayNode,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    ContextManagerNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    GeneratorNode,
    InstanceNode,
    IteratorNode,
    LibraryNode,
    ListNode,
    MadeNode,
    ModuleNode,
    NamedTupleNode,
    Node,
    NumberNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
    is_tuple,
)

LINKS: dict[type[Any], tuple[tuple[str, str], ...]] = {
    ConstantNode: (),
    ListNode: (("items", "nodes"),),
    TupleNode: (("items", "nodes"),),
    DictNode: (("items", "pairs"),),
    SetNode: (("items", "nodes"),),
    FrozensetNode: (("items", "nodes"),),
    SliceNode: (("items", "nodes"),),
    RangeNode: (),
    NamedTupleNode: (("items", "nodes"),),
    OrderedDictNode: (("items", "pairs"),),
    DequeNode: (("items", "nodes"),),
    CellNode: (("contents", "maybe"),),
    FunctionNode: (
        ("closure", "nodes"),
        ("defaults", "nodes"),
        ("keyword_defaults", "named"),
        ("annotations", "named"),
        ("attributes", "named"),
        ("doc", "maybe"),
    ),
    PartialNode: (("function", "node"), ("arguments", "nodes"), ("keywords", "named")),
    IteratorNode: (("items", "nodes"),),
    DefaultDictNode: (("items", "pairs"),),
    StructSequenceNode: (("items", "nodes"),),
    BoundMethodNode: (("of", "node"),),
    GeneratorNode: (("items", "nodes"), ("function", "maybe")),
    ContextManagerNode: (("arguments", "nodes"),),
    ModuleNode: (("attributes", "named"),),
    ObjectNode: (("attributes", "named"),),
    AliasNode: (("of", "node"),),
    TensorNode: (),
    SymbolicNode: (),
    ArrayNode: (),
    NumberNode: (),
    SubclassNode: (("attributes", "named"),),
    LibraryNode: (),
    WeakRefNode: (("of", "node"),),
    MadeNode: (("arguments", "nodes"),),
    InstanceNode: (("items", "nodes"), ("pairs", "pairs"), ("attributes", "named")),
}
"""Kind -> the fields that name nodes, and how: one `node`, `maybe` one or None, `nodes`, (key, value)
`pairs`, or `named` ones as (name, node)."""

OPTIONAL: dict[type[Any], tuple[str, ...]] = {
    CellNode: ("variable",),
    FunctionNode: ("annotations", "attributes", "doc"),
    GeneratorNode: ("function", "context_manager"),
    ModuleNode: ("by_key",),
    SubclassNode: ("subclass", "attributes"),
    InstanceNode: ("items", "pairs", "attributes"),
}
"""Kind -> the fields that a file need not have: they say something of few nodes, or came later."""

SEVERAL = frozenset({"nodes", "pairs", "named"})
"""The shapes of a field with any number of members."""

NODE_KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in LINKS}


def _some(value: int | None) -> tuple[int, ...]:
    return () if value is None else (value,)


_NAMED_BY: dict[str, Callable[[Any], tuple[int, ...]]] = {
    "nodes": lambda value: value,
    "node": lambda value: (value,),
    "maybe": _some,
    "pairs": lambda value: tuple([index for pair in value for index in pair]),
    "named": lambda value: tuple([index for _, index in value]),
}
_RENAMED: dict[str, Callable[[Any, Callable[[int], int]], Any]] = {
    "nodes": lambda value, rename: tuple([rename(index) for index in value]),
    "node": lambda value, rename: rename(value),
    "maybe": lambda value, rename: None if value is None else rename(value),
    "pairs": lambda value, rename: tuple([(rename(key), rename(member)) for key, member in value]),
    "named": lambda value, rename: tuple([(name, rename(index)) for name, index in value]),
}


def children(node: Node) -> tuple[int, ...]:
    """The node indices that `node` names, in order, with repetitions."""
    links = LINKS[type(node)]
    if len(links) == 1:
        return _NAMED_BY[links[0][1]](getattr(node, links[0][0]))
    return tuple([index for field, shape in links for index in _NAMED_BY[shape](getattr(node, field))])


def earlier(node: Node) -> tuple[int, ...]:
    """The nodes among its children that have to stand before it in the table."""
    if isinstance(node, InstanceNode):
        return node.items if is_tuple(node) else ()
    return () if type(node) in FILLED else children(node)


def generated(node: Node) -> tuple[int, ...]:
    """The nodes among its children that a new one is made of: not what an iterator gave before, nor who made
    a generator."""
    match node:
        case IteratorNode(items, position):
            return items[position:]
        case GeneratorNode(items):
            return items
    return children(node)


def with_children(node: Node, rename: Callable[[int], int]) -> Node:
    """The node with every child index put through `rename`."""
    links = LINKS[type(node)]
    if not links:
        return node
    changed = {field: _RENAMED[shape](getattr(node, field), rename) for field, shape in links}
    return dataclasses.replace(node, **changed)


def member_count(node: Node) -> int:
    """Items, pairs, attributes …: what can be taken out one by one; 0 for a leaf."""
    return sum(len(getattr(node, field)) for field, shape in LINKS[type(node)] if shape in SEVERAL)


def without_member(node: Node, position: int) -> Node:
    """The node without its member at `position`, counted through all its fields."""
    for field, shape in LINKS[type(node)]:
        if shape not in SEVERAL:
            continue
        members = getattr(node, field)
        if position < len(members):
            kept = members[:position] + members[position + 1 :]
            return dataclasses.replace(node, **{field: kept})
        position -= len(members)
    return node
