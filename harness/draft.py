"""A Case taken apart for editing, and put together again without what nothing needs.

Claim: `Draft.case()` gives a well-formed case or None; what it drops (unreachable nodes, unused sources and
bindings) no emission can depend on.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator

from generators.case import (
    Attribute,
    Case,
    ChainedSource,
    DictItem,
    Effect,
    GlobalName,
    Item,
    LocalName,
    Options,
    Source,
)
from generators.nodes import DictNode, ListNode, Node, ObjectNode, TupleNode, children
from generators.rules import problems


def with_children(node: Node, rename: Callable[[int], int]) -> Node:
    """The node with every child index put through `rename`."""
    match node:
        case ListNode(items) | TupleNode(items):
            return dataclasses.replace(node, items=tuple(rename(child) for child in items))
        case DictNode(pairs):
            return dataclasses.replace(
                node, items=tuple((rename(key), rename(value)) for key, value in pairs)
            )
        case ObjectNode(attributes):
            return dataclasses.replace(
                node, attributes=tuple((name, rename(child)) for name, child in attributes)
            )
    return node


def without_member(node: Node, position: int) -> Node:
    """The container without its member (item, pair or attribute) at `position`."""
    match node:
        case ListNode(items) | TupleNode(items):
            return dataclasses.replace(node, items=items[:position] + items[position + 1 :])
        case DictNode(pairs):
            return dataclasses.replace(node, items=pairs[:position] + pairs[position + 1 :])
        case ObjectNode(attributes):
            kept = attributes[:position] + attributes[position + 1 :]
            return dataclasses.replace(node, attributes=kept)
    return node


def member_count(node: Node) -> int:
    """Items of a list or tuple, pairs of a dict, attributes of an object; 0 for a leaf."""
    match node:
        case ListNode(items) | TupleNode(items):
            return len(items)
        case DictNode(pairs):
            return len(pairs)
        case ObjectNode(attributes):
            return len(attributes)
    return 0


class Draft:
    """The parts of a case as lists and dicts that may be changed at will."""

    def __init__(self, case: Case) -> None:
        self.nodes = list(case.nodes)
        self.sources: list[Source | None] = list(case.sources)
        self.roots = list(case.roots)
        self.locals = dict(case.locals)
        self.globals = dict(case.globals)
        self.effects = list(case.effects)
        self.options = case.options

    def drop_member(self, at: int, position: int) -> None:
        """Take a member out of node `at`; sources that lead to later items move along."""
        node = self.nodes[at]
        targets = self._case().source_targets()
        self.nodes[at] = without_member(node, position)
        for index, entry in enumerate(self.sources):
            if isinstance(entry, Item) and targets[entry.base] == at:
                if entry.index == position:
                    self.sources[index] = None
                elif entry.index > position:
                    self.sources[index] = dataclasses.replace(entry, index=entry.index - 1)

    def redirect(self, old: int, new: int) -> None:
        """Let everything that names node `old` name node `new`."""

        def rename(index: int) -> int:
            return new if index == old else index

        self.nodes = [with_children(node, rename) for node in self.nodes]
        self.roots = [rename(index) for index in self.roots]
        self.locals = {name: rename(index) for name, index in self.locals.items()}
        self.globals = {name: rename(index) for name, index in self.globals.items()}
        self.effects = [_renumbered_effect(effect, rename) for effect in self.effects]

    def bind(self, at: int) -> None:
        """Let the source of node `at`, and what is chained to it, start from a local of its own."""
        source = self.nodes[at].source
        if source is not None:
            name = next(name for name in map("v{}".format, itertools.count()) if name not in self.locals)
            self.sources[source] = LocalName(name)
            self.locals[name] = at

    def unsource(self, at: int) -> None:
        """Let node `at` and all below it be new, where they can be."""
        pending = [at]
        while pending:
            index = pending.pop()
            node = self.nodes[index]
            if node.source is not None and not isinstance(node, ObjectNode):
                self.nodes[index] = dataclasses.replace(node, source=None)
                pending += children(node)

    def case(self) -> Case | None:
        """The well-formed case without what nothing needs, or None if it is not well-formed."""
        self._drop_dead_sources()
        case = self._compacted()
        return None if next(problems(case), None) else case

    def _case(self) -> Case:
        return Case(
            tuple(self.nodes),
            tuple(self.roots),
            tuple(source if source is not None else LocalName("") for source in self.sources),
            tuple(self.locals.items()),
            tuple(self.globals.items()),
            self.options,
            tuple(self.effects),
        )

    def _drop_dead_sources(self) -> None:
        """A node whose source no longer leads to it gets another that does, or none."""
        targets = self._case().source_targets()
        leading: dict[int, int] = {}
        for index, target in enumerate(targets):
            if target is not None:
                leading.setdefault(target, index)
        for at, node in enumerate(self.nodes):
            if node.source is not None and targets[node.source] != at:
                self.nodes[at] = dataclasses.replace(node, source=leading.get(at))

    def _compacted(self) -> Case:
        nodes, sources = self._needed()
        node_index = {old: new for new, old in enumerate(sorted(nodes))}
        source_index = {old: new for new, old in enumerate(sorted(sources))}
        names = {
            (type(source), source.name)
            for source in (self.sources[index] for index in sources)
            if isinstance(source, LocalName | GlobalName)
        }
        return Case(
            nodes=tuple(self._renumbered(old, node_index, source_index) for old in node_index),
            roots=tuple(node_index[index] for index in self.roots),
            sources=tuple(
                _renumbered_source(self.sources[old], node_index, source_index) for old in source_index
            ),
            locals=tuple(
                (name, node_index[at]) for name, at in self.locals.items() if (LocalName, name) in names
            ),
            globals=tuple(
                (name, node_index[at]) for name, at in self.globals.items() if (GlobalName, name) in names
            ),
            effects=tuple(_renumbered_effect(effect, node_index.__getitem__) for effect in self.effects),
            options=Options(
                self.options.passes,
                self.options.value_from_source,
                tuple(node_index[at] for at in self.options.temporaries if at in node_index),
            ),
        )

    def _renumbered(self, at: int, node_index: dict[int, int], source_index: dict[int, int]) -> Node:
        node = with_children(self.nodes[at], node_index.__getitem__)
        if node.source is None:
            return node
        return dataclasses.replace(node, source=source_index[node.source])

    def _needed(self) -> tuple[set[int], set[int]]:
        """The nodes and sources that the roots need, and what their sources lead through."""
        targets = self._case().source_targets()
        nodes: set[int] = set()
        sources: set[int] = set()
        pending = list(self.roots)
        for effect in self.effects:
            named = (effect.on, effect.key, effect.value)
            pending += [index for index in named if index is not None]
        while pending:
            at = pending.pop()
            if at in nodes:
                continue
            nodes.add(at)
            pending += children(self.nodes[at])
            for index in self._chain(self.nodes[at].source):
                sources.add(index)
                pending += [node for node in (targets[index],) if node is not None]
                entry = self.sources[index]
                if isinstance(entry, DictItem):
                    pending.append(entry.key)
        return nodes, sources

    def _chain(self, source: int | None) -> Iterator[int]:
        while source is not None:
            yield source
            entry = self.sources[source]
            source = entry.base if isinstance(entry, ChainedSource) else None


def _renumbered_effect(effect: Effect, rename: Callable[[int], int]) -> Effect:
    return dataclasses.replace(
        effect,
        on=rename(effect.on),
        key=None if effect.key is None else rename(effect.key),
        value=None if effect.value is None else rename(effect.value),
    )


def _renumbered_source(
    source: Source | None, node_index: dict[int, int], source_index: dict[int, int]
) -> Source:
    match source:
        case Attribute(base) | Item(base):
            return dataclasses.replace(source, base=source_index[base])
        case DictItem(base, key):
            return DictItem(source_index[base], node_index[key])
        case LocalName() | GlobalName():
            return source
    raise ValueError("a source that leads nowhere is still in use")
