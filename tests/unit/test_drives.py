"""How a codegen is driven: what comes before the roots, and what becomes of the effects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from generators.case import Attribute, Case, CellName, Effect, FreeName, LocalName, Options
from generators.codec import dumps, loads
from generators.nodes import (
    ArrayNode,
    CellNode,
    ConstantNode,
    FunctionNode,
    ListNode,
    NumberNode,
    ObjectNode,
    SubclassNode,
    TensorNode,
    TupleNode,
)
from generators.rules import problems
from harness.runner import Runner
from harness.targets import load
from harness.targets.base import Target, world_of

CHANGED = Case(
    nodes=(
        *(ConstantNode(1), ListNode((0,), 0), ListNode((0,)), ObjectNode((("x", 0),), 1)),
        *(CellNode(2), FunctionNode((4,)), SubclassNode(0, None, "plain", (("x", 2),))),
    ),
    roots=(1, 2, 5, 6),
    sources=(LocalName("a"), LocalName("b")),
    locals=(("a", 1), ("b", 3)),
    effects=(Effect("append", 1, value=2), Effect("set_attribute", 3, name="y", value=1)),
)
IN_CELLS = Case(
    nodes=(ListNode((), 0), TupleNode((), 1), ListNode((0, 1)), ConstantNode(0)),
    roots=(2, 0, 3),
    sources=(CellName("n"), FreeName("m")),
    cells=(("n", 0),),
    free=(("m", 1),),
)
LOGGED = Case(
    nodes=(
        *(ConstantNode("k"), TensorNode(0), NumberNode(1), SubclassNode(0), TensorNode(2, 0)),
        *(ListNode((1, 3, 1)), TupleNode((4, 2))),
    ),
    roots=(5, 6),
    sources=(LocalName("a"),),
    locals=(("a", 4),),
    options=Options(logged=(3, 0, 1, 2, 4, 1)),
)


@pytest.fixture(scope="module", params=["own", "torch"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    if request.param == "torch":
        pytest.importorskip("torch")
    with load(request.param) as entered:
        yield entered


def with_options(case: Case, **options: Any) -> Case:
    return dataclasses.replace(case, options=dataclasses.replace(case.options, **options))


def ends(target: Target, case: Case) -> list[str]:
    assert list(problems(case)) == []
    assert loads(dumps(case)).options == case.options
    outcome = Runner(target).run(case)
    if outcome.status == "absent":
        pytest.skip(f"the installed torch has no {outcome.reason}")
    return [outcome.status, *(finding.bucket for finding in outcome.findings)]


@pytest.mark.parametrize("passes", [1, 2])
def test_without_replay_only_what_is_new_is_finished(target: Target, passes: int) -> None:
    case = with_options(CHANGED, replay=False, passes=passes, temporaries=(2, 5))
    assert ends(target, case) == ["passed"]
    world = world_of(target, case)
    assert world.originals()[1] == [1]
    emission = target.emit(case, world)
    existing, _, function, tensor = emission.execute(world)  # type: ignore[misc]
    assert (existing, vars(world.locals["b"])) == ([1], {"x": 1})
    assert function.__closure__[0].cell_contents is tensor.x


def test_what_is_replayed_may_be_reported(target: Target) -> None:
    grown = dataclasses.replace(CHANGED, effects=CHANGED.effects[:1])
    assert ends(target, with_options(grown, reported=True)) == ["passed"]


def test_an_effect_that_is_replayed_all_the_same_is_found(target: Target) -> None:
    replayed = with_options(CHANGED, replay=True)

    class Replays:
        name = target.name
        classes = target.classes
        graph_value = target.graph_value

        def emit(self, case: Case, world: Any, **how: Any) -> Any:
            return target.emit(replayed, world, **how)

    outcome = Runner(Replays()).run(with_options(CHANGED, replay=False))  # type: ignore[arg-type]
    if target.name == "torch" and outcome.status == "rejected":
        pytest.skip(outcome.reason)
    assert (outcome.status, outcome.findings[0].invariant) == ("failed", "length")


@pytest.mark.parametrize("passes", [1, 2])
def test_the_cells_of_a_frame_that_goes_on_come_first(target: Target, passes: int) -> None:
    case = with_options(IN_CELLS, resumed=True, passes=passes, temporaries=(2,))
    assert ends(target, case) == ["passed"]
    world = world_of(target, case)
    (cells,), *_ = target.emit(case, world).execute(world)  # type: ignore[misc]
    assert cells[0] is world.free["m"]
    assert cells[1].cell_contents is world.cells["n"]


def test_another_cell_in_the_place_of_the_frame_s_own_is_found(target: Target) -> None:
    case = with_options(IN_CELLS, resumed=True)
    left = with_options(case, resumed=False)

    class Leaves:
        name = target.name
        classes = target.classes
        graph_value = target.graph_value

        def emit(self, case: Case, world: Any, **how: Any) -> Any:
            return target.emit(left, world, **how)

    outcome = Runner(Leaves()).run(case)  # type: ignore[arg-type]
    assert (outcome.status, outcome.findings[0].invariant) == ("failed", "type")


@pytest.mark.parametrize("passes", [1, 2])
def test_calls_that_are_put_off_get_what_the_roots_are(target: Target, passes: int) -> None:
    case = with_options(LOGGED, passes=passes, temporaries=(3,))
    assert ends(target, case) == ["passed"]
    world = world_of(target, case)
    (roots, (existing, number)) = target.emit(case, world).execute(world)  # type: ignore[misc]
    assert world.logged == [(roots[1], "k", roots[0], number, existing, roots[0])]
    assert existing is world.locals["a"]


def test_another_value_logged_is_found(target: Target) -> None:
    other = with_options(LOGGED, logged=(3, 0, 4, 2, 4, 1))

    class Mistakes:
        name = target.name
        classes = target.classes
        graph_value = target.graph_value

        def emit(self, case: Case, world: Any, **how: Any) -> Any:
            return target.emit(other, world, **how)

    outcome = Runner(Mistakes()).run(LOGGED)  # type: ignore[arg-type]
    assert outcome.status == "failed"
    assert outcome.findings[0].path == "logged[0][2]"


def test_a_call_without_marks(target: Target) -> None:
    case = Case(
        nodes=(ConstantNode(1.0, 1), ObjectNode((("x", 0),), 0)),
        roots=(0, 1, 0),
        sources=(LocalName("a"), Attribute(0, "x")),
        locals=(("a", 1),),
        kind="call",
        as_tensor=(0,),
        options=Options(profile="unmarked"),
    )
    assert ends(target, case) == ["passed"]
    marked = with_options(case, profile="later")
    assert ends(target, marked) == ["passed"]
    without, those = (target.emit(each, world_of(target, each)).code.co_names for each in (case, marked))
    assert set(without) < set(those)


def test_what_the_options_want_is_said() -> None:
    for options, where in (
        (Options(logged=(7,)), "options.logged[0]"),
        (Options(logged=(5,)), "options.logged[0]"),
        (Options(logged=(1,), export=True), "options.logged"),
        (Options(logged=(1,), value_from_source=False), "options.logged"),
        (Options(resumed=True, export=True), "options.resumed"),
    ):
        assert next(problems(dataclasses.replace(LOGGED, options=options)))[0] == where
    array = Case((ArrayNode(0),), (0,), options=Options(logged=(0,)))
    assert next(problems(array)) == ("options.logged[0]", "node 0 is a ndarray, which is not logged")
