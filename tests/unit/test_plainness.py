"""What is plainer: every kind of node ends as the plainest one that does, with the plainest fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import harness.reducer.plainness
from generators import Case, check, seeded_case
from generators.case import Attribute, LocalName
from generators.links import NODE_KINDS, children
from generators.nodes import (
    ConstantNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    GeneratorNode,
    IteratorNode,
    ListNode,
    NamedTupleNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    TensorNode,
    TupleNode,
)
from harness.reducer.plainness import PLAINNESS, field_weight, plainer_fields, plainer_kinds
from harness.reducer.reduce import reduce

Reason = Callable[[Case], bool]
ZERO = ConstantNode(0)
A = LocalName("a")


def some(kind: type[Any], also: Callable[[Any], object] = lambda node: True) -> Reason:
    """Some node is of the kind, and of such a form."""
    return lambda case: any(isinstance(node, kind) and bool(also(node)) for node in case.nodes)


def ends(case: Case, reason: Reason) -> Case:
    check(case)
    assert reason(case)
    reduced = reduce(case, reason).case
    check(reduced)
    assert reason(reduced)
    return reduced


# a node of each kind that names node 0, an empty tuple; node 1 is 0, 2 a function of no parameters
HOLDERS: dict[str, Node] = {
    "tuple": TupleNode((0,)),
    "dict": DictNode(((1, 0),)),
    "set": SetNode((0,)),
    "frozenset": FrozensetNode((0,)),
    "slice": SliceNode((1, 0, 1)),
    "named_tuple": NamedTupleNode((0, 1)),
    "ordered_dict": OrderedDictNode(((1, 0),)),
    "deque": DequeNode((0,), 3),
    "defaultdict": DefaultDictNode(((1, 0),), "list"),
    "structseq": StructSequenceNode((0, 1)),
    "generator": GeneratorNode((1, 0)),
    "function": FunctionNode((), (1,), (("x", 0),)),
    "function with what is set on it": FunctionNode((), (), (), None, (("x", 0),), (("y", 1),), 0),
    "partial": PartialNode(2, (1,), (("x", 0),)),
    "iterator": IteratorNode((1, 0), 1, "tuple"),
}


def one_named(case: Case) -> bool:
    return any(isinstance(case.nodes[at], TupleNode) for node in case.nodes for at in children(node))


@pytest.mark.parametrize("node", HOLDERS.values(), ids=HOLDERS)
def test_every_kind_becomes_a_list(monkeypatch: pytest.MonkeyPatch, node: Node) -> None:
    case = Case((TupleNode(), ZERO, FunctionNode(), node), (3,))
    assert ends(case, one_named).nodes == (TupleNode(), ListNode((0,)))
    monkeypatch.delitem(harness.reducer.plainness._PLAINER_KINDS, type(node))
    assert any(isinstance(left, type(node)) and children(left) for left in ends(case, one_named).nodes)


def test_an_object_becomes_an_existing_list() -> None:
    nodes = (TupleNode((), 1), ObjectNode((("x", 0),), 0))
    case = Case(nodes, (1,), (A, Attribute(0, "x")), (("a", 1),))
    reduced = ends(case, lambda case: one_named(case) and case.nodes[-1].source is not None)
    assert reduced.nodes[-1] == ListNode((0,), 0)


@pytest.mark.parametrize(
    ("node", "reason", "left"),
    [
        (OrderedDictNode(((0, 0),)), some(DictNode | OrderedDictNode), DictNode()),
        (FrozensetNode((0,)), some(TupleNode | FrozensetNode), TupleNode()),
        (RangeNode(-3, 5, 2), some(RangeNode), RangeNode(0, 0, 1)),
        (RangeNode(-3, 5, 2), some(RangeNode, lambda n: range(n.start, n.stop, n.step)), RangeNode(0, 1, 1)),
        (RangeNode(-3, 5, 2), some(RangeNode, lambda n: n.start), RangeNode(-3, 0, 1)),
        (RangeNode(-3, 5, 2), some(RangeNode, lambda n: n.stop == 5), RangeNode(0, 5, 1)),
        (RangeNode(-3, 5, 2), some(RangeNode, lambda n: n.step == 2), RangeNode(0, 0, 2)),
        (DequeNode((0,), 7), some(DequeNode), DequeNode()),
        (DequeNode((0,), 7), some(DequeNode, lambda n: n.maxlen is not None), DequeNode((), 0)),
        (IteratorNode((0, 0), 2, "tuple"), some(IteratorNode), IteratorNode()),
        (
            IteratorNode((0, 0), 0, "tuple"),
            *(some(IteratorNode, lambda n: n.over == "tuple"), IteratorNode((), 0, "tuple")),
        ),
        (TensorNode(3), some(TensorNode), TensorNode(0)),
        (TensorNode(900), some(TensorNode, lambda n: n.output), TensorNode(1)),
        (ConstantNode("text"), some(ConstantNode, lambda n: isinstance(n.value, str)), ConstantNode("")),
        (
            ConstantNode("text"),
            *(some(ConstantNode, lambda n: n.value and isinstance(n.value, str)), ConstantNode("a")),
        ),
        (ConstantNode(1 << 50_000), some(ConstantNode, lambda n: n.value), ConstantNode(1)),
        (ConstantNode(2.5), some(ConstantNode, lambda n: isinstance(n.value, float)), ConstantNode(0.0)),
    ],
)  # fmt: skip
def test_plainest_of_a_kind(node: Node, reason: Reason, left: Node) -> None:
    reduced = ends(Case((ConstantNode("k"), node), (1,)), reason)
    assert repr(reduced.nodes) == repr((left,))


def test_every_kind_has_a_place_among_the_plain() -> None:
    assert sorted(PLAINNESS) == sorted(NODE_KINDS)


def test_plainer_is_plainer() -> None:
    for case in (seeded_case(9, index) for index in range(600)):
        for node in case.nodes:
            for plainer in plainer_kinds(node):
                assert PLAINNESS.index(plainer.kind) < PLAINNESS.index(node.kind)
            rank = PLAINNESS.index(node.kind)
            simpler = list(plainer_fields(node))
            assert all(PLAINNESS.index(plainer.kind) == rank for plainer in simpler)
            assert any(field_weight(plainer) < field_weight(node) for plainer in simpler) or not field_weight(
                node
            )


def test_items_taken_become_one() -> None:
    case = Case((ZERO, IteratorNode((0, 0, 0), 2)), (1,))
    reduced = ends(case, some(IteratorNode, lambda node: node.position and len(node.items) == 3))
    assert reduced.nodes[1] == IteratorNode((0, 0, 0), 1)
