"""A Case taken apart for editing, and put together again without what nothing needs.

Claim: `Draft.case()` gives a well-formed case or None; what it drops (unreachable nodes, unused sources,
bindings, marks and overrides) no emission can depend on.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from generators.call_rules import can_be_tensor
from generators.case import (
    REBINDING,
    SLICE_FIELDS,
    SOURCE_LINKS,
    Attribute,
    Case,
    CellName,
    ChainedSource,
    ClosureCell,
    Default,
    DictItem,
    DictKey,
    Effect,
    FreeName,
    GlobalName,
    Item,
    Link,
    LocalName,
    NamedSource,
    Source,
    sources_in,
)
from generators.links import children, earlier, with_children, without_member
from generators.nodes import (
    FIELDS,
    LOGGED,
    AliasNode,
    CellNode,
    ConstantNode,
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
    SliceNode,
    StructSequenceNode,
    TupleNode,
    WeakRefNode,
)
from generators.rules import problems
from generators.steps import Step


class Draft:
    """The parts of a case as lists and dicts that may be changed at will."""

    def __init__(self, case: Case) -> None:
        self.nodes = list(case.nodes)
        self.sources: list[Source | None] = list(case.sources)
        self.roots = list(case.roots)
        self.locals = dict(case.locals)
        self.globals = dict(case.globals)
        self.cells = dict(case.cells)
        self.free = dict(case.free)
        self.effects = list(case.effects)
        self.steps = list(case.steps)
        self.kind = case.kind
        self.options = case.options
        self.as_tensor = list(case.as_tensor)

    # --- edits

    def keep_roots(self, places: list[int]) -> None:
        """Let the roots at these places, in this order, be all; what is converted to a tensor stays so."""
        self.roots = [self.roots[place] for place in places]
        self.as_tensor = [at for at, place in enumerate(places) if place in self.as_tensor]

    def replace_root(self, place: int, nodes: list[int]) -> None:
        """Let these nodes be roots in the place of one, as they are."""
        self.roots[place : place + 1] = nodes
        shift = len(nodes) - 1
        self.as_tensor = [at + shift * (at > place) for at in self.as_tensor if at != place]

    def put(self, at: int, new: Node, moved: Callable[[int], int | None] = lambda place: place) -> None:
        """Let node `at` be `new`; sources that lead to its members lead to where `moved` says they are."""
        targets = self._same_objects()
        old, self.nodes[at] = self.nodes[at], new
        for index, entry in enumerate(self.sources):
            if isinstance(entry, ChainedSource) and targets[entry.base] == at:
                self.sources[index] = _moved_link(entry, old, new, moved)

    def drop_member(self, at: int, position: int) -> None:
        """Take a member out of node `at`; sources that lead to later items move along."""

        def moved(place: int) -> int | None:
            return None if place == position else place - (place > position)

        old = self.nodes[at]
        new = without_member(old, position)
        if isinstance(old, IteratorNode) and isinstance(new, IteratorNode) and position < old.position:
            new = dataclasses.replace(new, position=old.position - 1)
        self.put(at, new, moved)

    def redirect(self, old: int, new: int) -> None:
        """Let everything that names node `old` name node `new`."""

        def rename(index: int) -> int:
            return new if index == old else index

        self.nodes = [with_children(node, rename) for node in self.nodes]
        self.roots = [rename(index) for index in self.roots]
        self.locals = {name: rename(index) for name, index in self.locals.items()}
        self.globals = {name: rename(index) for name, index in self.globals.items()}
        self.cells = {name: rename(index) for name, index in self.cells.items()}
        self.free = {name: rename(index) for name, index in self.free.items()}
        self.effects = [renamed_effect(effect, rename) for effect in self.effects]
        self.steps = [renamed_step(step, rename) for step in self.steps]
        logged = tuple([rename(index) for index in self.options.logged])
        self.options = dataclasses.replace(self.options, logged=logged)
        self.sources = [
            source if source is None else _renamed(source, rename, lambda index: index)
            for source in self.sources
        ]

    def stand_in(self) -> int:
        """A node that is the constant 0 and has no source: one that is there, or a new one."""
        for at, node in enumerate(self.nodes):
            if isinstance(node, ConstantNode) and (type(node.value), node.value, node.source) == (
                int,
                0,
                None,
            ):
                return at
        self.nodes.append(ConstantNode(0))
        return len(self.nodes) - 1

    def bind(self, at: int) -> None:
        """Let the source of node `at`, and what is chained to it, start from a local of its own."""
        source = self.nodes[at].source
        if source is not None:
            taken = self.locals.keys() | self.cells.keys() | self.free.keys()
            name = next(name for name in map("v{}".format, itertools.count()) if name not in taken)
            self.sources[source] = LocalName(name)
            self.locals[name] = at

    def unsource(self, at: int) -> None:
        """Let node `at` and all below it be new, where they can be."""
        pending = [at]
        while pending:
            index = pending.pop()
            node = self.nodes[index]
            if node.source is not None and not isinstance(node, ALWAYS_EXISTING):
                self.nodes[index] = dataclasses.replace(node, source=None)
                pending += children(node)

    # --- the case again

    def case(self) -> Case | None:
        """The well-formed case without what nothing needs, or None if it is not well-formed."""
        self._drop_dead_sources()
        self._drop_empty_aliases()
        case = self._compacted()
        return None if case is None or next(problems(case), None) else case

    def _case(self) -> Case:
        return Case(
            tuple(self.nodes),
            tuple(self.roots),
            tuple(source if source is not None else LocalName("") for source in self.sources),
            tuple(self.locals.items()),
            tuple(self.globals.items()),
            self.options,
            tuple(self.effects),
            self.kind,
            tuple(self.steps),
            cells=tuple(self.cells.items()),
            free=tuple(self.free.items()),
        )

    def _same_objects(self) -> list[int | None]:
        """For each source the node of the object that it leads to."""
        case = self._case()
        return [case.same_object(target) for target in case.source_targets()]

    def _drop_dead_sources(self) -> None:
        """A node whose source no longer leads to it gets another that does, or none."""
        targets = self._case().source_targets()
        leading: dict[int, int] = {}
        alive: list[bool] = []
        for index, target in enumerate(targets):
            entry = self.sources[index]
            based = entry is None or all(alive[base] for base in sources_in(entry))
            alive.append(target is not None and based and self._exists(target))
            if target is not None and alive[index]:
                leading.setdefault(target, index)
        for at, node in enumerate(self.nodes):
            if node.source is not None and not (alive[node.source] and targets[node.source] == at):
                self.nodes[at] = dataclasses.replace(node, source=leading.get(at))

    def _exists(self, at: int) -> bool:
        return self.nodes[at].source is not None or isinstance(self.nodes[at], ConstantNode)

    def _drop_empty_aliases(self) -> None:
        """An alias that no source leads to any more, or of a node that is new now, is that node itself."""
        for at, node in enumerate(self.nodes):
            if isinstance(node, AliasNode) and (node.source is None or not self._exists(node.of)):
                self.redirect(at, node.of)

    def _compacted(self) -> Case | None:
        nodes, sources = self._needed()
        order = self._order(nodes)
        if order is None:
            return None
        node_index = {old: new for new, old in enumerate(order)}
        source_index = {old: new for new, old in enumerate(sorted(sources))}
        loaded = {step.name for step in self.steps if step.operation == "load_parameter"}
        names = {
            (type(source), source.name)
            for source in (self.sources[index] for index in sources)
            if isinstance(source, NamedSource)
        }
        names |= self._variables(nodes)
        case = Case(
            kind=self.kind,
            nodes=tuple(self._renumbered(old, node_index, source_index) for old in node_index),
            roots=tuple(node_index[index] for index in self.roots),
            sources=tuple(
                _renumbered_source(self.sources[old], node_index, source_index) for old in source_index
            ),
            locals=tuple(
                (name, node_index[at])
                for name, at in self.locals.items()
                if (LocalName, name) in names or name in loaded
            ),
            globals=tuple(
                (name, node_index[at]) for name, at in self.globals.items() if (GlobalName, name) in names
            ),
            cells=tuple(
                (name, node_index[at]) for name, at in self.cells.items() if (CellName, name) in names
            ),
            free=tuple((name, node_index[at]) for name, at in self.free.items() if (FreeName, name) in names),
            effects=tuple(renamed_effect(effect, node_index.__getitem__) for effect in self.effects),
            steps=tuple(renamed_step(step, node_index.__getitem__) for step in self.steps),
            options=dataclasses.replace(
                self.options,
                temporaries=tuple(node_index[at] for at in self.options.temporaries if at in node_index),
                logged=tuple(
                    node_index[at] for at in self.options.logged if isinstance(self.nodes[at], LOGGED)
                ),
                lazy=tuple(
                    node_index[at]
                    for at in self.options.lazy
                    if at in node_index and self.nodes[at].source is not None
                ),
                overrides=tuple(
                    (source_index[one], source_index[other])
                    for one, other in self.options.overrides
                    if one in sources and other in sources
                ),
            ),
        )
        numbers = [
            at for at in self.as_tensor if at < len(case.roots) and can_be_tensor(case, case.roots[at])
        ]
        return dataclasses.replace(case, as_tensor=tuple(numbers))

    def _variables(self, nodes: set[int]) -> set[tuple[type[Any], str]]:
        """The variables that effects bind anew, and those whose cells are among the nodes."""
        own = {cell.variable for cell in map(self.nodes.__getitem__, nodes) if isinstance(cell, CellNode)}
        return {
            (kind, name)
            for name in {*own, *(effect.name for effect in self.effects if effect.operation in REBINDING)}
            if name is not None
            for kind in (GlobalName, CellName, FreeName)
        }

    def _renumbered(self, at: int, node_index: dict[int, int], source_index: dict[int, int]) -> Node:
        node = with_children(self.nodes[at], node_index.__getitem__)
        if node.source is None:
            return node
        return dataclasses.replace(node, source=source_index[node.source])

    def _order(self, nodes: set[int]) -> list[int] | None:
        """The nodes as they stand, but for each one after those that must be earlier; None if impossible."""
        order: list[int] = []
        done: set[int] = set()
        for start in sorted(nodes):
            path = [start]
            while path:
                at = path[-1]
                missing = next((child for child in earlier(self.nodes[at]) if child not in done), None)
                if missing in path:
                    return None
                if missing is not None:
                    path.append(missing)
                    continue
                path.pop()
                if at not in done:
                    done.add(at)
                    order.append(at)
        return order

    def _needed(self) -> tuple[set[int], set[int]]:
        """The nodes and sources that the roots, effects and logging calls need, and what their sources lead
        through."""
        targets = self._case().source_targets()
        nodes: set[int] = set()
        sources: set[int] = set()
        pending = [*self.roots, *(at for at in self.options.logged if isinstance(self.nodes[at], LOGGED))]
        for effect in self.effects:
            pending += effect_nodes(effect)
        for step in self.steps:
            pending += step.nodes
            if step.operation == "load_parameter" and step.name in self.locals:
                pending.append(self.locals[step.name])
        while pending:
            at = pending.pop()
            if at in nodes:
                continue
            nodes.add(at)
            pending += children(self.nodes[at])
            for index in self._led_by(self.nodes[at].source, sources, targets):
                sources.add(index)
                pending += [node for node in (targets[index],) if node is not None]
                entry = self.sources[index]
                if entry is not None:
                    named = SOURCE_LINKS[type(entry)]
                    pending += [getattr(entry, field) for field, what in named if what == "node"]
        return nodes, sources

    def _led_by(self, source: int | None, known: set[int], targets: list[int | None]) -> list[int]:
        """The sources that this one is chained to, itself first, and those that are used in their places."""
        found = list(self._chain(source))
        used = known.union(found)
        more = True
        while more:
            more = False
            for one, other in self.options.overrides:
                if one in used and other not in used and targets[other] is not None:
                    chain = list(self._chain(other))
                    found += chain
                    used.update(chain)
                    more = True
        return found

    def _chain(self, source: int | None) -> Iterator[int]:
        pending = [] if source is None else [source]
        while pending:
            at = pending.pop()
            yield at
            entry = self.sources[at]
            pending += [] if entry is None else sources_in(entry)


ALWAYS_EXISTING = (ObjectNode, ModuleNode, AliasNode, WeakRefNode, LibraryNode)
"""Kinds that are not made new with what holds them."""


def effect_nodes(effect: Effect) -> list[int]:
    """The nodes that an effect names."""
    return [index for index in (effect.on, effect.key, effect.value) if index is not None]


def renamed_effect(effect: Effect, rename: Callable[[int], int]) -> Effect:
    """The effect with every node index put through `rename`."""
    return dataclasses.replace(
        effect,
        on=rename(effect.on),
        key=None if effect.key is None else rename(effect.key),
        value=None if effect.value is None else rename(effect.value),
    )


def renamed_step(step: Step, rename: Callable[[int], int]) -> Step:
    """The step with every node index put through `rename`."""
    return (
        dataclasses.replace(step, nodes=tuple([rename(index) for index in step.nodes]))
        if step.nodes
        else step
    )


def _renamed(source: Source, node: Callable[[int], int], other: Callable[[int], int]) -> Source:
    """The source with the nodes that it names put through `node`, and the sources through `other`."""
    named: dict[str, Any] = {
        field: (node if what == "node" else other)(getattr(source, field))
        for field, what in SOURCE_LINKS[type(source)]
    }
    return dataclasses.replace(source, **named) if named else source


def _renumbered_source(
    source: Source | None, node_index: dict[int, int], source_index: dict[int, int]
) -> Source:
    if source is None:
        raise ValueError("a source that leads nowhere is still in use")
    return _renamed(source, node_index.__getitem__, source_index.__getitem__)


def _links(node: Node, base: int, *, keys: bool) -> list[Source]:
    """For each place of the node, in order, the source chained to `base` that leads there, or to its key."""
    match node:
        case ListNode(items) | TupleNode(items) | DequeNode(items) | StructSequenceNode(items):
            return [Item(base, at) for at in range(len(items))]
        case DictNode(pairs) | OrderedDictNode(pairs) | DefaultDictNode(pairs):
            return [DictKey(base, at) if keys else DictItem(base, key) for at, (key, _) in enumerate(pairs)]
        case ObjectNode(attributes) | ModuleNode(attributes) | InstanceNode(attributes=attributes):
            return [Attribute(base, name) for name, _ in attributes]
        case NamedTupleNode(items):
            return [Attribute(base, name) for name, _ in zip(FIELDS, items, strict=False)]
        case SliceNode():
            return [Attribute(base, name) for name in SLICE_FIELDS]
        case FunctionNode(closure, defaults, keyword_defaults):
            return [
                *(ClosureCell(base, at) for at in range(len(closure))),
                *(Default(base, at) for at in range(len(defaults))),
                *(Default(base, name) for name, _ in keyword_defaults),
            ]
    return []


def _moved_link(source: Link, old: Node, new: Node, moved: Callable[[int], int | None]) -> Source | None:
    """What leads to the same member when `old` has become `new`, or None: none does."""
    keys = isinstance(source, DictKey)
    before, after = _links(old, source.base, keys=keys), _links(new, source.base, keys=keys)
    if source not in before:
        return source
    place = moved(before.index(source))
    found = after[place] if place is not None and place < len(after) else None
    return None if keys and not isinstance(found, DictKey) else found
