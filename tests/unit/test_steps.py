"""The steps of the reducer: each is needed for some case; together they reach what a person would write."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import harness.reduce
from generators import Case, Options, check, dumps, seeded_case
from generators.case import Attribute, Effect, GlobalName, Item, LocalName
from generators.graph import on_a_cycle
from generators.nodes import (
    NODE_KINDS,
    AliasNode,
    CellNode,
    ConstantNode,
    DequeNode,
    DictNode,
    FunctionNode,
    IteratorNode,
    ListNode,
    NamedTupleNode,
    Node,
    ObjectNode,
    PartialNode,
    SliceNode,
    TensorNode,
    TupleNode,
    children,
    member_count,
)
from harness.reduce import STEPS, reduce, weight

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

# the step; a case, what is the matter with it, the nodes and roots that it ends at
NEEDED: dict[str, tuple[str, Case, Reason, tuple[Node, ...], tuple[int, ...]]] = {
    "what the root was taken from": (
        "_inner_root",
        Case((ConstantNode(0, 1), TupleNode((0,), 0)), (0,), (A, Item(0, 0)), (("a", 1),)),
        some(TupleNode),
        *((TupleNode(),), (0,)),
    ),
    "an existing object whose attribute was asked for": (
        "_inner_root",
        Case((ConstantNode(0, 1), ObjectNode((("x", 0),), 0)), (0,), (A, Attribute(0, "x")), (("a", 1),)),
        some(ObjectNode),
        *((ObjectNode((), 0),), (0,)),
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
        *((TensorNode(0), ListNode((), 0), ZERO), (0,)),
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
    monkeypatch.setattr(harness.reduce, "STEPS", others)
    assert weight(reduce(case, reason).case) > weight(reduced)


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
    monkeypatch.setattr(harness.reduce, "STEPS", others)
    assert len(ends(case, looked_up).options.overrides) == 2


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


# --- what drawn cases come to ---------------------------------------------------------------------------


def cyclic(kind: type[Any]) -> Reason:
    return lambda case: any(isinstance(case.nodes[at], kind) for at in on_a_cycle(case.nodes))


def shared_argument(case: Case) -> bool:
    uses = Counter(at for node in case.nodes for at in children(node))
    return any(
        uses[at] > 1 and not isinstance(case.nodes[at], ConstantNode)
        for node in case.nodes
        if isinstance(node, PartialNode)
        for at in node.arguments
    )


def beside_its_alias(case: Case) -> bool:
    return any(
        isinstance(case.nodes[at], AliasNode) and getattr(case.nodes[at], "of", None) in node.items
        for node in case.nodes
        if isinstance(node, ListNode)
        for at in node.items
    )


def closed_over_itself(case: Case) -> bool:
    return any(
        isinstance(node, FunctionNode) and any(children(case.nodes[cell]) == (at,) for cell in node.closure)
        for at, node in enumerate(case.nodes)
    )


ONE = {"cell": 2, "partial": 2, "alias": 2, "slice": 2}
# a reason, and the nodes that half of the drawn cases end at at most, and the worst
DRAWN: dict[str, tuple[Reason, int, int]] = {
    **{name: (some(kind), ONE.get(name, 1), ONE.get(name, 1)) for name, kind in NODE_KINDS.items()},
    "a cycle through a list": (cyclic(ListNode), 1, 1),
    "a cycle through a dict": (cyclic(DictNode), 2, 2),
    "a cycle through a deque": (cyclic(DequeNode), 1, 1),
    "a cycle through an object": (cyclic(ObjectNode), 1, 1),
    "a cycle through a tuple": (cyclic(TupleNode), 2, 2),
    "a cycle through a named tuple": (cyclic(NamedTupleNode), 2, 3),
    "a cycle through a cell": (cyclic(CellNode), 2, 2),
    "a function in its own cell": (closed_over_itself, 2, 2),
    "a partial with a shared argument": (shared_argument, 3, 4),
    "a value beside its alias": (beside_its_alias, 3, 3),
    "an override": (lambda case: bool(case.options.overrides), 1, 1),
    "inlined": (lambda case: case.options.inlined, 1, 1),
    "a limited deque": (some(DequeNode, lambda node: node.maxlen is not None), 1, 1),
    "an iterator that was used": (some(IteratorNode, lambda node: node.position), 2, 2),
    "a keyword default": (some(FunctionNode, lambda node: node.keyword_defaults), 2, 2),
    "a named tuple's field looked up": (
        lambda case: any(isinstance(source, Attribute) and source.name == "y" for source in case.sources),
        *(2, 3),
    ),
}
POOL = [seeded_case(77, index) for index in range(2_500)]


@pytest.mark.parametrize(("reason", "most", "worst"), DRAWN.values(), ids=DRAWN)
def test_drawn_cases_come_to_what_a_person_would_write(reason: Reason, most: int, worst: int) -> None:
    found = [case for case in POOL if reason(case)][:12]
    assert len(found) >= 5
    sizes, tried = [], []
    for case in found:

        def watched(candidate: Case) -> bool:
            check(candidate)
            return reason(candidate)

        reduced = reduce(case, watched)
        assert reason(reduced.case)
        assert weight(reduced.case) <= weight(case)
        assert dumps(reduce(reduced.case, reason).case) == dumps(reduced.case)
        sizes.append(len(reduced.case.nodes))
        tried.append(reduced.attempts)
    assert sorted(sizes)[len(sizes) // 2] <= most
    assert max(sizes) <= worst
    assert sorted(tried)[len(tried) // 2] < 100


def test_no_step_leaves_the_well_formed_cases() -> None:
    for case in POOL[:150]:
        if len(case.nodes) < 40:
            for step in STEPS:
                for candidate in step(case):
                    check(candidate)


def test_a_case_that_stays_is_not_tried_for_ever() -> None:
    for case in POOL[:60]:
        most = 30 * (len(case.nodes) + len(case.sources) + len(case.effects)) + 8 * sum(
            map(member_count, case.nodes)
        )
        assert reduce(case, lambda case: False).attempts <= most


def test_reduction_of_drawn_cases_is_deterministic() -> None:
    for case in POOL[:40]:
        again = dataclasses.replace(case)
        assert dumps(reduce(case, shared_argument, 50).case) == dumps(reduce(again, shared_argument, 50).case)
