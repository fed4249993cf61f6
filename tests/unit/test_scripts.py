"""Scripts: what is drawn and refused, what plain Python makes of them, and what every codegen is asked."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from generators.case import Case, GlobalName, LocalName, Options
from generators.cases import drawn_case
from generators.codec import dumps, from_data, loads, to_data
from generators.draw import SeededDraw, strategy
from generators.nodes import ConstantNode, ListNode, ObjectNode, TensorNode, TupleNode
from generators.rules import CaseError, check, problems
from generators.scripts import script_case
from generators.stacks import ImpossibleStepError, Model
from generators.steps import MISUSES, STEPS, TOOLS, VIAS, Step
from generators.taking import _TAKE, left_by, take
from harness.codegen import BASE, PyCodegen
from harness.corpus import read, without_known
from harness.describe import side_by_side
from harness.report.script import script_rows
from harness.runner import Runner
from harness.targets import misuses, scripts
from harness.targets.base import Target
from harness.targets.own import OwnTarget
from harness.targets.own_odd import OwnOdd
from harness.targets.scripts import build_tuple
from oracles import tools
from oracles.scripts import _DO, carry_out
from oracles.world import GraphValue, World

CASES = 1_500
CORPUS = Path(__file__).parents[2] / "corpus"


def script(*steps: Step, nodes: tuple[Any, ...] = (), **fields: Any) -> Case:
    return Case(nodes, (), options=Options(passes=1), kind="script", steps=steps, **fields)


def tool(name: str = "gather") -> Step:
    return Step("load_callable", name=name, via="global")


def ready(name: str = "gather", ex: bool = False) -> Step:
    return Step("add_push_null", name=name, via="global", ex=ex)


def token(number: int) -> Step:
    return Step("create_load_const_unchecked", count=number)


OBJECT: dict[str, Any] = {
    "nodes": (ObjectNode((), 0),),
    "sources": (LocalName("a"),),
    "locals": (("a", 0),),
}


# --- the tables ------------------------------------------------------------------------------------------


def test_every_operation_stands_in_every_table() -> None:
    assert set(_TAKE) == set(STEPS) == set(_DO)
    assert all(callable(getattr(scripts.Driver, operation, None)) for operation in STEPS)
    assert set(misuses._MISUSES) == set(MISUSES)


def test_our_codegen_has_an_error_for_every_misuse_it_can_know_of() -> None:
    assert set(MISUSES) - set(OwnOdd.errors) == set()


def test_torch_has_an_error_for_every_misuse_that_it_looks_for(targets: dict[str, Target]) -> None:
    from harness.targets.dynamo_odd import DynamoOdd

    assert set(MISUSES) - set(DynamoOdd.errors) == {
        "closure without free variables",
        # these are of profiles, of which torch has one at a time, and of a host
        "closure over no cell",
        "closure with the arguments of another profile",
        "context manager object as a usage error",
        "conversion without a helper",
        "pop_null in a profile without it",
    }


# --- drawing ---------------------------------------------------------------------------------------------


def test_what_is_drawn_is_well_formed_and_of_every_operation() -> None:
    seen: Counter[str] = Counter()
    for index in range(CASES):
        case = check(script_case(SeededDraw(31, index)))
        assert repr(loads(dumps(case))) == repr(case)
        seen.update(step.operation for step in case.steps)
        seen.update(step.name or "" for step in case.steps if step.operation == "misuse")
    assert {name for name in (*STEPS, *MISUSES) if seen[name] < 20} == set()


def test_rotations_and_places_below_values_are_drawn_in_their_whole_range() -> None:
    counts: dict[str, set[int | None]] = {"rot_n": set(), "load_function_name": set()}
    for index in range(CASES):
        for step in script_case(SeededDraw(32, index)).steps:
            if step.operation in counts:
                counts[step.operation].add(step.count)
    assert counts["rot_n"] == set(range(9))
    assert counts["load_function_name"] == set(range(7))


def test_hypothesis_draws_the_same_definition() -> None:
    from hypothesis import given, settings

    @settings(max_examples=40, database=None, derandomize=True)
    @given(strategy(script_case))
    def holds(case: Case) -> None:
        check(case)

    holds()


# --- the rules -------------------------------------------------------------------------------------------

NODES = (
    ConstantNode(1),
    ListNode((0,)),
    TupleNode((0,)),
    TensorNode(0),
    ListNode((0,), 0),
    TupleNode((0,), 1),
)
BOUND: dict[str, Any] = {
    "nodes": NODES,
    "sources": (LocalName("a"), GlobalName("g")),
    "locals": (("a", 4),),
    "globals": (("g", 5),),
}

REFUSED: dict[str, tuple[str, tuple[Step, ...]]] = {
    "underflow": ("steps[0]", (Step("pop_top"),)),
    "rotation of too many": ("steps[1].count", (tool(), Step("rot_n", count=2))),
    "rotation over a NULL": ("steps[1].count", (ready(), Step("rot_n", count=1))),
    "pop of a NULL": ("steps[1]", (ready(), Step("pop_top"))),
    "duplicate of a NULL": ("steps[1]", (ready(), Step("dup_top"))),
    "a NULL left": ("steps", (ready(),)),
    "a NULL popped that is none": ("steps[1]", (tool(), Step("pop_null"))),
    "a NULL that may be an object": (
        "steps[1]",
        (Step("add_push_null", name="gather", via="module", ex=False), Step("pop_null")),
    ),
    "call of a value": ("steps[1]", (token(0), Step("call_function", count=0, null=True))),
    "call without its NULL": ("steps[1].null", (tool(), Step("call_function", count=0, null=False))),
    "call with the NULL of a method": (
        "steps[1].null",
        (ready(), Step("call_function_ex", count=0, null=False)),
    ),
    "names of more than the arguments": (
        "steps[1].names",
        (ready(), Step("create_call_function_kw", count=0, names=("x",), null=False)),
    ),
    "arguments for a function that takes none": (
        "steps[2].count",
        (
            Step("make_function_with_closure", names=("outer_a",)),
            token(0),
            Step("call_function", count=1, null=True),
        ),
    ),
    "a variable that is not there": ("steps[0].count", (Step("create_load", count=0),)),
    "a variable that was deleted": (
        "steps[3].count",
        (token(0), Step("store", count=0), Step("create_delete", count=0), Step("create_load", count=0)),
    ),
    "an empty cell": ("steps[0].name", (Step("load_deref", name="inner"),)),
    "no cell": ("steps[0].name", (Step("load_deref", name="other"),)),
    "not interned": ("steps[0].add", (Step("create_load_global", name="gather", add=False),)),
    "clash": (
        "steps[1].count",
        (
            Step("setup_globally_cached", name="cached", count=0),
            Step("setup_globally_cached", name="cached", count=1),
        ),
    ),
    "no attribute": ("steps[1].name", (token(0), Step("load_attr", name="x"))),
    "no source": ("steps[0].nodes", (Step("source", nodes=(1,)),)),
    "no node": ("steps[0].nodes", (Step("tracker", nodes=(9,)),)),
    "two nodes": ("steps[0].nodes", (Step("tracker", nodes=(1, 2)),)),
    "no constant": ("steps[0].nodes", (Step("create_load_const", nodes=(1,)),)),
    "no tensor": ("steps[0].nodes", (Step("graph_output", nodes=(1,)),)),
    "an item of a constant": (
        "steps[1]",
        (Step("tracker", nodes=(2,)), Step("create_binary_subscr", count=0)),
    ),
    "an item that is not there": (
        "steps[1].count",
        (Step("tracker", nodes=(1,)), Step("create_binary_subscr", count=1)),
    ),
    "another node's value cached": (
        "steps[2].nodes",
        (Step("tracker", nodes=(1,)), Step("clear_tos"), Step("add_cache", nodes=(2,))),
    ),
    "an older value cached": (
        "steps[2].nodes",
        (Step("tracker", nodes=(1,)), Step("clear_tempvars"), Step("add_cache", nodes=(1,))),
    ),
    "a graph output on a known top": (
        "steps[1]",
        (Step("tracker", nodes=(1,)), Step("graph_output", nodes=(3,))),
    ),
    "a tracker on its rebuilt copy": (
        "steps[1]",
        (Step("restore_stack", nodes=(5,), from_source=False), Step("tracker", nodes=(5,))),
    ),
    "rebuilt what is cached": (
        "steps[3].nodes",
        (
            Step("tracker", nodes=(5,)),
            Step("clear_tos"),
            Step("add_cache", nodes=(5,)),
            Step("restore_stack", nodes=(5,), from_source=False),
        ),
    ),
    "no misuse": ("steps[0].name", (Step("misuse", name="nothing"),)),
    "a field too many": ("steps[0].count", (Step("clear_tos", count=1),)),
    "a field missing": ("steps[0].count", (Step("rot_n"),)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_ill_formed_script_is_refused_with_the_path_of_the_step(name: str) -> None:
    where, steps = REFUSED[name]
    found = next(problems(script(*steps, **BOUND)), None)
    assert found is not None, name
    assert found[0] == where, found


def test_one_step_less_and_those_scripts_are_well_formed() -> None:
    checked = 0
    for name, (where, steps) in REFUSED.items():
        if where != "steps" and len(steps) > 1 and not any(step == ready() for step in steps):
            rest = script(*steps[:-1], **BOUND)
            if left_by(rest.nodes, dict(rest.locals), rest.steps).finished():
                assert list(problems(rest)) == [], name
                checked += 1
    assert checked > 10


def test_a_marked_node_is_not_rebuilt_without_its_source() -> None:
    case = script(Step("restore_stack", nodes=(5,), from_source=False), **BOUND)
    check(case)
    marked = dataclasses.replace(case, options=Options(passes=1, temporaries=(5,)))
    assert [where for where, _ in problems(marked)] == ["options.temporaries"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"options": Options()}, "options"),
        ({"roots": (0,)}, "roots"),
        ({"steps": ()}, "steps"),
        ({"kind": "tree", "roots": (0,)}, "steps"),
        ({"locals": (("gather", 4),), "sources": (LocalName("gather"), GlobalName("g"))}, "locals.gather"),
    ],
)
def test_a_script_has_steps_and_nothing_of_a_tree(change: dict[str, Any], where: str) -> None:
    case = script(tool(), **BOUND)
    check(case)
    with pytest.raises(CaseError) as caught:
        check(dataclasses.replace(case, **change))
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ({"operation": "jump"}, "steps[0].operation"),
        ({"operation": "rot_n", "count": -1}, "steps[0].count"),
        ({"operation": "rot_n", "count": True}, "steps[0].count"),
        ({"operation": "tracker", "nodes": 0}, "steps[0].nodes"),
        ({"operation": "tracker", "node": [0]}, "steps[0]"),
        ({"operation": "call_function", "null": 1}, "steps[0].null"),
        ({"operation": "create_call_function_kw", "names": [1]}, "steps[0].names[0]"),
        ({}, "steps[0]"),
        ("clear_tos", "steps[0]"),
    ],
)
def test_a_file_with_a_wrong_step_is_refused_by_field(entry: Any, where: str) -> None:
    data = to_data(script(tool()))
    with pytest.raises(CaseError) as caught:
        from_data({**data, "steps": [entry]})
    assert caught.value.where == where


def test_a_tree_is_written_without_steps() -> None:
    assert "steps" not in to_data(Case((ConstantNode(1),), (0,)))


# --- plain Python ----------------------------------------------------------------------------------------


def world(case: Case) -> World:
    values: dict[int, GraphValue] = {}
    return World(case, lambda proxy: values.setdefault(proxy, GraphValue(proxy)))


ONE, TWO, THREE = tools.tokens
LEFT: dict[str, tuple[tuple[Step, ...], list[Any]]] = {
    "rotation": ((token(0), token(1), token(2), Step("rot_n", count=3)), [THREE, ONE, TWO]),
    "rotation of one": ((token(0), token(1), Step("rot_n", count=1)), [ONE, TWO]),
    "rotation of none": ((token(0), token(1), Step("rot_n", count=0)), [ONE, TWO]),
    "below": (
        (token(0), token(1), Step("load_function_name", name="spread", null=False, count=1)),
        [ONE, tools.spread, TWO],
    ),
    "call": (
        (ready(), token(0), token(1), Step("call_function", count=2, null=False)),
        [("gather", (ONE, TWO), ())],
    ),
    "keywords": (
        (
            ready("spread"),
            *(token(0), token(1), token(2)),
            Step("create_call_function_kw", count=3, names=("y", "x"), null=False),
        ),
        [("spread", (ONE,), (("y", TWO), ("x", THREE)))],
    ),
    "tuple and dict": (
        (
            tool(),
            token(0),
            Step("call_function_ex", count=1, names=("z", "x"), null=True),
        ),
        [("gather", (ONE,), (("z", 0), ("x", 1)))],
    ),
    "variables": (
        (
            token(0),
            token(1),
            Step("store", count=0),
            Step("create_store", count=1),
            Step("create_load", count=0),
        ),
        [TWO],
    ),
    "cells": (
        (
            token(0),
            Step("create_store_deref", name="inner"),
            Step("make_function_with_closure", names=("outer_b", "inner")),
            Step("call_function", count=0, null=True),
        ),
        [("outer_b", ONE)],
    ),
    "modules": (
        (
            Step("create_import_name", name="oracles.tools"),
            Step("create_load_attrs", name="shelf.spread"),
        ),
        [tools.spread],
    ),
    "duplicates": ((token(0), Step("dup_top"), token(1), Step("pop_top")), [ONE, ONE]),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_plain_python_leaves(name: str) -> None:
    steps, stack = LEFT[name]
    case = check(script(*steps))
    assert carry_out(case, world(case)).stack == stack


@pytest.mark.parametrize("name", LEFT)
def test_both_targets_leave_it_too(name: str, targets: dict[str, Target]) -> None:
    case = script(*LEFT[name][0])
    for target in targets.values():
        assert Runner(target, sampled=True).run(case).findings == ()


def test_a_method_is_of_the_object_it_was_loaded_from() -> None:
    steps = (Step("source", nodes=(0,)), Step("load_method"), token(0), Step("call_method", count=1))
    case = check(script(*steps, **OBJECT))
    there = world(case)
    assert carry_out(case, there).stack == [(there.locals["a"], (ONE,), ())]


def test_an_attribute_is_stored_in_the_object() -> None:
    steps = (token(1), Step("source", nodes=(0,)), Step("store_attr", name="p"))
    case = check(script(*steps, **OBJECT))
    there = world(case)
    assert carry_out(case, there).stack == []
    assert vars(there.locals["a"]) == {"p": TWO}


def test_new_objects_are_made_anew_once_the_temporaries_are_gone() -> None:
    asked = Step("tracker", nodes=(1,))
    case = check(script(asked, asked, Step("clear_tempvars"), asked, **BOUND))
    first, second, third = carry_out(case, world(case)).stack
    assert first is second
    assert first is not third
    assert first == third == [1]


def test_the_inner_scope_loads_from_sources_only_where_the_outer_does() -> None:
    for outer in (True, False):
        for inner in (True, False):
            step = Step("restore_nested", nodes=(5, 4), from_source=outer, inner=inner)
            case = check(script(step, **BOUND))
            there = world(case)
            ((a_tuple, a_list),) = carry_out(case, there).stack
            assert (a_tuple is there.globals["g"]) is (outer and inner)
            assert a_list is there.locals["a"]


@pytest.mark.parametrize("names", [("outer_b", "inner"), ("inner", "outer_a", "outer_b"), ("inner",)])
def test_the_code_over_cells_lists_them_as_they_are_named(names: tuple[str, ...]) -> None:
    code = tools.code_over(names)
    assert code.co_freevars == names
    assert tools.code_over(names) is code


# --- the codegens ----------------------------------------------------------------------------------------

NOT_REACHED = {
    "make_call_generated_code": "the subject of another kind of case",
    "create_list_append": "for a break inside of a comprehension, in some releases alone",
}
"""Public methods that no step reaches -> why."""


def public_methods(kind: type) -> set[str]:
    names = {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
    return {*names, "__call__"}


def reached_by_driver(kind: Any, target: Target, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The methods that the driver itself calls, in the first cases of a campaign."""
    called: set[str] = set()

    def watched(name: str, real: Any) -> Any:
        def method(self: Any, *arguments: Any, **named: Any) -> Any:
            caller = sys._getframe(1).f_globals["__name__"]
            if caller in (scripts.__name__, misuses.__name__):
                called.add(name)
            return real(self, *arguments, **named)

        return method

    known = read(CORPUS).known_of(target.name, target.versions())
    for name in public_methods(kind):
        monkeypatch.setattr(kind, name, watched(name, getattr(kind, name)))
    runner = Runner(target)
    for index in range(200):
        case = drawn_case(33, index, ("script",))
        assert without_known(known, case, runner.run(case)).findings == ()
    return called


@pytest.mark.parametrize("name", ["own", "torch"])
def test_every_public_method_is_reached(
    name: str, targets: dict[str, Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind: Any = PyCodegen
    if name == "torch":
        from torch._dynamo.codegen import PyCodegen as TorchPyCodegen

        kind = TorchPyCodegen
    missing = public_methods(kind) - reached_by_driver(kind, targets[name], monkeypatch)
    assert missing == set(NOT_REACHED) & public_methods(kind)


class _BaseCodegen(PyCodegen):
    profile = BASE


class _BaseTarget(OwnTarget):
    codegen_class = _BaseCodegen


def test_the_base_profile_passes_the_same_scripts() -> None:
    runner = Runner(_BaseTarget())
    made = 0
    for index in range(400):
        case = drawn_case(34, index, ("script",))
        assert runner.run(case).findings == ()
        made += any(step.operation == "make_function_with_closure" for step in case.steps)
    assert made > 50


def test_a_method_that_appends_what_it_has_to_return_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    real = PyCodegen.create_load_global

    def appending(self: Any, name: str, add: bool = False) -> Any:
        made = real(self, name, add)
        self._output.append(self.create_load_const(None))
        return made

    monkeypatch.setattr(PyCodegen, "create_load_global", appending)
    (finding,) = Runner(OwnTarget()).run(script(tool())).findings
    assert (finding.invariant, finding.subject) == ("appended", "create_load_global")


# --- reports ---------------------------------------------------------------------------------------------


def test_the_stack_is_told_step_by_step() -> None:
    case = script(Step("tracker", nodes=(1,)), ready(), Step("pop_null"), **BOUND)
    assert script_rows(case) == [
        ("tracker  nodes 1", "node 1"),
        ("add_push_null  name gather  via global  ex False", "node 1, ready takes anything"),
        ("pop_null", "node 1, value takes anything"),
    ]


def test_values_are_shown_place_by_place() -> None:
    steps = (Step("tracker", nodes=(1,)), token(0), Step("store", count=0))
    case = check(script(*steps, **BOUND))
    run = Runner(OwnTarget()).emit(case)
    rows = {
        row.path: (row.original, row.reconstructed)
        for row in side_by_side(run, run.emission.execute(run.world))
    }
    assert all(original == reconstructed for original, reconstructed in rows.values())
    assert {"stack[0]", "stack[0][0]", "variable 0", "free variable outer_a.cell_contents"} <= set(rows)


def test_the_first_step_that_goes_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.repro import replay

    real = PyCodegen.rot_n
    monkeypatch.setattr(PyCodegen, "rot_n", lambda self, n: real(self, n - 1))
    case = script(token(0), token(1), Step("rot_n", count=2), token(2))
    assert replay(OwnTarget(), case).bad_step == 2


def test_a_model_refuses_nothing_that_it_took_before() -> None:
    steps = [Step("load_callable", name=name, via=via) for name in TOOLS for via in VIAS]
    model = Model((), {})
    for step in steps:
        take(model, step)
    assert len(model.stack) == len(steps)
    with pytest.raises(ImpossibleStepError):
        take(model, Step("rot_n", count=len(steps) + 1))


def test_an_empty_tuple_is_made_as_the_codegen_makes_one() -> None:
    knows_newer = SimpleNamespace(create_build_tuple=lambda count: ("create_build_tuple", count))
    assert build_tuple(knows_newer, 0) == ("create_build_tuple", 0)
    older = SimpleNamespace(create_instruction=lambda name, arg: (name, arg))
    assert build_tuple(older, 0) == ("BUILD_TUPLE", 0)
