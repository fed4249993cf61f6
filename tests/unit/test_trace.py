"""The trace oracle: a wrong belief of the stack oracle shows where the code runs."""

from __future__ import annotations

import dis
import gc
import sys
import weakref
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from generators import seeded_case
from generators.case import Case
from generators.nodes import ConstantNode
from harness.runner import Runner
from harness.targets.base import Target, world_of
from oracles import trace
from oracles.run import Emission, Refused, Verdict
from oracles.stack import opcodes, verify
from oracles.stack.opcodes import table
from oracles.stack.rows import Row
from oracles.world import World, may_be_refused

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] not in trace.LAYOUTS, reason="no layout of this Python's frames"
)

CASES = 300


def traced(function: FunctionType, *arguments: Any, watched: CodeType | None = None) -> Verdict:
    """The verdict on a function of this file, called with the arguments as a world's locals."""
    code = function.__code__
    names = code.co_varnames[1 : code.co_argcount]
    world = World(Case((ConstantNode(0),), (0,)), lambda proxy: proxy)
    world.locals.update(zip(names, arguments, strict=True))
    emission = Emission("own", code, function.__globals__, names, (), function.__closure__)
    return trace.judge(emission, world, verify(watched or code))


def loops(outputs: object, items: Any) -> Any:
    total = 0
    for item in items:
        try:
            total += item.missing
        except AttributeError as error:
            total = len(str(error)) + sum(each for each in (1, 2))
    return [total, *items, {"a": 1}]


def keywords(outputs: object, items: Any) -> Any:
    with open(__file__, encoding="utf-8") as file:
        options = {"reverse": True}
        return [file.name, sorted(items, key=str), sorted([*items], **options)]


@pytest.mark.parametrize("function", [loops, keywords])
def test_code_of_the_compiler_is_as_predicted(function: Any) -> None:
    assert traced(function, [1, 2, 3]) == Verdict("passed")


def test_it_is_the_watched_code_that_is_traced() -> None:
    """The states of another function are wrong beliefs."""
    verdict = traced(loops, [1], watched=keywords.__code__)
    assert verdict.status == "failed"


@pytest.fixture
def wrong_row(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    name, row = request.param
    rows = opcodes.ROWS[sys.version_info[:2]]
    monkeypatch.setitem(opcodes.ROWS, sys.version_info[:2], {**rows, name: row})
    table.cache_clear()
    yield
    monkeypatch.undo()
    table.cache_clear()


PLANTED = {
    "one too many": (("BUILD_LIST", Row("items[oparg] -- list: list, more")), "depth"),
    "one too few": (("BUILD_TUPLE", Row("items[oparg] --")), "depth"),
    "another kind": (("BUILD_LIST", Row("items[oparg] -- list: dict")), "kind"),
    "an object for NULL": (("PUSH_NULL", Row("-- value")), "null"),
    "NULL for an object": (("LOAD_GLOBAL", Row("-- value, null: null[oparg & 1]", space="name * 2")), "null"),
    "never falls": (("CALL", Row("method: any, callable: any, args[oparg] --", falls=False)), "unpredicted"),
}


@pytest.mark.parametrize(("wrong_row", "invariant"), PLANTED.values(), ids=PLANTED, indirect=["wrong_row"])
@pytest.mark.usefixtures("wrong_row")
def test_a_planted_error_in_a_row_is_found(invariant: str, targets: dict[str, Target]) -> None:
    target = targets["own"]
    found = set()
    for index in range(CASES):
        case = seeded_case(3, index)
        if may_be_refused(case):
            continue
        world = world_of(target, case)
        try:
            emission = target.emit(case, world)
        except Refused:
            continue
        verdict = trace.judge(emission, world)
        found |= {finding.invariant for finding in verdict.findings}
    # a loop is found as soon as control comes out of it, and all before it is right
    assert invariant in found or (invariant == "unpredicted" and found)


def test_a_constant_is_the_very_object(monkeypatch: pytest.MonkeyPatch) -> None:
    code = loops.__code__
    other = code.replace(co_consts=tuple(2**40 if value == 0 else value for value in code.co_consts))
    assert 0 in code.co_consts
    verdict = traced(loops, [1], watched=other)
    assert {finding.invariant for finding in verdict.findings} == {"constant"}
    (finding,) = verdict.findings
    assert finding.oracle == "trace"
    assert finding.subject == dis.opname[code.co_code[finding.offset or 0]]


@pytest.mark.parametrize("name", ["own", "torch"])
def test_drawn_cases_run_as_predicted(name: str, targets: dict[str, Target]) -> None:
    runner = Runner(targets[name], sampled=True)
    outcomes = [runner.run(seeded_case(12, index)) for index in range(CASES)]
    wrong = [found for outcome in outcomes for found in outcome.findings if found.oracle == "trace"]
    assert wrong == []
    # "trace: " begins what the oracle could not judge; the word alone is in reasons of refusals too
    assert [outcome.reason for outcome in outcomes if "trace: " in outcome.reason] == []


def told(tracer: trace.Tracer, function: FunctionType, watched: CodeType | None = None) -> list[trace.Wrong]:
    """Watch the function; the list is of what is found wrong from now on."""
    found: list[trace.Wrong] = []
    code = function.__code__
    tracer.add(code, verify(watched or code), lambda _, wrong: found.append(wrong))
    return found


def test_many_code_objects_are_watched_at_once() -> None:
    tracer = trace.Tracer()
    one, other = told(tracer, loops), told(tracer, keywords, watched=loops.__code__)
    with tracer:
        for _ in range(2):
            loops(None, [1])
            keywords(None, [1])
    loops(None, [1])
    assert one == []
    assert len(other) == 1, "the first wrong belief alone"
    assert tracer.frames == 4
    assert tracer.instructions > 50


def events(tracer: trace.Tracer) -> list[tuple[str, str, int]]:
    """What a trace function that was there before gets to see."""
    seen: list[tuple[str, str, int]] = []

    def note(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename == __file__:
            seen.append((frame.f_code.co_name, event, frame.f_lineno))
        return note

    def run() -> None:
        with pytest.raises(ZeroDivisionError):
            keywords(None, [1]), loops(None, [1 / (len(__file__) - len(__file__))])
        loops(None, [1])

    before = sys.gettrace()
    sys.settrace(note)
    with tracer:
        run()
    assert sys.gettrace() is note
    sys.settrace(before)
    return [each for each in seen if each[0] in ("run", "loops", "keywords", "<genexpr>")]


def test_the_trace_function_before_sees_what_it_saw() -> None:
    tracer = trace.Tracer()
    unwatched = events(tracer)
    found = told(tracer, loops)
    assert events(tracer) == unwatched
    assert {event for _, event, _ in unwatched} == {"call", "line", "exception", "return"}
    assert (tracer.frames, found) == (1, [])


def test_a_trace_function_that_puts_itself_in_place_is_put_behind() -> None:
    """As coverage's does, which is written in C."""
    tracer = trace.Tracer()
    found = told(tracer, keywords)
    names: list[str] = []

    def usurper(frame: FrameType, event: str, argument: object) -> None:
        names.append(frame.f_code.co_name)
        sys.settrace(usurper)

    before = sys.gettrace()
    sys.settrace(usurper)
    with tracer:
        loops(None, [1])
        keywords(None, [1])
    sys.settrace(before)
    assert tracer.frames == 1
    assert {"loops", "keywords"} <= set(names)
    assert found == []


def test_it_steps_aside_and_leaves_alone_what_others_put_there() -> None:
    tracer = trace.Tracer()
    told(tracer, loops)
    before = sys.gettrace()
    with tracer:
        with tracer.aside():
            loops(None, [1])
            assert tracer.frames == 0
        loops(None, [1])
        assert tracer.frames == 1
        sys.settrace(before)
    with tracer.aside():
        assert sys.gettrace() is before


def test_watched_code_is_not_kept_alive() -> None:
    tracer = trace.Tracer()
    names: dict[str, Any] = {}
    exec("def function(): return [len]", names)
    told(tracer, names["function"])
    gone = weakref.ref(names.pop("function").__code__)
    gc.collect()
    assert gone() is None
    assert tracer._watched == {}


def test_a_sample_is_a_share_and_always_the_same() -> None:
    numbers = range(2000)
    assert not any(trace.sampled("name", number, 0) for number in numbers)
    assert all(trace.sampled("name", number, 1) for number in numbers)
    chosen = [number for number in numbers if trace.sampled("name", number, 0.25)]
    assert 400 < len(chosen) < 600
    assert chosen[:4] == [0, 4, 8, 10]


def test_a_python_without_a_layout_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "LAYOUTS", {})
    assert traced(loops, [1]).status == "inconclusive"
