"""The table as a graph: components, depths and unfolded sizes, cycles and long chains included."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import pytest

from generators import limits, seeded_case
from generators.graph import components, depths, on_a_cycle, unfolded
from generators.links import children
from generators.nodes import (
    CellNode,
    ConstantNode,
    DequeNode,
    DictNode,
    FunctionNode,
    ListNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    TupleNode,
)

K = ConstantNode(0)
MOST = limits.FILE_NODES.high

# nodes, components, depths, unfolded sizes
Row = tuple[tuple[Node, ...], list[list[int]], list[int], list[int]]
SMALL: dict[str, Row] = {
    "nothing": ((), [], [], []),
    "a leaf": ((K,), [[0]], [0], [1]),
    "a list": ((K, ListNode((0,))), [[0], [1]], [0, 1], [1, 2]),
    "an empty list": ((ListNode(),), [[0]], [0], [1]),
    "a shared leaf": ((K, TupleNode((0, 0)), TupleNode((1, 0, 1))), [[0], [1], [2]], [0, 1, 2], [1, 3, 8]),
    "a forward reference": ((ListNode((1,)), K), [[1], [0]], [1, 0], [2, 1]),
    "forward and back": (
        *((K, ListNode((2, 0)), TupleNode((0, 0)), DictNode(((0, 1),))), [[0], [2], [1], [3]]),
        *([0, 2, 1, 3], [1, 5, 3, 7]),
    ),
    "a list in itself": ((ListNode((0,)),), [[0]], [0], [2]),
    "a list in itself, and more": ((K, ListNode((1, 0))), [[0], [1]], [0, 1], [1, 3]),
    "two lists in each other": ((ListNode((1,)), ListNode((0,))), [[0, 1]], [1, 1], [4, 4]),
    "a ring of three over a leaf": (
        *((ListNode((1,)), ListNode((2,)), ListNode((0, 3)), K), [[3], [0, 1, 2]]),
        *([3, 3, 3, 0], [7, 7, 7, 1]),
    ),
    "a parent of a ring": (
        *((ListNode((1,)), DequeNode((0,)), TupleNode((0, 1))), [[0, 1], [2]], [1, 1, 2], [4, 4, 9]),
    ),
    "two rings, one above the other": (
        *((ListNode((1,)), ListNode((0, 2)), ListNode((3,)), ListNode((2,))), [[2, 3], [0, 1]]),
        *([3, 3, 1, 1], [8, 8, 4, 4]),
    ),
    "a dict in itself": ((K, DictNode(((0, 1),))), [[0], [1]], [0, 1], [1, 3]),
    "an ordered dict in itself": ((K, OrderedDictNode(((0, 1),))), [[0], [1]], [0, 1], [1, 3]),
    "an object in itself": ((ObjectNode((("x", 0),), 0),), [[0]], [0], [2]),
    "a function in its closure": ((CellNode(1), FunctionNode((0,))), [[0, 1]], [1, 1], [5, 5]),
    "a tuple on a ring": (
        *((ListNode((1,)), TupleNode((0, 0)), TupleNode((1, 1))), [[0, 1], [2]], [1, 1, 2], [7, 7, 15]),
    ),
}


@pytest.mark.parametrize(("nodes", "parts", "heights", "sizes"), SMALL.values(), ids=SMALL)
def test_small_tables(
    nodes: tuple[Node, ...], parts: list[list[int]], heights: list[int], sizes: list[int]
) -> None:
    assert components(nodes) == parts
    assert depths(nodes) == heights
    assert unfolded(nodes) == sizes
    cyclic = {at for part in parts if len(part) > 1 for at in part}
    cyclic |= {at for at, node in enumerate(nodes) if at in children(node)}
    assert on_a_cycle(nodes) == cyclic


def test_a_tuple_on_a_ring_counts_each_time_that_another_tuple_names_it() -> None:
    nodes: list[Node] = [ListNode((30,)), *(TupleNode((at, at)) for at in range(30))]
    assert components(nodes) == [list(range(31))]
    assert min(unfolded(nodes)) > 2**30
    # lists in the place of the tuples are kept, and met once each
    filled: list[Node] = [ListNode((30,)), *(ListNode((at, at)) for at in range(30))]
    assert max(unfolded(filled)) < 2 * 31 + 31


# --- held against plain definitions -----------------------------------------------------------------


def reached(nodes: Sequence[Node]) -> list[set[int]]:
    """For each node all that it holds, directly or through others."""
    found = []
    for node in nodes:
        seen: set[int] = set()
        pending = list(children(node))
        while pending:
            at = pending.pop()
            if at not in seen:
                seen.add(at)
                pending += children(nodes[at])
        found.append(seen)
    return found


def check_against_definitions(nodes: Sequence[Node]) -> None:
    below = reached(nodes)
    together = [
        frozenset({at, *(other for other in below[at] if at in below[other])}) for at in range(len(nodes))
    ]
    parts = components(nodes)
    assert [sorted(part) for part in parts] == parts
    assert sorted(at for part in parts for at in part) == list(range(len(nodes)))
    assert all(frozenset(part) == together[at] for part in parts for at in part)
    rank = {at: number for number, part in enumerate(parts) for at in part}
    assert all(rank[child] <= rank[at] for at, node in enumerate(nodes) for child in children(node))
    assert on_a_cycle(nodes) == {at for at in range(len(nodes)) if at in below[at]}

    @cache
    def height(part: frozenset[int]) -> int:
        outside = {together[child] for at in part for child in children(nodes[at])} - {part}
        return max(map(height, outside), default=-1) + len(part)

    assert depths(nodes) == [height(together[at]) for at in range(len(nodes))]


def test_random_graphs() -> None:
    draw = random.Random(5)
    for _ in range(2_000):
        count = draw.randint(1, 9)
        nodes = [
            ListNode(tuple(draw.randrange(count) for _ in range(draw.choice((0, 1, 1, 2, 3)))))
            for _ in range(count)
        ]
        check_against_definitions(nodes)


def test_drawn_tables_and_their_sizes() -> None:
    cycles = 0
    for index in range(500):
        nodes = seeded_case(61, index).nodes
        check_against_definitions(nodes)
        cyclic = on_a_cycle(nodes)
        cycles += bool(cyclic)
        below = reached(nodes)
        sizes = unfolded(nodes)
        for at, node in enumerate(nodes):
            if at in cyclic:
                assert sizes[at] > len(below[at])
            elif not below[at] & cyclic:
                assert sizes[at] == 1 + sum(sizes[child] for child in children(node))
    assert cycles > 20


def test_a_drawn_function_in_its_own_closure_is_a_cycle() -> None:
    found = [
        node
        for index in range(500)
        for case in [seeded_case(62, index)]
        for node in case.nodes
        if isinstance(node, FunctionNode) and any(at in on_a_cycle(case.nodes) for at in node.closure)
    ]
    assert found


# --- as large as a file may be ------------------------------------------------------------------------

LARGE: dict[str, tuple[Callable[[], list[Node]], int, int, int]] = {
    # the table, the number of components, the greatest depth, the greatest size
    "a chain backwards": (lambda: [K, *(ListNode((at,)) for at in range(MOST - 1))], MOST, MOST - 1, MOST),
    "a chain forwards": (lambda: [*(ListNode((at + 1,)) for at in range(MOST - 1)), K], MOST, MOST - 1, MOST),
    "a ring": (lambda: [ListNode(((at + 1) % MOST,)) for at in range(MOST)], 1, MOST - 1, 2 * MOST),
    "a ring backwards": (lambda: [ListNode(((at - 1) % MOST,)) for at in range(MOST)], 1, MOST - 1, 2 * MOST),
    "lists in themselves": (lambda: [ListNode((at,)) for at in range(MOST)], MOST, 0, 2),
    "one list of all": (lambda: [ListNode(tuple(range(MOST))), *[K] * (MOST - 1)], MOST, 1, MOST + 1),
    "all in one list": (lambda: [ListNode(), *[TupleNode((0,))] * (MOST - 1)], MOST, 1, 2),
    "rings of two": (lambda: [ListNode((at ^ 1,)) for at in range(MOST)], MOST // 2, 1, 4),
    "a chain forwards to a ring": (
        *(lambda: [*(ListNode((at + 1,)) for at in range(MOST - 1)), ListNode((MOST - 2,))], MOST - 1),
        *(MOST - 1, MOST + 2),
    ),
}


@pytest.mark.parametrize(("table", "parts", "height", "size"), LARGE.values(), ids=LARGE)
def test_the_largest_tables(table: Callable[[], list[Node]], parts: int, height: int, size: int) -> None:
    nodes = table()
    assert len(nodes) == MOST
    assert len(components(nodes)) == parts
    assert max(depths(nodes)) == height
    assert max(unfolded(nodes)) == size


def test_children_come_first_in_a_long_chain_forwards() -> None:
    nodes: list[Node] = [*(ListNode((at + 1,)) for at in range(MOST - 1)), K]
    assert [part[0] for part in components(nodes)] == list(range(MOST))[::-1]
    heights = depths(nodes)
    assert all(first == second + 1 for first, second in pairwise(heights))
    assert on_a_cycle(nodes) == set()


def test_a_table_of_only_earlier_references_is_in_its_own_order() -> None:
    nodes = [K, TupleNode((0,)), ListNode((0, 1)), K, DictNode(((3, 2),))]
    assert components(nodes) == [[0], [1], [2], [3], [4]]


def test_a_later_tuple_counts_each_time_that_a_list_names_it() -> None:
    assert unfolded((ListNode((1,) * 1_000), TupleNode((0,) * 1_000)))[0] > 1_000_000
