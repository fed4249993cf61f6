"""The steps of the reducer: each is needed for some case; together they reach what a person would write."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

import harness.reducer.reduce
from generators import Case, Options, check
from generators.case import Attribute, Effect, GlobalName, Item, LocalName
from generators.graph import on_a_cycle
from generators.links import children
from generators.nodes import (
    AliasNode,
    CellNode,
    ConstantNode,
    DequeNode,
    FunctionNode,
    ListNode,
    Node,
    ObjectNode,
    SliceNode,
    TensorNode,
    TupleNode,
)
from harness.reducer.reduce import STEPS, reduce, weight

Reason = Callable[[Case], bool]
ZERO = ConstantNode(0)
A, B = LocalName("a"), LocalName("b")


def some(kind: type[Any], also: Callable[[Any], object] = lambda node: True) -> Reason:
    """Some node is of the kind, and of such a form."""
    return lambda case: any(isinstance(node, kind) and bool(also(node)) for node in case.nodes)


def holds(kind: type[Any], *kinds: type[Any]) -> Reason:
    """Some node of the first kind names nodes of exactly these."""
    return lambda case: any(
        isinstance(node, kind) and tuple([type(case.nodes[at]) for at in children(node)]) == kinds
        for node in case.nodes
    )


def ends(case: Case, reason: Reason) -> Case:
    check(case)
    assert reason(case)
    reduced = reduce(case, reason).case
    check(reduced)
    assert reason(reduced)
    return reduced


# --- every step for itself ------------------------------------------------------------------------------


def parts_of_their_own(case: Case) -> bool:
    """A tuple of two lists that each hold a list; no list is held by two lists."""
    below = {at: node.items for at, node in enumerate(case.nodes) if isinstance(node, ListNode)}
    held = [inner for items in below.values() for inner in items]
    return len(set(held)) == len(held) and any(
        len(node.items) == 2
        and all(below.get(inner, ())[:1] and below[inner][0] in below for inner in node.items)
        for node in case.nodes
        if isinstance(node, TupleNode)
    )


# the step; a case, what is the matter with it, the nodes and roots that it ends at
NEEDED: dict[str, tuple[str, Case, Reason, tuple[Node, ...], tuple[int, ...]]] = {
    "an existing object that an effect changed": (
        "_inner_root",
        Case(
            (ZERO, ObjectNode((), 0)),
            *((0,), (A,), (("a", 1),)),
            effects=(Effect("set_attribute", 1, name="z", value=0),),
        ),
        some(ObjectNode),
        *((ObjectNode((), 0),), (0,)),
    ),
    "what a root was taken from, beside another": (
        "_holder_for_root",
        Case(
            (ConstantNode(0, 1), ListNode((0,), 0), DequeNode((), None, 2)),
            *((0, 2), (A, Item(0, 0), B), (("a", 1), ("b", 2))),
        ),
        lambda case: {"list", "deque"} <= {node.kind for node in case.nodes if node.source is not None},
        *((ListNode((), 0), DequeNode((), None, 1)), (0, 1)),
    ),
    "two values that a tuple held": (
        "_roots_for_children",
        Case((ListNode(), DequeNode(), TupleNode((0, 1))), (2,)),
        lambda case: {"list", "deque"} <= case.kinds(),
        *((ListNode(), DequeNode()), (0, 1)),
    ),
    "a function on a cycle": (
        "_hoist_child",
        Case((DequeNode((2,)), CellNode(0), FunctionNode((1,))), (2,)),
        lambda case: any(isinstance(case.nodes[at], DequeNode) for at in on_a_cycle(case.nodes)),
        *((DequeNode((0,)),), (0,)),
    ),
    "what is in a cell": (
        "_drop_members",
        Case((ZERO, CellNode(0), FunctionNode((1,))), (2,)),
        some(FunctionNode, lambda node: node.closure),
        *((CellNode(), FunctionNode((0,))), (1,)),
    ),
    "a value that exists alone": (
        "_unsource",
        Case((ListNode((), 1), ListNode((0,), 0)), (1,), (A, B), (("a", 1), ("b", 0))),
        lambda case: any(
            isinstance(case.nodes[at], ListNode) and case.nodes[at].source is not None
            for node in case.nodes
            for at in children(node)
        ),
        *((ListNode((), 0), ListNode((0,))), (1,)),
    ),
    "two values that exist, or neither": (
        "_unsource",
        Case((ListNode((), 1), ListNode((0,), 0)), (1,), (A, B), (("a", 1), ("b", 0))),
        lambda case: (
            holds(ListNode, ListNode)(case) and len({node.source is None for node in case.nodes}) == 1
        ),
        *((ListNode(), ListNode((0,))), (1,)),
    ),
    "a global": (
        "_bind_directly",
        Case((ObjectNode((), 0),), (0,), (GlobalName("g"),), (), (("g", 0),)),
        some(ObjectNode),
        *((ObjectNode((), 0),), (0,)),
    ),
    "equal trees": (
        "_merge_nodes",
        Case((TupleNode(), TensorNode(0), ListNode((0,)), ListNode((1,)), TupleNode((2, 3))), (4,)),
        holds(TupleNode, ListNode, ListNode),
        *((ListNode(), TupleNode((0, 0))), (1,)),
    ),
    "equal trees among others": (
        "_merge_nodes",
        Case((ListNode(), ZERO, ListNode((1,)), ListNode((1,)), TupleNode((0, 2, 3))), (4,)),
        lambda case: (
            holds(TupleNode, ListNode, ListNode, ListNode)(case)
            and [bool(children(case.nodes[at])) for at in children(case.nodes[-1])] == [False, True, True]
        ),
        *((ListNode(), ZERO, ListNode((1,)), TupleNode((0, 2, 2))), (3,)),
    ),
    "equal trees whose parts may not be one alone": (
        "_merge_nodes",
        Case((ListNode(), ListNode(), ListNode((0,)), ListNode((1,)), TupleNode((2, 3))), (4,)),
        parts_of_their_own,
        *((ListNode(), ListNode((0,)), TupleNode((1, 1))), (2,)),
    ),
    "equal trees that are not leaves": (
        "_merge_nodes",
        Case((TensorNode(0), ListNode((0,)), ListNode((0,)), TupleNode((1, 2))), (3,)),
        lambda case: (
            holds(TupleNode, ListNode, ListNode)(case)
            and not any(isinstance(node, ListNode) and not node.items for node in case.nodes)
        ),
        *((ZERO, ListNode((0,)), TupleNode((1, 1))), (2,)),
    ),
    "the other end of a cycle": (
        "_enter_cycle",
        Case((ListNode((2,)), ZERO, SliceNode((1, 0, 1))), (0,)),
        holds(SliceNode, ConstantNode, ListNode, ConstantNode),
        *((ListNode(), ZERO, SliceNode((1, 0, 1))), (2,)),
    ),
    "one of two mentions": (
        "_constant_for_use",
        Case((TupleNode(), TupleNode((0, 0))), (1,)),
        lambda case: any(
            len(node.items) == 2 and isinstance(case.nodes[node.items[0]], TupleNode)
            for node in case.nodes
            if isinstance(node, TupleNode | ListNode)
        ),
        *((TupleNode(), ZERO, ListNode((0, 1))), (2,)),
    ),
    "all of many mentions": (
        "_constant_for_use",
        Case((TensorNode(0), ListNode((0,) * 10)), (1, 0)),
        lambda case: (
            isinstance(case.nodes[case.roots[-1]], TensorNode)
            and some(ListNode, lambda node: len(node.items) == 10)(case)
        ),
        *((TensorNode(0), ListNode((2,) * 10), ZERO), (1, 0)),
    ),
    "one of two roots": (
        "_constant_for_use",
        Case((ListNode(),), (0, 0)),
        lambda case: len(case.roots) == 2 and isinstance(case.nodes[case.roots[1]], ListNode),
        *((ListNode(), ZERO), (1, 0)),
    ),
    "one of three roots": (
        "_drop_root",
        Case((ListNode(), TensorNode(0)), (0, 1, 0)),
        lambda case: len(case.roots) > 1 and {type(case.nodes[root]) for root in case.roots} >= {ListNode},
        *((ListNode(), ZERO), (0, 1)),
    ),
    "what is stored": (
        "_constant_for_use",
        Case(
            (TensorNode(0), ListNode((), 0)), (0,), (A,), (("a", 1),), effects=(Effect("append", 1, value=0),)
        ),
        lambda case: bool(case.effects) and isinstance(case.nodes[case.roots[0]], TensorNode),
        *((TensorNode(0), ListNode(), ZERO), (0,)),
    ),
    "what need not be stored": (
        "_root_for_effect",
        Case(
            (TensorNode(0), ListNode((), 0), TupleNode((0,))),
            *((0,), (A,), (("a", 1),)),
            effects=(Effect("append", 1, value=2),),
        ),
        lambda case: (
            any(isinstance(case.nodes[root], TensorNode) for root in case.roots)
            and any(isinstance(case.nodes[at], TensorNode) for node in case.nodes for at in children(node))
        ),
        *((TensorNode(0), ListNode((0,))), (0, 1)),
    ),
    "an option beside another": (
        "_fewer_options",
        Case((ZERO,), (0,), options=Options(1, True, (), (), True)),
        lambda case: case.options.passes == 1 and len(case.nodes) == 1,
        *((ZERO,), (0,)),
    ),
    "options": (
        "_fewer_options",
        Case((ZERO,), (0,), options=Options(inlined=True)),
        lambda case: True,
        *((ZERO,), (0,)),
    ),
}


@pytest.mark.parametrize(("step", "case", "reason", "nodes", "roots"), NEEDED.values(), ids=NEEDED)
def test_step_reaches_the_smallest_and_is_needed_for_it(
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    case: Case,
    reason: Reason,
    nodes: tuple[Node, ...],
    roots: tuple[int, ...],
) -> None:
    reduced = ends(case, reason)
    assert (repr(reduced.nodes), reduced.roots) == (repr(nodes), roots)
    others = tuple(other for other in STEPS if other.__name__ != step)
    assert len(others) == len(STEPS) - 1
    monkeypatch.setattr(harness.reducer.reduce, "STEPS", others)
    assert weight(reduce(case, reason).case) > weight(reduced)


def test_each_option_goes_alone() -> None:
    case = Case((ListNode(),), (0,), options=Options(1, False, (0,), (), True))
    for kept in ("passes", "value_from_source", "temporaries", "inlined"):
        value = getattr(case.options, kept)
        reduced = ends(case, lambda case, kept=kept, value=value: getattr(case.options, kept) == value)  # type: ignore[misc]
        assert reduced.options == dataclasses.replace(Options(), **{kept: value})


def test_one_of_two_overrides_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one, of what it is based on, stays."""
    case = Case(
        (ConstantNode(0, 1), ObjectNode((("x", 0),), 0)),
        (0,),
        (A, Attribute(0, "x"), LocalName("v"), LocalName("w")),
        (("a", 1), ("v", 1), ("w", 0)),
        options=Options(overrides=((0, 2), (1, 3))),
    )

    def looked_up(case: Case) -> bool:
        return any(isinstance(case.sources[one], Attribute) for one, _ in case.options.overrides)

    reduced = ends(case, looked_up)
    assert reduced.options.overrides == ((1, 2),)
    assert dict(reduced.locals).keys() == {"a", "w"}
    assert ends(case, lambda case: True).options.overrides == ()
    others = tuple([step for step in STEPS if step.__name__ != "_drop_override"])
    monkeypatch.setattr(harness.reducer.reduce, "STEPS", others)
    assert len(ends(case, looked_up).options.overrides) == 2


def test_override_goes_where_both_of_its_sources_stay() -> None:
    nodes = (TupleNode((), 0), AliasNode(0, 1), ListNode((0, 1)))
    options = Options(overrides=((0, 1),))
    case = Case(nodes, (2,), (A, B), (("a", 0), ("b", 1)), options=options)
    reduced = ends(case, holds(AliasNode, TupleNode))
    assert (len(reduced.nodes), len(reduced.sources), reduced.options) == (2, 2, Options())


def test_many_members_are_dropped_many_at_a_time() -> None:
    case = Case((TensorNode(0), ConstantNode("k"), ListNode((0,) * 300 + (1,) + (0,) * 99)), (2,))
    tried = reduce(
        case, lambda case: some(ListNode)(case) and some(ConstantNode, lambda n: n.value == "k")(case)
    )
    assert tried.case.nodes[1:] == (ListNode((0,)),)
    assert tried.attempts < 60


def test_members_that_are_needed_are_not_tried_one_by_one() -> None:
    nodes = (TensorNode(0), ListNode((), 0), ListNode((0, 1) * 140))
    case = Case(nodes, (2,), (A,), (("a", 1),))
    tried = reduce(case, some(ListNode, lambda node: len(node.items) > 255))
    assert len(tried.case.nodes) == 2
    assert tried.attempts < 150


@pytest.mark.parametrize(
    ("effect", "wanted", "left"),
    [
        (Effect("insert", 1, index=2, value=0), "insert", Effect("insert", 1, index=0, value=0)),
        (Effect("insert", 1, index=2, value=0), "", Effect("append", 1, value=0)),
        (Effect("append_left", 2, value=0), "", Effect("append", 1, value=0)),
        (Effect("set_item", 1, index=1, value=0), "set_item", Effect("set_item", 1, index=0, value=0)),
        (Effect("delete_item", 2, index=1), "delete_item", Effect("delete_item", 1, index=0)),
    ],
    ids=repr,
)
def test_plainer_effects(effect: Effect, wanted: str, left: Effect) -> None:
    nodes = (ZERO, ListNode((0, 0), 0), DequeNode((0, 0), None, 1))
    case = Case(nodes, (0,), (A, B), (("a", 1), ("b", 2)), effects=(effect,))
    reduced = ends(case, lambda case: any(wanted in (e.operation, "") for e in case.effects))
    assert reduced.effects == (left,)
    assert isinstance(reduced.nodes[1], ListNode)
