"""What the drawn cases are like: floors that a later change must not fall below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from generators import Case, seeded_case
from generators.case import ChainedSource
from generators.graph import depths, on_a_cycle
from generators.makers_contexts import CONTEXTS
from generators.nodes import GRAPH_OUTPUTS, ConstantNode, MadeNode, Node, children
from harness.campaign import KINDS

CASES = 5_000
SEED = 77
EACH_KIND = 3.0
"""Percent of the cases that each kind of node and source is in at least."""

EACH_EFFECT = 0.2
"""The same for each effect, of which a case has few."""


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
        if isinstance(node, GRAPH_OUTPUTS):
            asked[node.output] += count
    return any(count > 1 for count in asked.values())


def has_a_new_cycle(case: Case) -> bool:
    return any(case.nodes[at].source is None for at in on_a_cycle(case.nodes))


def has_a_mixed_chain(case: Case) -> bool:
    for source in case.sources:
        links = set()
        while isinstance(source, ChainedSource):
            links.add(source.kind)
            source = case.sources[source.base]
        if len(links) > 1:
            return True
    return False


def is_wide(node: Node) -> bool:
    return len(children(node)) > 255


def is_made_by(*names: str) -> Callable[[Case], bool]:
    """Does the case hold what one of these makers makes?"""
    return lambda case: any(isinstance(node, MadeNode) and node.name in names for node in case.nodes)


FLOORS = {
    "a node shared": (30, shares_a_node),
    "an existing object": (40, lambda case: any(node.source is not None for node in case.nodes)),
    "depth 4 or more": (10, lambda case: max(depths(case.nodes)) >= 4),
    "a cycle": (5, lambda case: bool(on_a_cycle(case.nodes))),
    "a cycle that the code has to build": (3, has_a_new_cycle),
    "an object reached by two sources": (5, lambda case: "alias" in case.kinds()),
    "a chain of sources of two kinds": (5, has_a_mixed_chain),
    "an overridden source": (3, lambda case: bool(case.options.overrides)),
    "a container of more than 255": (0.1, lambda case: any(map(is_wide, case.nodes))),
    "depth 12 or more": (0.2, lambda case: max(depths(case.nodes)) >= 12),
    "made in an inlined function": (3, lambda case: case.options.inlined),
    "an effect": (30, lambda case: bool(case.effects)),
    "two effects": (15, lambda case: len(case.effects) > 1),
    "a graph output used twice": (20, uses_an_output_twice),
    "a root repeated": (10, lambda case: len(set(case.roots)) < len(case.roots)),
    "one pass": (15, lambda case: case.options.passes == 1),
    "rebuilt from contents": (5, lambda case: not case.options.value_from_source),
    "a context manager": (4, is_made_by(*CONTEXTS)),
    "a function decorated with a manager": (1, is_made_by("decorated")),
    "a frame left inside a `with`": (0.5, is_made_by("entered")),
    "a frame left at a call": (0.5, lambda case: case.options.called),
    "a temporary marked": (5, lambda case: bool(case.options.temporaries)),
}


@pytest.mark.parametrize("name", FLOORS)
def test_floor(name: str, cases: list[Case]) -> None:
    floor, has = FLOORS[name]
    assert 100 * sum(map(has, cases)) / CASES >= floor


def test_every_kind_is_drawn_often_enough(cases: list[Case]) -> None:
    drawn = Counter(kind for case in cases for kind in case.kinds())
    kinds = [kind for kind in KINDS if not kind.startswith(("case:", "step:"))]
    share = {kind: 100 * drawn[kind] / CASES for kind in kinds}
    floor = {kind: EACH_EFFECT if kind.startswith("effect:") else EACH_KIND for kind in kinds}
    assert {kind: share[kind] for kind in kinds if share[kind] < floor[kind]} == {}


def test_small_cases_are_the_ordinary_ones(cases: list[Case]) -> None:
    sizes = sorted(len(case.nodes) for case in cases)
    assert 6 <= sum(sizes) / CASES <= 12
    assert sizes[CASES // 2] <= 8
