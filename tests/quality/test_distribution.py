"""What the drawn cases are like: floors that a later change must not fall below."""

from __future__ import annotations

from collections import Counter

import pytest

from generators import Case, seeded_case
from generators.graph import depths
from generators.nodes import ConstantNode, TensorNode, children
from harness.campaign import KINDS

CASES = 5_000
SEED = 77
EACH_KIND = 1.0
"""Percent of the cases that each kind of node, source and effect is in at least."""


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [seeded_case(SEED, index) for index in range(CASES)]


def mentions(case: Case) -> Counter[int]:
    stored = [effect.value for effect in case.effects if effect.value is not None]
    return Counter([child for node in case.nodes for child in children(node)] + list(case.roots) + stored)


def shares_a_node(case: Case) -> bool:
    return any(
        count > 1 and not (isinstance(case.nodes[at], ConstantNode) and case.nodes[at].source is None)
        for at, count in mentions(case).items()
    )


def uses_an_output_twice(case: Case) -> bool:
    asked: Counter[int] = Counter()
    for at, count in mentions(case).items():
        node = case.nodes[at]
        if isinstance(node, TensorNode):
            asked[node.output] += count
    return any(count > 1 for count in asked.values())


FLOORS = {
    "a node shared": (30, shares_a_node),
    "an existing object": (40, lambda case: any(node.source is not None for node in case.nodes)),
    "depth 4 or more": (10, lambda case: max(depths(case.nodes)) >= 4),
    "an effect": (15, lambda case: bool(case.effects)),
    "two effects": (8, lambda case: len(case.effects) > 1),
    "a graph output used twice": (20, uses_an_output_twice),
    "a root repeated": (10, lambda case: len(set(case.roots)) < len(case.roots)),
    "one pass": (15, lambda case: case.options.passes == 1),
    "rebuilt from contents": (5, lambda case: not case.options.value_from_source),
    "a temporary marked": (5, lambda case: bool(case.options.temporaries)),
}


@pytest.mark.parametrize("name", FLOORS)
def test_floor(name: str, cases: list[Case]) -> None:
    floor, has = FLOORS[name]
    assert 100 * sum(map(has, cases)) / CASES >= floor


def test_every_kind_is_drawn_often_enough(cases: list[Case]) -> None:
    drawn = Counter(kind for case in cases for kind in case.kinds())
    rare = {kind: 100 * drawn[kind] / CASES for kind in KINDS if 100 * drawn[kind] / CASES < EACH_KIND}
    assert rare == {}


def test_small_cases_are_the_ordinary_ones(cases: list[Case]) -> None:
    sizes = sorted(len(case.nodes) for case in cases)
    assert 6 <= sum(sizes) / CASES <= 12
    assert sizes[CASES // 2] <= 8
