"""A Case made real by plain Python: live inputs, globals, graph outputs, and the originals expected.

Claim: what a case means is said here once, in plain Python, and shares no code with any target. It is
built twice for each run: one world the emitted code runs in, and a twin in which plain Python does the same;
old objects of the two are paired by node index.

Identity, the stated function of source, mutation type and options:

- a graph output is the one object its proxy stands for, wherever it is asked for;
- an existing value comes back as the *same* object if values are loaded from their source
  (`value_from_source`), or if it is a list or a dict (its mutation type is *existing*, so that changes made
  to it are not lost) or an object of a class (it cannot be rebuilt);
- any other existing value, and every new one, comes back as an equal new object;
- a new object that is named more than once is one object if two passes are made or if it was marked as a
  temporary beforehand; one pass without a mark promises nothing;
- constants, and tuples of nothing but constants with all that is in them, have no identity of their own
  when they are rebuilt: each use is a `LOAD_CONST`, and equal constants of one code object may be one object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from generators.case import (
    Case,
    ConstantNode,
    DictNode,
    Effect,
    ListNode,
    Node,
    ObjectNode,
    TensorNode,
    TupleNode,
    children,
)


class Thing:
    """An existing object with attributes: the class of every `object` node."""


class GraphValue:
    """Stands in for a tensor where torch is not needed: what proxy number `proxy` computed."""

    __slots__ = ("proxy",)

    def __init__(self, proxy: int) -> None:
        self.proxy = proxy

    def __repr__(self) -> str:
        return f"<graph value {self.proxy}>"


class _Absent:
    """Marks a node that does not exist before the emitted code runs."""

    def __repr__(self) -> str:
        return "<not there beforehand>"


ABSENT: Any = _Absent()


class World:
    """A case made real once.

    `objects`: for each node its live object, ABSENT for what the emitted code has to build.
    `locals`, `globals`: the bindings. `graph_value(proxy)`: what the graph computed for a proxy.
    """

    __slots__ = ("_originals", "case", "globals", "graph_value", "locals", "objects")

    def __init__(self, case: Case, graph_value: Callable[[int], object]) -> None:
        self.case = case
        self.graph_value = graph_value
        self._originals: list[Any] | None = None
        self.objects: list[Any] = []
        for node in case.nodes:
            if isinstance(node, TensorNode):
                self.objects.append(graph_value(node.output))
            elif isinstance(node, ConstantNode):
                self.objects.append(node.value)
            elif node.source is None:
                self.objects.append(ABSENT)
            else:
                self.objects.append(_build(node, self.objects))
        self.locals = {name: self.objects[index] for name, index in case.locals}
        self.globals = {name: self.objects[index] for name, index in case.globals}

    def originals(self) -> list[Any]:
        """For each node the value that the emitted code must give where the node is asked for, the effects
        having been carried out on the objects of this world. They are carried out once, at the first call.
        """
        if self._originals is None:
            self._originals = self._values()
            for effect in self.case.effects:
                _carry_out(effect, self._originals)
        return self._originals

    def _values(self) -> list[Any]:
        expected: list[Any] = []
        for at, node in enumerate(self.case.nodes):
            if comes_back_as_itself(self.case, node):
                expected.append(self.objects[at])
            else:
                expected.append(_build(node, expected))
        return expected


def pairs(world: World, twin: World) -> Iterator[tuple[Any, Any]]:
    """The objects that exist before the emitted code runs and have an identity: (in world, in twin)."""
    for at, node in enumerate(world.case.nodes):
        if world.objects[at] is not ABSENT and not isinstance(node, ConstantNode):
            yield world.objects[at], twin.objects[at]


def comes_back_as_itself(case: Case, node: Node) -> bool:
    """Is the value of this node the very object that existed before? (See the module's text.)"""
    if isinstance(node, TensorNode | ConstantNode | ObjectNode):
        return True
    if node.source is None:
        return False
    return case.options.value_from_source or isinstance(node, ListNode | DictNode)


def unpromised(case: Case) -> list[int]:
    """The nodes that may be built anew each time they are named: one pass, and no mark."""
    if case.options.passes == 2:
        return []
    marked = set(case.options.temporaries)
    return [
        at for at, node in enumerate(case.nodes) if not comes_back_as_itself(case, node) and at not in marked
    ]


def _carry_out(effect: Effect, values: list[Any]) -> None:
    """The effect in plain Python; `values` has the value of each node."""
    target: Any = values[effect.on]
    value = None if effect.value is None else values[effect.value]
    key = None if effect.key is None else values[effect.key]
    match effect.operation:
        case "append":
            target.append(value)
        case "insert":
            target.insert(effect.index, value)
        case "set_item":
            target[effect.index] = value
        case "delete_item":
            del target[effect.index]
        case "reverse":
            target.reverse()
        case "clear":
            target.clear()
        case "set_key":
            target[key] = value
        case "delete_key":
            del target[key]
        case "set_attribute":
            setattr(target, str(effect.name), value)
        case "delete_attribute":
            delattr(target, str(effect.name))
        case _:
            raise ValueError(f"no such effect: {effect.operation}")


def may_be_refused(case: Case) -> bool:
    """May a codegen refuse this case? Only where it is asked to rebuild an object of a class.

    That happens with `value_from_source` off, to an object that is a root or stands in a container that is
    rebuilt itself. Everything else in a case has a value that a codegen must be able to give back.
    """
    if case.options.value_from_source:
        return False
    pending = list(case.roots)
    seen: set[int] = set()
    while pending:
        at = pending.pop()
        node = case.nodes[at]
        if isinstance(node, ObjectNode):
            return True
        if at not in seen and not comes_back_as_itself(case, node):
            seen.add(at)
            pending += children(node)
    return False


def _build(node: Node, members: list[Any]) -> Any:
    match node:
        case ListNode(items):
            return [members[child] for child in items]
        case TupleNode(items):
            return tuple([members[child] for child in items])
        case DictNode(pairs):
            return {members[key]: members[value] for key, value in pairs}
        case ObjectNode(attributes):
            thing = Thing()
            for name, child in attributes:
                setattr(thing, name, members[child])
            return thing
    raise TypeError(f"a {node.kind} node is not built from others")
