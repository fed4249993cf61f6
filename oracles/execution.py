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
from generators.contents import Contents, Parts, after, before, rebound
from generators.nodes import (
    LINKS,
    ContextManagerNode,
    GeneratorNode,
    IteratorNode,
    MadeNode,
    Node,
    RangeNode,
    SetNode,
    SliceNode,
    TensorNode,
)
from oracles import scripts
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
    return PASSED if difference is None else failed(_finding(run.case, difference))


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
    return Wanted(
        [("root", at) for at in range(len(run.case.roots))],
        run.twin.asked_for(),
        [expected[at] for at in unpromised(run.case)],
    )


def wanted_of_script(run: Run) -> Wanted:
    """What is on the stack, then what is in variables, then what is in the frame's own cell. Cells from
    outside stay in the closure, and hold in the twin what they have to."""
    left = scripts.carry_out(run.case, run.twin)
    placed: list[tuple[Step, Any]] = [(("slot", at), value) for at, value in enumerate(left.stack)]
    placed += [(("variable", at), left.variables[at]) for at in sorted(left.variables)]
    placed += [(("inner cell", name), left.cells[name]) for name in left.cells if name not in run.world.free]
    return Wanted([place for place, _ in placed], [value for _, value in placed], left.unpromised)


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


WHOLE = (RangeNode, ContextManagerNode, MadeNode)
"""Kinds that are told as a whole: what is inside is no node, or another place there."""

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
    yield from zip(wanted.places, arrived(run, actual), wanted.values, strict=True)
    for name, value in run.twin.locals.items():
        yield ("local", name), run.world.locals[name], value
    for name, value in run.twin.cells.items():
        yield ("cell variable", name), run.world.cells[name], value
    for name, cell in run.twin.free.items():
        yield ("free variable", name), _contents(run.world.free[name]), _contents(cell)
    for name, value in run.twin.globals.items():
        yield ("global", name), run.emission.namespace.get(name, ABSENT), value
    for at, attributes in run.twin.on_tensors.items():
        mine = run.world.on_tensors.get(at, {})
        for name in sorted({*mine, *attributes}):
            yield ("tensor", f"{at}.{name}"), mine.get(name, ABSENT), attributes.get(name, ABSENT)


def _contents(cell: CellType) -> Any:
    return ABSENT if cell == CellType() else cell.cell_contents


def _finding(case: Case, difference: Difference) -> Finding:
    node = node_at(case, difference.path)
    return Finding(
        oracle="values",
        invariant=difference.kind,
        subject=_PLACES.get(difference.path[0][0], "unknown") if node is None else case.nodes[node].kind,
        message=difference.message,
        path=path_text(difference.path),
        node=node,
    )


_PLACES = {"tensor": "tensor", "slot": "stack", "variable": "variable", "inner cell": "cell"}
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
    changed = after(case)
    for at, held in changed.items():
        if isinstance(case.nodes[at], TensorNode) and isinstance(held, dict):
            names = ((f"{at}.{name}", child) for name, child in held.items() if isinstance(child, int))
            starts.setdefault("tensor", {}).update(names)
    kind, first = path[0]
    index = starts[kind].get(first) if kind in starts else None
    for step in path[1:]:
        alone = None if index is None or index in changed else _only_element(case.nodes[index])
        if step[0] == "element" and alone is not None:
            index = alone
            continue
        if index is None or step[0] == "element" or isinstance(case.nodes[index], WHOLE):
            return index
        index = _held(case, changed, index).get(step)
    return index


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
        if isinstance(node, GeneratorNode):
            found = {("remaining", at): child for at, child in enumerate(node.items)}
    else:
        found = _inside(held)
    return found


def _inside(held: Contents) -> dict[Step, int]:
    """The same of what effects can change."""
    found: dict[Step, int] = {}
    if isinstance(held, Parts):
        found = _inside(held.inside)
        found.update((("attribute", name), child) for name, child in held.attributes.items())
    elif isinstance(held, list):
        _steps(found, "item", "nodes", held)
    else:
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
    ("partial", "function"): "function",
    ("partial", "arguments"): "argument",
    ("partial", "keywords"): "keyword",
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
