"""Drawn cases with made-up reasons to fail come to what a person would write, by well-formed cases alone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from generators import Case, check, dumps, seeded_case
from generators.case import Attribute
from generators.graph import on_a_cycle
from generators.links import NODE_KINDS, children, member_count
from generators.nodes import (
    AliasNode,
    CellNode,
    ConstantNode,
    DequeNode,
    DictNode,
    FunctionNode,
    IteratorNode,
    ListNode,
    NamedTupleNode,
    ObjectNode,
    PartialNode,
    TupleNode,
)
from harness.reducer.reduce import STEPS, reduce, weight

Reason = Callable[[Case], bool]


def some(kind: type[Any], also: Callable[[Any], object] = lambda node: True) -> Reason:
    """Some node is of the kind, and of such a form."""
    return lambda case: any(isinstance(node, kind) and bool(also(node)) for node in case.nodes)


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


ONE = {
    **dict.fromkeys(("weakref", "cell", "partial", "alias", "slice", "structseq", "bound_method"), 2),
    "made": 3,
}
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
    "a partial with a shared argument": (shared_argument, 3, 5),
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
