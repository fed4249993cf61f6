"""Run an emission in its world, and hold what it reconstructed against the originals.

Claim: a passed run gave back, root by root, what plain Python gives, and left every local and global of its
world as plain Python leaves them. Raising is a finding: every case has a value.
"""

from __future__ import annotations

import builtins
import collections
import dis
from collections.abc import Iterator
from dataclasses import replace
from types import CellType, CodeType
from typing import Any, NamedTuple

from generators.case import Case
from generators.nodes import (
    FunctionNode,
    MadeNode,
)
from oracles import scripts
from oracles.blame import node_at
from oracles.makers import INNER, implied
from oracles.members import ATOM_BITS, GivenBack
from oracles.run import PASSED, Finding, Run, Verdict, failed, inconclusive
from oracles.values import CannotCompareError, Difference, Step, compare, path_text
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

    def compared(history: bool) -> Difference | None:
        return compare(
            _rooted(run, actual, wanted),
            [*pairs(run.world, run.twin), (run.emission.namespace, run.twin.globals)],
            wanted.unpromised,
            held_by(run),
            history=history,
        )

    narrowed = sets_grad_mode(run.case)
    try:
        difference = compared(not narrowed)
        let_through = narrowed and difference is None and compared(True) is not None
    except CannotCompareError as error:
        return inconclusive(f"values cannot compare {error.type_name}")
    if difference is not None:
        return failed(_finding(run, difference))
    return replace(PASSED, reason=HISTORY) if let_through else PASSED


HISTORY = "values: gradient history beside a manager that sets the mode is not compared"
"""The reason of a verdict that passed, where that let something through: it is counted and shown."""


def sets_grad_mode(case: Case) -> bool:
    """Does making some new value of the case set whether gradients are recorded?

    Then what a tensor of a subclass says of its history (whether it asks for a gradient, and what made it)
    depends on whether it was made before that or after, which no case says.
    """
    return any(
        isinstance(node, MadeNode) and node.source is None and node.name in ("grad_mode", "no_grad")
        for node in case.nodes
    )


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


def _given_back(run: Run, actual: Any, expected: Any) -> tuple[Any, Any]:
    """What calling the last root gave, on both sides, where it is a new function, as what it is."""
    node = run.case.nodes[run.case.roots[-1]]
    if type(actual) is not tuple or not isinstance(node, FunctionNode) or node.source is not None:
        return actual, expected
    return GivenBack(actual, len(node.defaults)), GivenBack(expected, len(node.defaults))


def _rooted(run: Run, actual: tuple[Any, ...], wanted: Wanted) -> Iterator[tuple[Step, Any, Any]]:
    found = list(zip(wanted.places, arrived(run, actual), wanted.values, strict=True))
    if run.case.options.called:
        place, *both = found[-1]
        found[-1] = (place, *_given_back(run, *both))
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
    originals = run.twin.originals()
    if originals[node] is expected:
        return node
    same = (at for at, value in enumerate(originals) if value is expected or _dict(value) is expected)
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
