"""Context managers and a compiler's own objects: what makers make, how it is compared, where it may stand."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from generators.case import Case, GlobalName, LocalName, Options
from generators.codec import dumps, loads
from generators.makers import MAKERS
from generators.makers_contexts import CONTEXTS, DECORATING, ENTERED
from generators.makers_torch import HELD, OBJECTS, ONE_OF_EACH
from generators.nodes import (
    CellNode,
    ConstantNode,
    ContextManagerNode,
    FunctionNode,
    IteratorNode,
    ListNode,
    MadeNode,
    ObjectNode,
)
from generators.roles import TENSOR
from generators.rules import problems
from harness.corpus import Predicate
from harness.runner import Runner
from harness.targets.base import Target
from oracles.graph_values import AsItself, StandIns
from oracles.making import PLAIN
from oracles.run import Finding
from oracles.values import compare
from oracles.world import World

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch")

CALLABLE = FunctionNode(defaults=(0,))


def makers_of(target: str) -> tuple[Mapping[str, Callable[..., Any]], Any]:
    """The makers of a target, and a tensor for them."""
    if target == "own":
        return PLAIN.makers, StandIns()(0)
    import torch

    from harness.targets.dynamo_objects import CLASSES

    return CLASSES.makers, torch.ones(1)


def arguments(name: str, tensor: Any, second: bool) -> list[Any]:
    """What a maker is given, or, as the second choice, something else that it may be given."""
    values = {
        "True or False": (True, False),
        "a constant string": ("a", "b"),
        "any value": ("a", "b"),
        "a constant int or string": (1, "1"),
        TENSOR.told: (tensor, tensor),
    }
    return [values[role.told][second] for role in MAKERS[name].takes]


def differ(one: Any, other: Any, tensor: Any) -> bool:
    return compare([(("root", 0), one, other)], [(tensor, tensor)]) is not None


SIMPLE = (*CONTEXTS, *OBJECTS, *ONE_OF_EACH, *HELD)


@pytest.mark.parametrize("target", ["own", pytest.param("torch", marks=needs_torch)])
@pytest.mark.parametrize("name", SIMPLE)
def test_two_values_are_equal_if_they_were_made_of_the_same(name: str, target: str) -> None:
    makers, tensor = makers_of(target)
    if name == "sdpa_params" and target == "torch":
        pytest.skip("it exists beforehand alone, and is never rebuilt: nothing is compared but which it is")
    one, other = (makers[name](*arguments(name, tensor, second=False)) for _ in range(2))
    assert not differ(one, other, tensor)
    changed = makers[name](*arguments(name, tensor, second=True))
    told_apart = any(role is not TENSOR for role in MAKERS[name].takes)
    if target == "own" or name not in {"record_function"}:
        assert differ(one, changed, tensor) == told_apart


@needs_torch
def test_no_two_managers_of_torch_are_taken_for_one_another() -> None:
    makers, tensor = makers_of("torch")
    made = {name: makers[name](*arguments(name, tensor, second=True)) for name in CONTEXTS}
    for name, value in made.items():
        # both are `catch_warnings`, the second one told what it would have taken anyway
        same = {"catch_warnings", "recorded_warnings"} if "warnings" in name else {name}
        assert {other for other, theirs in made.items() if not differ(value, theirs, tensor)} == same


@needs_torch
def test_making_a_manager_changes_nothing() -> None:
    import torch

    makers, tensor = makers_of("torch")
    before = torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")
    for name in CONTEXTS:
        makers[name](*arguments(name, tensor, second=True))
    assert (torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")) == before


def stack_case(*nodes: Any, root: int) -> Case:
    return Case(nodes=nodes, roots=(root,))


def test_an_exit_stands_on_the_stack_alone() -> None:
    nodes = (ConstantNode(True), MadeNode("grad_mode", (0,)), MadeNode("entered", (1,)))
    assert not list(problems(stack_case(*nodes, root=2)))
    ((where, what),) = problems(stack_case(*nodes, ListNode((2,)), root=3))
    assert where == "nodes[2].name"
    assert "on the stack alone" in what


def test_what_no_frame_makes_has_a_source() -> None:
    ((where, what),) = problems(stack_case(MadeNode("hooks"), root=0))
    assert where == "nodes[0].source"
    assert "there beforehand only" in what
    bound = Case((MadeNode("hooks", (), 0),), (0,), (LocalName("a"),), (("a", 0),))
    assert not list(problems(bound))


@pytest.mark.parametrize("name", ["own", pytest.param("torch", marks=needs_torch)])
@pytest.mark.parametrize("manager", ENTERED)
def test_the_exit_of_a_manager_is_what_makes_it_again(
    manager: str, name: str, targets: dict[str, Target]
) -> None:
    given = [
        ConstantNode("a" if role.told == "a constant string" else True) for role in MAKERS[manager].takes
    ]
    at = len(given)
    nodes = (*given, MadeNode(manager, tuple(range(at))), MadeNode("entered", (at,)))
    case = stack_case(*nodes, root=at + 1)
    assert Runner(targets[name]).run(case).status == "passed"


FUNCTIONS: dict[str, Any] = {
    "new": (ConstantNode(True), FunctionNode(), ()),
    "existing": (ConstantNode(True), FunctionNode(source=0), (("f", 1),)),
    "skipped": (ConstantNode(True), MadeNode("skipped_function", (), 0), (("f", 1),)),
}


@pytest.mark.parametrize("name", ["own", pytest.param("torch", marks=needs_torch)])
@pytest.mark.parametrize("manager", [*DECORATING, "mode"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_decorated_function_is_passed_on_both_targets(
    function: str, manager: str, name: str, targets: dict[str, Target]
) -> None:
    flag, held, bound = FUNCTIONS[function]
    made = ContextManagerNode("mode", (0,)) if manager == "mode" else MadeNode(manager, (0,))
    nodes = (flag, held, made, MadeNode("decorated", (2, 1)), ListNode((2, 3)))
    case = Case(nodes, (4, 3), (GlobalName("f"),) if bound else (), globals=bound)
    assert not list(problems(case))
    assert Runner(targets[name]).run(case).status == "passed"


CALLED = Options(called=True)


@pytest.mark.parametrize("name", ["own", pytest.param("torch", marks=needs_torch)])
@pytest.mark.parametrize("passes", [1, 2])
def test_the_last_root_is_called_beside_its_null(passes: int, name: str, targets: dict[str, Target]) -> None:
    options = Options(passes, called=True)
    nodes = (ConstantNode(7), ListNode((0,)), CellNode(1), FunctionNode((2,), (1, 0)))
    case = Case(nodes, (1, 3, 3), options=options)
    world = World(case, StandIns())
    *_, function, given = world.asked_for()
    assert callable(function)
    assert given == ([7], 7, [7])
    assert Runner(targets[name]).run(case).status == "passed"


@pytest.mark.parametrize(
    ("nodes", "roots"),
    [
        ((ConstantNode(1),), (0,)),
        ((ConstantNode(1), CALLABLE), (1, 0)),
        ((CellNode(), FunctionNode((0,))), (1,)),
    ],
)
def test_only_a_function_that_gives_something_is_called(nodes: Any, roots: Any) -> None:
    ((where, _),) = problems(Case(nodes, roots, options=CALLED))
    assert where == "options.called"


def test_a_file_says_that_the_last_root_is_called() -> None:
    case = Case((ConstantNode(1), CALLABLE), (1,), options=CALLED)
    assert loads(dumps(case)).options.called
    assert "called" not in dumps(Case((ConstantNode(1),), (0,)))


@pytest.mark.parametrize("name", ["own", pytest.param("torch", marks=needs_torch)])
def test_what_the_graph_knows_by_number_is_made_anew_in_each_run(
    name: str, targets: dict[str, Target]
) -> None:
    case = Case((MadeNode("stream"), MadeNode("event"), ListNode((0, 1))), (2, 0, 1))
    for _ in range(2):
        assert Runner(targets[name]).run(case).status == "passed"


@needs_torch
@pytest.mark.parametrize("holder", ["user_manager", "decorated"])
def test_a_place_inside_what_was_made_leads_to_its_node(holder: str, targets: dict[str, Target]) -> None:
    nodes: tuple[Any, ...] = (ConstantNode(True), IteratorNode((0,), 0, "list"))
    if holder == "user_manager":
        nodes = (*nodes, MadeNode("user_manager", (1,)))
    else:
        nodes = (
            *nodes,
            MadeNode("grad_mode", (0,)),
            FunctionNode(defaults=(1,)),
            MadeNode("decorated", (2, 3)),
        )
    outcome = Runner(targets["torch"]).run(Case(nodes, (len(nodes) - 1,)))
    (finding,) = outcome.findings
    assert (finding.invariant, finding.node) == ("type", 1)


def test_a_predicate_asks_what_made_the_value_at_fault() -> None:
    case = Case((MadeNode("no_grad"), ConstantNode(1), ListNode((0, 1))), (2,))
    predicate = Predicate((("oracle", ("values",)),), makers=frozenset({"no_grad"}))

    def finding(node: int | None) -> Finding:
        return Finding("values", "type", "made", "", node=node)

    assert [predicate.matches(case, finding(node)) for node in (0, 1, 2, None)] == [True, False, False, True]
    assert not predicate.matches(Case((ConstantNode(1),), (0,)), finding(None))


@needs_torch
def test_a_user_manager_holds_what_it_was_given(targets: dict[str, Target]) -> None:
    nodes = (ConstantNode(1), ObjectNode((), 0), ListNode((1, 0)), MadeNode("user_manager", (2,)))
    case = Case(nodes, (3, 2), (LocalName("a"),), (("a", 1),))
    assert Runner(targets["torch"]).run(case).status == "passed"


@needs_torch
def test_the_graph_gives_a_constant_of_it_once_and_equal_ones_apart(targets: dict[str, Target]) -> None:
    one, other = MadeNode("opaque", (0,)), MadeNode("opaque", (0,))
    case = Case((ConstantNode("a"), one, ListNode((1, 1)), other), (1, 2, 3))
    run = Runner(targets["torch"]).emit(case)
    first, second = run.emission.outputs
    assert isinstance(first, AsItself)
    assert isinstance(second, AsItself)
    assert first.value == second.value
    assert first.value is not second.value
    assert Runner(targets["torch"]).run(case).status == "passed"


@pytest.mark.parametrize("name", ["own", pytest.param("torch", marks=needs_torch)])
@pytest.mark.parametrize("value_from_source", [True, False])
def test_a_method_that_exists_keeps_the_list_that_it_is_of(
    value_from_source: bool, name: str, targets: dict[str, Target]
) -> None:
    case = Case(
        (ListNode((), 0), MadeNode("list_method", (0,), 1)),
        (1, 0),
        (LocalName("a"), LocalName("b")),
        (("a", 0), ("b", 1)),
        options=Options(value_from_source=value_from_source),
    )
    assert Runner(targets[name]).run(case).status == "passed"


@pytest.mark.parametrize("name", ["own", pytest.param("torch", marks=needs_torch)])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_iterator_taken_to_its_end_gives_nothing(
    position: int, name: str, targets: dict[str, Target]
) -> None:
    case = Case((ConstantNode(1), IteratorNode((0, 0), position, "tuple")), (1, 1))
    assert Runner(targets[name]).run(case).status == "passed"
