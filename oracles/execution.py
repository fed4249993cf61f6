"""Run an emission in its world, and hold what it reconstructed against the originals.

Claim: a passed run gave back, root by root, what plain Python gives, and left every local and global of its
world as plain Python leaves them. Raising is a finding: every case has a value.
"""

from __future__ import annotations

import builtins
import collections
import dis
from collections.abc import Iterator
from types import CellType, CodeType
from typing import Any, NamedTuple

from generators.case import SLICE_FIELDS, Case
from generators.contents import Contents, Parts, before, left, rebound
from generators.makers import ITERATING, MAKERS
from generators.nodes import (
    LINKS,
    CellNode,
    ContextManagerNode,
    FunctionNode,
    GeneratorNode,
    IteratorNode,
    ListNode,
    MadeNode,
    Node,
    ObjectNode,
    RangeNode,
    SetNode,
    SliceNode,
    TensorNode,
    TupleNode,
    children,
)
from oracles import scripts
from oracles.makers import INNER, LEADS, implied
from oracles.members import ATOM_BITS
from oracles.run import PASSED, Finding, Run, Verdict, failed, inconclusive
from oracles.values import CannotCompareError, Difference, Path, Step, compare, path_text
from oracles.world import ABSENT, pairs, unpromised


def judge(run: Run) -> Verdict:
    """Execute the emission and compare. Only for code that the stack oracle accepted."""
    outputs = run.emission.outputs
    if len(set(outputs)) != len(outputs):
        # what the code returns may be right, but the graph computes and returns the same value twice
        twice = next(proxy for proxy in outputs if outputs.count(proxy) > 1)
        message = f"asked for the graph output of proxy {twice} more than once"
        return failed(Finding("values", "output-asked-twice", "tensor", message))
    before = dict(run.emission.namespace)
    try:
        actual = run.emission.execute(run.world)
    except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - any raise is a finding
        return raised(run, error)
    return judge_result(run, actual, before)


def raised(run: Run, error: BaseException) -> Verdict:
    """The verdict on an emission that raised `error` while it ran."""
    return failed(
        Finding(
            oracle="values",
            invariant="raised",
            subject=type(error).__name__,
            message=f"the emitted code raised {type(error).__name__}: {error}",
            offset=_offset_in(run, error),
        )
    )


def judge_result(run: Run, actual: object, namespace_before: dict[str, Any]) -> Verdict:
    """Hold what the emission returned, the tuple of its roots, against the originals, and what it left in
    its namespace against what was there before."""
    for name, value in run.emission.namespace.items():
        if namespace_before.get(name, ABSENT) is not value and name not in run.world.globals:
            message = f"left the global {name!r} added or bound to another object"
            return failed(Finding("values", "globals", "namespace", message, path=f"global {name}"))
    for name in namespace_before.keys() - run.emission.namespace.keys() - run.world.globals.keys():
        message = f"deleted the global {name!r}"
        return failed(Finding("values", "globals", "namespace", message, path=f"global {name}"))
    wanted = _wanted(run)
    if type(actual) is not tuple or len(actual) != len(wanted.places):
        what = "values" if run.case.kind == "script" else "roots"
        message = f"returned {type(actual).__name__}, not a tuple of {len(wanted.places)} {what}"
        return failed(Finding("values", "type", "roots", message, path="roots"))
    try:
        difference = compare(
            _rooted(run, actual, wanted),
            [*pairs(run.world, run.twin), (run.emission.namespace, run.twin.globals)],
            wanted.unpromised,
            held_by(run),
        )
    except CannotCompareError as error:
        return inconclusive(f"values cannot compare {error.type_name}")
    return PASSED if difference is None else failed(_finding(run, difference))


FRAME_CELLS: Step = ("cells", 0)
"""The place of the cells of a frame that goes on in another function: below the roots."""


class Wanted(NamedTuple):
    """What the emitted code has to return: a place for each value, the values, and those among all that are
    in them that it may make more than once."""

    places: list[Step]
    values: list[Any]
    unpromised: list[Any]


def _wanted(run: Run) -> Wanted:
    if run.case.kind == "script":
        return wanted_of_script(run)
    expected = run.twin.originals()
    several = [*_unpromised(run)]
    places: list[Step] = [("root", at) for at in range(len(run.case.roots))]
    values = run.twin.asked_for()
    if run.case.options.resumed:
        places.insert(0, FRAME_CELLS)
        values.insert(0, run.twin.frame_cells())
    return Wanted(places, values, [*several, *_implied(several, expected)])


def _implied(several: list[Any], originals: list[Any]) -> Iterator[Any]:
    """Of values that may be made more than once what their makers made on their way, and no node names."""
    named = set(map(id, originals))
    return (part for value in several for part in implied(value) if id(part) not in named)


def _unpromised(run: Run) -> Iterator[Any]:
    expected = run.twin.originals()
    for at in unpromised(run.case):
        yield expected[at]
        node = run.case.nodes[at]
        if isinstance(node, MadeNode) and node.name in INNER:
            yield from INNER[node.name](expected[at])


def wanted_of_script(run: Run) -> Wanted:
    """What is on the stack, then what is in variables, then what is in the frame's own cell. Cells from
    outside stay in the closure, and hold in the twin what they have to."""
    left = scripts.carry_out(run.case, run.twin)
    placed: list[tuple[Step, Any]] = [(("slot", at), value) for at, value in enumerate(left.stack)]
    placed += [(("variable", at), left.variables[at]) for at in sorted(left.variables)]
    placed += [(("inner cell", name), left.cells[name]) for name in left.cells if name not in run.world.free]
    several = [*left.unpromised, *_implied(left.unpromised, run.twin.objects)]
    return Wanted([place for place, _ in placed], [value for _, value in placed], several)


def held_by(run: Run) -> Iterator[Any]:
    """The changeable values that the code holds: among its constants, or in globals that are not the world's.

    They are there before the code runs and are the same in every run of it, so none of them may come back
    as a new object: whoever changed it would change the result of the next run.
    """
    globals_of_ours = run.world.globals
    pending = list(run.emission.code.co_consts)
    pending += [value for name, value in run.emission.namespace.items() if name not in globals_of_ours]
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        kind = type(value)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if kind in CHANGEABLE:
            yield value
        if kind in SEQUENCES:
            pending += value
        elif kind in MAPPINGS:
            # a namespace is the process's own: what is in it nobody takes for new
            pending += () if "__builtins__" in value or value is vars(builtins) else value.values()
        elif kind is slice:
            pending += (value.start, value.stop, value.step)


WHOLE = (RangeNode, ContextManagerNode)
"""Kinds that are told as a whole: what is inside is no node, or another place there."""


def _is_whole(node: Node) -> bool:
    """Is the value of the node told as a whole?"""
    return not MAKERS[node.name].apart if isinstance(node, MadeNode) else isinstance(node, WHOLE)


SEQUENCES = frozenset({list, tuple, collections.deque})
MAPPINGS = frozenset({dict, collections.OrderedDict, collections.defaultdict})
CHANGEABLE = MAPPINGS | {list, set, collections.deque}


def arrived(run: Run, actual: tuple[Any, ...]) -> list[Any]:
    """What the emission returned, where a number was to be converted as the conversion that it is, if it is
    one."""
    values = list(actual)
    for at in run.case.as_tensor:
        values[at] = run.emission.arrived(values[at])
    return values


def _rooted(run: Run, actual: tuple[Any, ...], wanted: Wanted) -> Iterator[tuple[Step, Any, Any]]:
    found = list(zip(wanted.places, arrived(run, actual), wanted.values, strict=True))
    # what is in the frame's cells is known by its own name first
    yield from (each for each in found if each[0] != FRAME_CELLS)
    if run.case.options.logged:
        expected = tuple([run.twin.originals()[at] for at in run.case.options.logged])
        yield ("logged", 0), [tuple(call) for call in run.world.logged], [expected]
    for name, value in run.twin.locals.items():
        yield ("local", name), run.world.locals[name], value
    for name, value in run.twin.cells.items():
        yield ("cell variable", name), run.world.cells[name], value
    for name, cell in run.twin.free.items():
        yield ("free variable", name), _contents(run.world.free[name]), _contents(cell)
    for name, value in run.twin.globals.items():
        yield ("global", name), run.emission.namespace.get(name, ABSENT), value
    yield from (each for each in found if each[0] == FRAME_CELLS)
    for at, attributes in run.twin.on_tensors.items():
        mine = run.world.on_tensors.get(at, {})
        for name in sorted({*mine, *attributes}):
            yield ("tensor", f"{at}.{name}"), mine.get(name, ABSENT), attributes.get(name, ABSENT)


def _contents(cell: CellType) -> Any:
    return ABSENT if cell == CellType() else cell.cell_contents


def _finding(run: Run, difference: Difference) -> Finding:
    case = run.case
    node = _inside(run, difference, node_at(case, difference.path))
    return Finding(
        oracle="values",
        invariant=difference.kind,
        subject=_PLACES.get(difference.path[0][0], "unknown") if node is None else case.nodes[node].kind,
        message=difference.message,
        path=path_text(difference.path),
        node=node,
    )


def _inside(run: Run, difference: Difference, node: int | None) -> int | None:
    """The node of what differs, where the path ends at a value that a maker made: by who it should be."""
    if node is None or not isinstance(run.case.nodes[node], MadeNode):
        return node
    # of a length the parts are shown at times, and an empty tuple is one object with every other
    parts = difference.kind == "length" and type(difference.expected) in (list, tuple)
    if type(difference.expected) in ATOM_BITS or parts:
        return node
    expected = difference.expected
    same = (
        at for at, value in enumerate(run.twin.originals()) if value is expected or _dict(value) is expected
    )
    return next(same, node)


def _dict(value: Any) -> dict[str, Any] | None:
    """The attributes of a value, whatever its class says of them."""
    try:
        held: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return held


_PLACES = {
    "tensor": "tensor",
    "logged": "logged",
    "cells": "cells",
    "slot": "stack",
    "variable": "variable",
    "inner cell": "cell",
}
"""Places that are no nodes, and what a bucket calls them."""


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
    if case.options.called and kind == "root" and first == len(case.roots) - 1 and steps:
        index, steps = given_back(case, case.roots[-1]).get(steps[0]), steps[1:]
    while steps and index is not None:
        node = case.nodes[index]
        if steps[0][0] == "value" and _is_of_an_object(case, index):
            index, steps = _attribute_at(case, changed, index, int(steps[0][1])), steps[1:]
            continue
        leads = LEADS.get(node.name) if isinstance(node, MadeNode) else None
        if isinstance(node, MadeNode) and leads is not None:
            lead = next((lead for lead in leads if steps[: len(lead)] == lead), None)
            if lead is None or leads[lead] >= len(node.arguments):
                return index
            index, steps = node.arguments[leads[lead]], steps[len(lead) :]
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
    cells = [case.nodes[cell] for cell in node.closure]
    given += [cell.contents for cell in cells if isinstance(cell, CellNode) and cell.contents is not None]
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
    ("partial", "function"): "function",
    ("partial", "arguments"): "argument",
    ("partial", "keywords"): "keyword",
    ("made", "arguments"): "part",
}
"""Kind and field -> the step that `oracles.members` takes there; `item` where nothing is said."""


def _offset_in(run: Run, error: BaseException) -> int | None:
    """The byte offset of the emitted instruction that raised."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is run.emission.code:
            return _start_of(run.emission.code, trace.tb_lasti)
        trace = trace.tb_next
    return None


def _start_of(code: CodeType, offset: int) -> int:
    """The instruction that `offset` lies in: a frame that waits for a call points into the CALL's caches."""
    # dis writes every constant out, and Python refuses to write out a huge integer
    plain = code.replace(co_consts=(None,) * len(code.co_consts))
    return max((found.offset for found in dis.get_instructions(plain) if found.offset <= offset), default=0)
