"""Run an emission in its world, and hold what it reconstructed against the originals.

Claim: a passed run gave back, root by root, what plain Python gives, and left every local and global of its
world as plain Python leaves them. Raising is a finding: every case has a value.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType
from typing import Any

from generators.case import Case, DictNode, ListNode, ObjectNode, TupleNode
from oracles.run import PASSED, Finding, Run, Verdict, failed, inconclusive
from oracles.values import CannotCompareError, Difference, Path, Step, compare, path_text
from oracles.world import ABSENT, pairs, unpromised


def judge(run: Run) -> Verdict:
    """Execute the emission and compare. Only for code that the stack oracle accepted."""
    try:
        actual = run.emission.execute(run.world)
    except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - any raise is a finding
        return raised(run, error)
    return judge_result(run, actual)


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


def judge_result(run: Run, actual: object) -> Verdict:
    """Hold what the emission returned, the tuple of its roots, against the originals."""
    if type(actual) is not tuple or len(actual) != len(run.case.roots):
        message = f"returned {type(actual).__name__}, not a tuple of {len(run.case.roots)} roots"
        return failed(Finding("values", "type", "roots", message, path="roots"))
    expected = run.twin.originals()
    try:
        difference = compare(
            _rooted(run, actual, expected),
            pairs(run.world, run.twin),
            [expected[at] for at in unpromised(run.case)],
            held_by(run.emission.code),
        )
    except CannotCompareError as error:
        return inconclusive(f"values cannot compare {error.type_name}")
    return PASSED if difference is None else failed(_finding(run.case, difference))


def held_by(code: CodeType) -> Iterator[Any]:
    """The objects with an identity that the code holds among its constants.

    They are there before the code runs and are the same in every run of it, so none of them may come back
    as a new object: whoever changed it would change the result of the next run.
    """
    pending = list(code.co_consts)
    while pending:
        value = pending.pop()
        if type(value) in (tuple, list):
            pending += value
        elif type(value) is dict:
            pending += value.values()
        if type(value) in (list, dict):
            yield value


def _rooted(run: Run, actual: tuple[Any, ...], expected: list[Any]) -> Iterator[tuple[Step, Any, Any]]:
    for at, index in enumerate(run.case.roots):
        yield ("root", at), actual[at], expected[index]
    for name, value in run.twin.locals.items():
        yield ("local", name), run.world.locals[name], value
    for name, value in run.twin.globals.items():
        yield ("global", name), run.emission.namespace.get(name, ABSENT), value


def _finding(case: Case, difference: Difference) -> Finding:
    node = node_at(case, difference.path)
    return Finding(
        oracle="values",
        invariant=difference.kind,
        subject="unknown" if node is None else case.nodes[node].kind,
        message=difference.message,
        path=path_text(difference.path),
        node=node,
    )


def node_at(case: Case, path: Path) -> int | None:
    """The node of the case at a path of the value, or None where the path leaves the case."""
    starts: dict[str, dict[Any, int]] = {
        "root": dict(enumerate(case.roots)),
        "local": dict(case.locals),
        "global": dict(case.globals),
    }
    kind, first = path[0]
    index = starts[kind].get(first)
    for step in path[1:]:
        if index is None:
            return None
        index = _member(case, index, step)
    return index


def _member(case: Case, index: int, step: Step) -> int | None:
    node = case.nodes[index]
    match step, node:
        case ("item", int(at)), ListNode() | TupleNode() if at < len(node.items):
            return node.items[at]
        case ("key", int(at)), DictNode() if at < len(node.items):
            return node.items[at][0]
        case ("value", int(at)), DictNode() if at < len(node.items):
            return node.items[at][1]
        case ("attribute", str(name)), ObjectNode():
            return dict(node.attributes).get(name)
    return None


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
    return max((found.offset for found in dis.get_instructions(code) if found.offset <= offset), default=0)
