"""What has to be refused: a codegen that gives a value for it is found, and one that refuses it is not."""

from __future__ import annotations

import dataclasses

import pytest

from generators import Case, check
from generators.nodes import ConstantNode, GeneratorNode, IteratorNode, ListNode
from harness.runner import Runner
from harness.targets.base import Target
from harness.targets.own import OwnTarget
from oracles.run import Emission
from oracles.world import World

REFUSED = GeneratorNode((), None, None, True)
CASES = {
    "alone": (REFUSED,),
    "in a list": (REFUSED, ListNode((0,))),
    "left in an iterator": (ConstantNode(1), REFUSED, IteratorNode((0, 1), 1, "tuple")),
}


class Careless(OwnTarget):
    """Takes the object for a drained generator."""

    def emit(self, case: Case, world: World, *, record: bool = False) -> Emission:
        nodes = tuple(
            dataclasses.replace(node, context_manager=False) if isinstance(node, GeneratorNode) else node
            for node in case.nodes
        )
        return super().emit(dataclasses.replace(case, nodes=nodes), world, record=record)


@pytest.mark.parametrize("nodes", CASES.values(), ids=CASES)
def test_a_value_for_what_must_be_refused_is_a_finding(nodes: tuple[GeneratorNode, ...]) -> None:
    case = check(Case(nodes, (len(nodes) - 1,)))
    outcome = Runner(Careless()).run(case)
    assert [(found.oracle, found.invariant) for found in outcome.findings] == [("target", "not-refused")]
    assert Runner(Careless()).explain(case)[0].status == "failed"


@pytest.mark.parametrize("name", ["own", "torch"])
@pytest.mark.parametrize("nodes", CASES.values(), ids=CASES)
def test_both_targets_refuse_it(
    nodes: tuple[GeneratorNode, ...], name: str, targets: dict[str, Target]
) -> None:
    outcome = Runner(targets[name]).run(check(Case(nodes, (len(nodes) - 1,))))
    assert (outcome.status, outcome.reason) == ("rejected", "reconstructing @contextmanager object")


@pytest.mark.parametrize("name", ["own", "torch"])
def test_what_nobody_asks_for_refuses_nothing(name: str, targets: dict[str, Target]) -> None:
    case = check(Case((REFUSED, IteratorNode((0,), 1, "tuple")), (1,)))
    assert Runner(targets[name]).run(case).status == "passed"
