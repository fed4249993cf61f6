"""The node of a case that a path of its value leads to.

Claim: what a difference is blamed on is the node whose value stands at its path, after the effects of the
case; a path that leaves the case is blamed on none.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from generators.case import SLICE_FIELDS, Case
from generators.contents import Contents, Parts, before, left, rebound
from generators.links import LINKS, children
from generators.makers import ITERATING, MAKERS
from generators.nodes import (
    CellNode,
    ContextManagerNode,
    FunctionNode,
    GeneratorNode,
    IteratorNode,
    ListNode,
    MadeNode,
    Node,
    ObjectNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    TensorNode,
    TupleNode,
)
from oracles.makers import LEADS, TAKEN_OVER
from oracles.values import Path, Step


def node_at(case: Case, path: Path) -> int | None:
    """The node of the case at a path of the value, or None where the path leaves the case."""
    starts: dict[str, dict[Any, int]] = {
        "root": dict(enumerate(case.roots)),
        "local": dict(case.locals),
        "global": dict(case.globals),
        "cell variable": dict(case.cells),
        "free variable": dict(case.free),
    }
    if case.options.replay:
        for (operation, name), value in rebound(case).items():
            for place in ("global",) if operation == "rebind_global" else ("free variable",):
                starts[place].update({name: value} if name in starts[place] else {})
    changed = left(case)
    for at, held in changed.items():
        if isinstance(case.nodes[at], TensorNode) and isinstance(held, dict):
            names = ((f"{at}.{name}", child) for name, child in held.items() if isinstance(child, int))
            starts.setdefault("tensor", {}).update(names)
    kind, first = path[0]
    index = starts[kind].get(first) if kind in starts else None
    steps = path[1:]
    if kind == "cells":
        index, steps = _in_a_cell_of_the_frame(case, steps)
    if case.options.called and kind == "root" and first == len(case.roots) - 1 and steps:
        index, steps = given_back(case, case.roots[-1]).get(steps[0]), steps[1:]
    while steps and index is not None:
        node = case.nodes[index]
        if steps[0][0] == "value" and _is_of_an_object(case, index):
            index, steps = _attribute_at(case, changed, index, int(steps[0][1])), steps[1:]
            continue
        if steps[0][0] in OF_A_PARTIAL:
            index, steps = _of_a_partial(case, index, steps[0]), steps[1:]
            continue
        if isinstance(node, MadeNode) and node.name in LEADS:
            argument, taken = _lead(node, steps)
            if argument is None:
                return index
            index, steps = argument, steps[taken:]
            continue
        alone = None if index in changed else _only_element(node)
        if steps[0][0] == "element" and alone is not None:
            index, steps = alone, steps[1:]
            continue
        if steps[0][0] == "element" or _is_whole(node):
            return index
        inside = _held(case, changed, index).get(steps[0])
        if len(steps) == 1 and inside is not None and _is_iterated(case, index, inside):
            return index  # the iterator over it, which the maker made
        index, steps = inside, steps[1:]
    return index


def _in_a_cell_of_the_frame(case: Case, steps: Path) -> tuple[int | None, Path]:
    """The node in one of the cells of a frame that goes on in another function, and the steps from there: the
    cells are a tuple in a list, in the order of their names."""
    bound = {**dict(case.cells), **dict(case.free)}
    if case.options.replay:
        rebinds = (
            (name, value) for (operation, name), value in rebound(case).items() if operation == "rebind_cell"
        )
        bound.update((name, value) for name, value in rebinds if name in bound)
    match steps:
        case (("item", 0), ("item", int(at)), ("contents", 0), *rest) if at < len(bound):
            return bound[sorted(bound)[at]], tuple(rest)
    return None, ()


def _lead(node: MadeNode, steps: Path) -> tuple[int | None, int]:
    """The argument of a maker that the steps lead to, and how many of them do it; None: they lead to none."""
    leads = LEADS[node.name]
    lead = next((lead for lead in leads if steps[: len(lead)] == lead), None)
    if lead is not None:
        return _argument(node, leads[lead]), len(lead)
    kinds, place = TAKEN_OVER.get(node.name, (frozenset(), 0))
    return (_argument(node, place) if steps[0][0] in kinds else None), 0


def _argument(node: MadeNode, place: int) -> int | None:
    """The argument of a maker at a place that a lead names; None: there is none. The note on an exception
    comes after its arguments and the note's name."""
    if node.name == "user_error_noted" and place == len(node.arguments) + 1:
        return node.arguments[0]
    return node.arguments[place] if place < len(node.arguments) else None


def _is_of_an_object(case: Case, index: int) -> bool:
    """Is the node the `__dict__` of an existing object? Its values are the object's attributes, in order."""
    node = case.nodes[index]
    attributes = isinstance(node, MadeNode) and node.name == "attributes"
    return attributes and isinstance(case.nodes[children(node)[0]], ObjectNode)


def _attribute_at(case: Case, changed: dict[int, Contents], index: int, at: int) -> int | None:
    holder = children(case.nodes[index])[0]
    held = list(_held(case, changed, holder).values())
    return held[at] if at < len(held) else None


def _is_iterated(case: Case, maker: int, argument: int) -> bool:
    node = case.nodes[maker]
    iterated = isinstance(node, MadeNode) and node.name in ITERATING and node.name != "repeat"
    over = case.nodes[case.same_object(argument) or 0]
    return iterated and isinstance(over, ListNode | TupleNode | RangeNode)


def given_back(case: Case, at: int) -> dict[Step, int]:
    """The nodes in the tuple that the function at a node gives when it is called with nothing."""
    node = case.nodes[at]
    assert isinstance(node, FunctionNode)
    given = [*node.defaults, *(index for _, index in node.keyword_defaults)]
    changed = left(case)
    given += [child for cell in node.closure for child in _held(case, changed, cell).values()]
    return {("item", place): index for place, index in enumerate(given)}


def _only_element(node: Node) -> int | None:
    """The one element of a set; None: there are others, or it is no set."""
    return node.items[0] if isinstance(node, SetNode) and len(node.items) == 1 else None


def _held(case: Case, changed: dict[int, Contents], index: int) -> dict[Step, int]:
    """The nodes that a node holds after the effects, by the step that leads to each."""
    node = case.nodes[case.same_object(index) or 0]
    held = changed.get(index, before(case, node))
    found: dict[Step, int] = {}
    if held is None:
        for field, shape in LINKS[type(node)]:
            _steps(found, _STEPS.get((node.kind, field), "item"), shape, getattr(node, field))
        if isinstance(node, SliceNode):
            found = {("attribute", name): child for name, child in zip(SLICE_FIELDS, node.items, strict=True)}
        if isinstance(node, IteratorNode):
            _steps(found, "remaining", "nodes", node.items[node.position :])
        if isinstance(node, TupleNode):
            _steps(found, "remaining", "nodes", node.items)  # of an iterator over it
        if isinstance(node, GeneratorNode):
            found = {("remaining", at): child for at, child in enumerate(node.items)}
        if isinstance(node, CellNode) and node.variable is not None and case.options.replay:
            bound = rebound(case).get(("rebind_cell", node.variable))
            found = found if bound is None else {("contents", 0): bound}
    else:
        found = _within(held)
    return found


def _within(held: Contents) -> dict[Step, int]:
    """The same of what effects can change."""
    found: dict[Step, int] = {}
    if isinstance(held, Parts):
        found = _within(held.inside)
        found.update((("attribute", name), child) for name, child in held.attributes.items())
    elif isinstance(held, list):
        _steps(found, "item", "nodes", held)
        _steps(found, "remaining", "nodes", held)
    elif isinstance(held, dict):
        entries: list[tuple[Any, Any]] = list(held.items())
        for at, (name, member) in enumerate(entries):
            if isinstance(member, tuple):
                found["key", at], found["value", at] = member
            else:
                found["attribute", str(name)] = member
    return found


def _steps(found: dict[Step, int], step: str, shape: str, value: Any) -> None:
    if shape == "named":
        found.update(((step, name), child) for name, child in value)
    elif shape == "nodes":
        found.update(((step, at), child) for at, child in enumerate(value))
    elif value is not None:
        found[step, 0] = value


_STEPS: dict[tuple[str, str], str] = {
    ("cell", "contents"): "contents",
    ("function", "closure"): "cell",
    ("function", "defaults"): "default",
    ("function", "keyword_defaults"): "keyword default",
    ("function", "annotations"): "annotation",
    ("function", "attributes"): "attribute",
    ("function", "doc"): "doc",
    ("bound_method", "of"): "self",
    ("module", "attributes"): "attribute",
    ("tensor_subclass", "attributes"): "attribute",
    ("made", "arguments"): "part",
}
"""Kind and field -> the step that `oracles.members` takes there; `item` where nothing is said."""


WHOLE = (RangeNode, ContextManagerNode)
"""Kinds that are told as a whole: what is inside is no node, or another place there."""


def _is_whole(node: Node) -> bool:
    """Is the value of the node told as a whole?"""
    return not MAKERS[node.name].apart if isinstance(node, MadeNode) else isinstance(node, WHOLE)


OF_A_PARTIAL = frozenset({"function", "argument", "keyword"})
"""The steps that `oracles.members` takes into a partial, and into nothing else."""


Partial: TypeAlias = "tuple[int, tuple[int, ...], dict[str, int]]"


def _flat(case: Case, index: int) -> Partial:
    """Function, arguments and keywords of a partial: that of a partial takes over what the inner one has."""
    node = case.nodes[case.same_object(index) or 0]
    match node:
        case PartialNode(function, arguments, named):
            pass
        case MadeNode("partial_of", (function, *given)):
            arguments, named = tuple(given), ()
        case _:
            return index, (), {}
    function, before, keywords = _flat(case, function)
    return function, before + arguments, keywords | dict(named)


def _of_a_partial(case: Case, index: int, step: Step) -> int | None:
    function, arguments, keywords = _flat(case, index)
    name, at = step
    if name == "function":
        return function
    if name == "argument":
        return arguments[int(at)] if int(at) < len(arguments) else None
    return keywords.get(str(at)) if name == "keyword" else None
