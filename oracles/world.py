"""A Case made real by plain Python: live inputs, globals, graph outputs, and the originals expected.

Claim: what a case means is said here once, in plain Python, and shares no code with any target. It is
built twice for each run: one world the emitted code runs in, and a twin in which plain Python does the same;
old objects of the two are paired by node index.

Identity, the stated function of source, mutation type and options:

- a graph output is the one object its proxy stands for, wherever it is asked for; an array or a tensor of a
  subclass is a new object over its memory, one for each node;
- what is made by loading its source (a slice of a list) is what plain Python gets when it loads it once;
- a class or a module is the one that every process has;
- an existing value comes back as the *same* object if values are loaded from their source
  (`value_from_source`), or if it is a list, dict, set, deque or iterator (its mutation type is *existing*, so
  that changes made to it are not lost) or an object of a class, an ordered dict, a function or the like
  (which cannot be rebuilt), or a module (which has a path);
- any other existing value, and every new one, comes back as an equal new object; one that two sources lead
  to (an alias) as two;
- a new object that is named more than once is one object if two passes are made or if it was marked as a
  temporary beforehand; one pass without a mark promises nothing;
- constants, and tuples, frozensets and slices of nothing but constants with all that is in them, have no
  identity of their own when they are rebuilt: each use is a `LOAD_CONST`, and equal constants of one code
  object may be one object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CellType
from typing import Any

from generators.case import Case, Effect, ModeOnStack, SliceItem, Subclasses
from generators.contents import after, held_after, live, members, rebound
from generators.forms import symbolic_value
from generators.graph import in_cycles
from generators.library import DERIVED, LIBRARY_MODULES
from generators.links import children, generated
from generators.makers import MAKERS
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
    FunctionNode,
    GeneratorNode,
    InstanceNode,
    IteratorNode,
    LibraryNode,
    ListNode,
    MadeNode,
    ModuleNode,
    Node,
    NumberNode,
    ObjectNode,
    OrderedDictNode,
    SetNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    WeakRefNode,
    is_stored_later,
    is_tuple,
)
from oracles import tools
from oracles.changes import bind, carry_out, is_binding
from oracles.graph_values import AsArray, AsItself, AsSubclass, GraphValue, Output
from oracles.making import PLAIN, Classes, Common, converted, library, make
from oracles.members import ATOM_BITS
from oracles.noting import Note

__all__ = ["ABSENT", "GraphValue", "World", "comes_back_as_itself", "may_be_refused", "pairs", "unpromised"]


class _Absent:
    """Marks a node that does not exist before the emitted code runs."""

    def __repr__(self) -> str:
        return "<not there beforehand>"


ABSENT: Any = _Absent()

OF_THE_GRAPH = (TensorNode, NumberNode, SymbolicNode)
"""What the graph computes."""

CONVERTED = (ArrayNode, SubclassNode)
"""What is made of an output of the graph."""

ALWAYS_THERE = (*OF_THE_GRAPH, ConstantNode)


class World:
    """A case made real once.

    `objects`: for each node its live object, ABSENT for what the emitted code has to build.
    `locals`, `globals`: the bindings; `cells`: those that are parameters too, but in cells; `free`: name ->
    cell of the emitted function's closure, in a script after those of every script. `graph_value(asked)`:
    what the graph computed for a proxy that is a tensor, and what plain Python makes of it. `classes`: of
    what the compiler has classes of its own for. `notes`: what the code that ran in this world read of its
    values, in a call; None until it has run to its end. `logged`: what its logging function was called with.
    `modes`: what is on the stack of modes while the code runs, the lowest first; `on_stack`: their nodes.
    `on_tensors`: for each node of a tensor on which attributes are set, those that it should have, or has
    once the code has run.
    """

    __slots__ = (
        "_originals",
        "_symbolic",
        "case",
        "cells",
        "classes",
        "free",
        "globals",
        "graph_value",
        "locals",
        "logged",
        "modes",
        "notes",
        "objects",
        "on_stack",
        "on_tensors",
    )

    def __init__(self, case: Case, graph_value: Callable[[Any], object], classes: Classes = PLAIN) -> None:
        self.case = case
        self.classes = classes
        self.graph_value = graph_value
        self._originals: list[Any] | None = None
        self.globals: dict[str, Any] = tools.namespace() if case.kind == "script" else {}
        self.notes: list[Note] | None = None
        self.logged: list[tuple[Any, ...]] = []
        self.on_tensors: dict[int, dict[str, Any]] = {}
        self.objects: list[Any] = [ABSENT] * len(case.nodes)
        self._symbolic: dict[int, str] = {}
        existing = []
        for at, node in enumerate(case.nodes):
            if isinstance(node, OF_THE_GRAPH):
                self.objects[at] = self._computed(node)
            elif isinstance(node, CONVERTED):
                self.objects[at] = ABSENT if node.source is None else self._converted(node)
            elif isinstance(node, ConstantNode):
                self.objects[at] = node.value
            elif isinstance(node, LibraryNode):
                if not case.is_made_by_loading(node):
                    self.objects[at] = library(case, node.name)
            elif case.exists(at):
                existing.append(at)
        make(case, existing, self.objects, self.globals, classes=classes)
        self.on_stack = _on_stack(case)
        self.modes: list[Any] = [self.objects[at] for at in self.on_stack]
        self.locals = {name: self.objects[index] for name, index in case.locals}
        self.cells = {name: self.objects[index] for name, index in case.cells}
        self.free = tools.outer_cells() if case.kind == "script" else {}
        self.free.update((name, CellType(self.objects[index])) for name, index in case.free)
        self.globals.update((name, self.objects[index]) for name, index in case.globals)

    def graph_output(self, output: Output) -> object:
        """What the compiled graph returns for an output."""
        if isinstance(output, AsItself):
            return output.value
        if isinstance(output, int) and output in self._symbolic:
            return symbolic_value(output, self._symbolic[output])
        return self.graph_value(output)

    def parameter(self, name: str) -> Any:
        """The argument for a parameter of the emitted code."""
        return self.cells[name] if name in self.cells else self.locals.get(name)

    def log(self, *arguments: Any) -> None:
        """The logging function: its calls are put off until the graph has run."""
        self.logged.append(arguments)

    def frame_cells(self) -> list[tuple[CellType, ...]]:
        """The cells of the frame in the order of their names, for a function that goes on after it."""
        originals = self.originals()
        held = dict(self.cells)
        for (operation, name), at in rebound(self.case).items() if self.case.options.replay else ():
            if operation == "rebind_cell" and name in held:
                held[name] = originals[at]
        cells = {**{name: CellType(value) for name, value in held.items()}, **self._cells(originals)}
        return [tuple([cells[name] for name in sorted(cells)])]

    def _loaded(self, source: int) -> Any:
        """What plain Python gets by loading a source whose value is made there and then."""
        entry = self.case.sources[source]
        if isinstance(entry, SliceItem):
            return self._loaded(entry.base)[entry.start : entry.stop : entry.step]
        if isinstance(entry, Subclasses):
            return self._loaded(entry.base).__subclasses__()
        return self.objects[self.case.source_targets()[source] or 0]

    def _computed(self, node: TensorNode | NumberNode | SymbolicNode) -> object:
        if isinstance(node, SymbolicNode):
            self._symbolic[node.output] = node.type
            return symbolic_value(node.output, node.type)
        value: Any = self.graph_value(node.output)
        return value.item() if isinstance(node, NumberNode) and node.unwrap else value

    def _converted(self, node: ArrayNode | SubclassNode) -> object:
        if isinstance(node, ArrayNode):
            return self.graph_value(AsArray(node.output))
        return self.graph_value(AsSubclass(node.output, node.subclass))

    def originals(self) -> list[Any]:
        """For each node the value that the emitted code must give where the node is asked for, the effects
        having been carried out on the objects of this world. They are carried out once, at the first call.
        """
        if self._originals is None:
            self._originals = self.made_anew(self.case)
            for effect in self.case.effects:
                replayed = self.case.options.replay or not self.case.exists(effect.on)
                if isinstance(self.case.nodes[effect.on], TensorNode) and not is_binding(effect):
                    self._set_on_tensor(effect, self._originals)
                elif not is_binding(effect) and replayed:
                    carry_out(effect, self._originals)
                elif replayed:
                    bind(effect, self._originals, self.globals, self._cells(self._originals))
        return self._originals

    def asked_for(self) -> list[Any]:
        """What the code must give, root by root, the last one called if the case says so; of a call the
        arguments as they arrive in the compiled function: the very objects, or what their conversion to a
        tensor gives."""
        originals = self.originals()
        values = [originals[index] for index in self.case.roots]
        if self.case.options.called:
            values[-1] = values[-1]()
        for at in self.case.as_tensor:
            values[at] = converted(values[at])
        return values

    def take_from_tensors(self) -> None:
        """Note what the code set on tensors, and take it off them: they are those of the next case too."""
        for effect in self.case.effects:
            if isinstance(self.case.nodes[effect.on], TensorNode) and not is_binding(effect):
                held = self.on_tensors.setdefault(effect.on, {})
                if effect.name in vars(self.objects[effect.on]):
                    held[str(effect.name)] = vars(self.objects[effect.on]).pop(effect.name)

    def _set_on_tensor(self, effect: Effect, values: list[Any]) -> None:
        # a tensor is the same one in both worlds, so that what it should have is noted beside it
        held = self.on_tensors.setdefault(effect.on, {})
        if not self.case.options.replay:
            return
        if effect.value is None:
            held.pop(str(effect.name), None)
        else:
            held[str(effect.name)] = values[effect.value]

    def _cells(self, values: list[Any]) -> dict[str, CellType]:
        """The cells of the frame that something names, by the names of its variables."""
        own = {
            node.variable: values[at]
            for at, node in enumerate(self.case.nodes)
            if isinstance(node, CellNode) and node.variable is not None
        }
        return {**self.free, **own}

    def made_anew(self, case: Case) -> list[Any]:
        """For each node its value, made anew where `case`, this one with other options, says that it is."""
        expected = list(self.objects)
        anew = []
        for at, node in enumerate(case.nodes):
            if comes_back_as_itself(case, node):
                continue
            if node.source is not None and is_loaded_anew(case, node):
                expected[at] = self._loaded(node.source)
                continue
            if isinstance(node, CONVERTED):
                expected[at] = self._converted(node)
            elif isinstance(node, CellNode) and node.variable in self.free:
                expected[at] = self.free[node.variable]
            else:
                anew.append(at)
        make(case, anew, expected, self.globals, anew=True, classes=self.classes)
        for at, node in enumerate(case.nodes):
            if isinstance(node, SubclassNode):
                for name, index in node.attributes:
                    setattr(expected[at], name, expected[index])
        return expected


def _on_stack(case: Case) -> list[int]:
    """The nodes of the modes on the stack, the lowest first."""
    found = {
        source.index: at
        for at, node in enumerate(case.nodes)
        if node.source is not None and isinstance(source := case.sources[node.source], ModeOnStack)
    }
    return [found[index] for index in sorted(found)]


def pairs(world: World, twin: World) -> Iterator[tuple[Any, Any]]:
    """The objects that exist before the emitted code runs and have an identity: (in world, in twin)."""
    for node, mine, theirs in zip(world.case.nodes, world.objects, twin.objects, strict=True):
        if mine is not ABSENT and not isinstance(node, ConstantNode) and type(mine) not in ATOM_BITS:
            yield mine, theirs
        if isinstance(node, MadeNode) and node.name == "attributes":
            (holder,) = node.arguments
            if world.objects[holder] is not ABSENT:
                yield vars(world.objects[holder]), vars(twin.objects[holder])
    yield from ((cell, twin.free[name]) for name, cell in world.free.items())
    if any(isinstance(source, Subclasses) for source in world.case.sources):
        yield from ((kind, kind) for kind in Common.__subclasses__())
    if world.case.kind == "script":
        yield from ((tool, tool) for tool in tools.shared())


NOT_REBUILT = (
    *(ObjectNode, OrderedDictNode, DefaultDictNode, FunctionNode, BoundMethodNode, ContextManagerNode),
    *(CellNode, WeakRefNode, InstanceNode),
)
"""Existing values of these kinds are objects of a class to Dynamo: loaded from their source, or refused."""

BY_KEY = (ModuleNode,)
"""Existing values of these kinds are found by their path, whatever is asked."""

LOADED_LIBRARY = (*LIBRARY_MODULES, "Thing.method")
"""What the library has that is loaded from its source, or refused: modules, and a function."""

CHANGEABLE = (ListNode, DictNode, SetNode, DequeNode, IteratorNode)
"""Existing values of these kinds have the mutation type *existing*."""


def comes_back_as_itself(case: Case, node: Node) -> bool:
    """Is the value of this node the very object that existed before? (See the module's text.)"""
    if isinstance(node, AliasNode):
        node = case.nodes[node.of]
    if isinstance(node, ALWAYS_THERE):
        return True
    if isinstance(node, LibraryNode):
        return not case.is_made_by_loading(node)
    if node.source is None or case.is_made_by_loading(node):
        return False
    return case.options.value_from_source or isinstance(node, BY_KEY) or is_loaded_only(node) or changes(node)


def is_loaded_only(node: Node) -> bool:
    """Is an existing value of this node loaded from its source, or refused?"""
    if isinstance(node, MadeNode):
        return MAKERS[node.name].existing == "loaded"
    return isinstance(node, NOT_REBUILT)


def changes(node: Node) -> bool:
    """Does an existing value of this node have the mutation type *existing*?"""
    if isinstance(node, MadeNode):
        return MAKERS[node.name].existing == "always"
    if isinstance(node, LibraryNode):
        return node.name in DERIVED.values()
    return isinstance(node, CHANGEABLE)


def is_loaded_anew(case: Case, node: Node) -> bool:
    """Is the value of this node what loading its source makes?"""
    loads = case.options.value_from_source or changes(node)
    return loads and case.is_made_by_loading(node)


def unpromised(case: Case) -> list[int]:
    """The nodes that may be built anew each time they are named: one pass, and no mark."""
    if case.options.passes == 2:
        return []
    marked = set(case.options.temporaries)
    return [
        at for at, node in enumerate(case.nodes) if not comes_back_as_itself(case, node) and at not in marked
    ]


def may_be_refused(case: Case) -> bool:
    """May a codegen refuse this case?

    - Where a deque of limited length is changed: what it would lose depends on the order of the changes.
    - Where it is asked to rebuild what it can only load: with `value_from_source` off, an existing object,
      ordered dict or function that is a root or stands in a container that is rebuilt itself.
    - Where it names the object that a `@contextmanager` function returns.
    - Where it names what a maker makes of which MAKERS says so.
    - Where an iterator over a list that is changed is stored in that list: to a codegen that keeps what is
      iterated over it holds itself.
    - Where a new value that cannot be made empty and filled later (a tuple, say) holds itself: who begins
      with it comes back to it before it is there.

    Everything else in a case has a value that a codegen must be able to give back.
    """
    if any(_is_limited(case.nodes[effect.on]) for effect in case.effects):
        return True
    if any(isinstance(node, GeneratorNode) and node.context_manager for node in case.nodes):
        return True
    if any(isinstance(node, MadeNode) and MAKERS[node.name].refused for node in case.nodes):
        return True
    if any(type(case.nodes[at]) not in FILLED for at in _cycles_to_build(case)):
        return True
    if _iterates_over_its_holder(case):
        return True
    if case.options.value_from_source:
        return False
    pending = list(case.roots)
    seen: set[int] = set()
    while pending:
        at = pending.pop()
        node = case.nodes[case.same_object(at) or 0]
        if is_loaded_only(node) and node.source is not None:
            return True
        if isinstance(node, LibraryNode) and node.name in LOADED_LIBRARY:
            return True
        if isinstance(node, MadeNode) and MAKERS[node.name].imported:
            return True
        if at not in seen and not comes_back_as_itself(case, node):
            seen.add(at)
            pending += generated(node)
    return False


def _iterates_over_its_holder(case: Case) -> bool:
    held = after(case)
    for at, contents in held.items():
        seen: set[int] = set()
        pending = list(members(contents)) if isinstance(case.nodes[at], ListNode) else []
        while pending:
            inner = pending.pop()
            node = case.nodes[inner]
            if isinstance(node, MadeNode) and node.source is None and at in node.arguments:
                return True
            if inner not in seen:
                seen.add(inner)
                pending += members(held[inner]) if inner in held else children(node)
    return False


def must_be_refused(case: Case) -> bool:
    """Must a codegen refuse this case? It is asked for the object that a `@contextmanager` function returns,
    whose frame cannot leave the compiled one."""
    generators = [
        at for at, node in enumerate(case.nodes) if isinstance(node, GeneratorNode) and node.context_manager
    ]
    return bool(generators) and not live(case, generated, replayed=True).isdisjoint(generators)


def _cycles_to_build(case: Case) -> set[int]:
    """The new nodes that hold themselves through new nodes alone; what cells and ordered dicts hold is stored
    once everything is there."""
    below = []
    for node, held in zip(case.nodes, held_after(case), strict=True):
        if is_tuple(node) and isinstance(node, InstanceNode):
            held = node.items
        elif is_stored_later(node):
            held = ()
        below.append(() if node.source is not None else held)
    return in_cycles(below)


def _is_limited(node: Node) -> bool:
    return isinstance(node, DequeNode) and node.maxlen is not None
