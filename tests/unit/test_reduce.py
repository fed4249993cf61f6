"""Making a failing case small: the reducer with made-up reasons to fail."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable

import pytest

from generators import Case, Options, dumps, seeded_case
from generators.case import ChainedSource, DictItem, GlobalName, Item, LocalName
from generators.links import children
from generators.nodes import ConstantNode, DictNode, ListNode, Scalar, TensorNode, TupleNode
from generators.rules import problems
from harness.reducer.reduce import STEPS, Reduced, reduce, weight
from oracles.world import GraphValue, World

K = ConstantNode("k")

# --- made-up reasons to fail --------------------------------------------------------------------------


def dict_in_list(case: Case) -> bool:
    return any(
        isinstance(node, ListNode) and any(isinstance(case.nodes[at], DictNode) for at in node.items)
        for node in case.nodes
    )


def two_parents(case: Case) -> bool:
    """One node that is no constant, named by two different nodes."""
    parents = Counter(at for node in case.nodes for at in set(children(node)))
    return any(count > 1 and not isinstance(case.nodes[at], ConstantNode) for at, count in parents.items())


def tensor_twice(case: Case) -> bool:
    """One tensor node asked for twice, by nodes or as a root."""
    asked = Counter([at for node in case.nodes for at in children(node)] + list(case.roots))
    return any(count > 1 and isinstance(case.nodes[at], TensorNode) for at, count in asked.items())


def minus_zero(case: Case) -> bool:
    return any(isinstance(node, ConstantNode) and repr(node.value) == "-0.0" for node in case.nodes)


def two_links(case: Case) -> bool:
    """One existing list to which two members of existing values lead."""
    links = Counter(at for node in case.nodes if node.source is not None for at in children(node))
    return any(
        count > 1 and isinstance(case.nodes[at], ListNode) and isinstance(linked(case, at), ChainedSource)
        for at, count in links.items()
    )


def linked(case: Case, at: int) -> object:
    source = case.nodes[at].source
    return None if source is None else case.sources[source]


def existing_tuple_rebuilt(case: Case) -> bool:
    rebuilt = any(isinstance(node, TupleNode) and node.source is not None for node in case.nodes)
    return rebuilt and not case.options.value_from_source


def shared_without_promise(case: Case) -> bool:
    uses = Counter(at for node in case.nodes for at in children(node))
    shared = any(count > 1 and isinstance(case.nodes[at], ListNode) for at, count in uses.items())
    return shared and case.options.passes == 1


def marked(case: Case) -> bool:
    return bool(case.options.temporaries)


Reason = Callable[[Case], bool]
# a reason to fail, and what it ends at: nodes, edges, roots, sources
REASONS: dict[str, tuple[Reason, tuple[int, int, int, int]]] = {
    "anything": (lambda case: True, (1, 0, 1, 0)),
    "a dict inside a list": (dict_in_list, (2, 1, 1, 0)),
    "one node under two parents": (two_parents, (3, 3, 1, 0)),
    "a tensor asked for twice": (tensor_twice, (2, 2, 1, 0)),
    "-0.0": (minus_zero, (1, 0, 1, 0)),
    "an existing list reached by two links": (two_links, (2, 2, 1, 2)),
    "an existing tuple rebuilt": (existing_tuple_rebuilt, (1, 0, 1, 1)),
    "a list shared without a promise": (shared_without_promise, (2, 2, 1, 0)),
    "a temporary": (marked, (1, 0, 1, 0)),
}

LARGE = Case(
    nodes=(
        K,
        ConstantNode(-0.0),
        TensorNode(0),
        ListNode((0, 1)),
        DictNode(((0, 3),)),
        ListNode((4, 2, 3)),
        TupleNode((5, 2)),
        ListNode((), source=2),
        ListNode((0, 7, 7), source=0),
        TupleNode((7,), source=1),
        TupleNode((9, 8, 6, 3, 3)),
    ),
    roots=(10, 6, 2, 2),
    sources=(LocalName("a"), GlobalName("g"), Item(0, 1)),
    locals=(("a", 8),),
    globals=(("g", 9),),
    options=Options(1, False, (3, 10)),
)


def watched(reason: Reason, seen: list[Case]) -> Reason:
    """The reason, with every candidate noted and held to the rules."""

    def same_bucket(case: Case) -> bool:
        assert list(problems(case)) == []
        seen.append(case)
        return reason(case)

    return same_bucket


def drawn(reason: Reason, wanted: int) -> list[Case]:
    """The first drawn cases that have the reason."""
    found = (case for case in (seeded_case(41, index) for index in range(20_000)) if reason(case))
    return [case for case, _ in zip(found, range(wanted), strict=False)]


def assert_no_step_helps(case: Case, reason: Reason) -> None:
    """What the reducer claims of its result."""
    for step in STEPS:
        for candidate in step(case):
            assert not (weight(candidate) < weight(case) and reason(candidate)), dumps(case) + dumps(
                candidate
            )


def shape(case: Case) -> tuple[int, int, int, int]:
    """Nodes, edges, roots, sources."""
    edges = sum(len(children(node)) for node in case.nodes)
    return len(case.nodes), edges, len(case.roots), len(case.sources)


each_reason = pytest.mark.parametrize(("reason", "smallest"), REASONS.values(), ids=REASONS)


@each_reason
def test_large_case_ends_at_the_smallest(reason: Reason, smallest: tuple[int, int, int, int]) -> None:
    assert reason(LARGE)
    seen: list[Case] = []
    reduced = reduce(LARGE, watched(reason, seen))
    assert reason(reduced.case)
    assert shape(reduced.case) == smallest, dumps(reduced.case)
    assert reduced.attempts == len(seen) == len({dumps(case) for case in seen})
    assert_no_step_helps(reduced.case, reason)


@each_reason
def test_drawn_cases_end_small(reason: Reason, smallest: tuple[int, int, int, int]) -> None:
    sizes = []
    for case in drawn(reason, 15):
        reduced = reduce(case, watched(reason, []))
        assert reason(reduced.case)
        assert weight(reduced.case) <= weight(case)
        assert reduced.attempts < 500
        assert_no_step_helps(reduced.case, reason)
        sizes.append(len(reduced.case.nodes))
    assert len(sizes) == 15
    # above the smallest where only a dict holds the thing twice, for it keeps its keys
    assert sorted(sizes)[7] <= smallest[0] + 1
    assert max(sizes) <= 8


@each_reason
def test_reduction_is_deterministic(reason: Reason, smallest: tuple[int, int, int, int]) -> None:
    first: list[Case] = []
    again: list[Case] = []
    reduced = [reduce(LARGE, watched(reason, seen)) for seen in (first, again)]
    assert dumps(reduced[0].case) == dumps(reduced[1].case)
    assert [dumps(case) for case in first] == [dumps(case) for case in again]


def test_candidates_grow_simpler_one_by_one() -> None:
    best = LARGE
    for candidate in candidates(LARGE, dict_in_list):
        assert weight(candidate) < weight(best)
        if dict_in_list(candidate):
            best = candidate


def candidates(case: Case, reason: Reason) -> list[Case]:
    seen: list[Case] = []
    reduce(case, watched(reason, seen))
    return seen


def test_case_that_only_fails_as_it_is_stays() -> None:
    seen: list[Case] = []
    reduced = reduce(LARGE, watched(lambda case: False, seen))
    assert reduced.case is LARGE
    assert reduced.attempts == len(seen) > 20


@pytest.mark.parametrize("attempts", [0, 1, 2, 7, 20])
def test_attempts_are_respected(attempts: int) -> None:
    seen: list[Case] = []
    reduced = reduce(LARGE, watched(dict_in_list, seen), attempts)
    assert reduced.attempts == len(seen) == attempts
    assert dict_in_list(reduced.case)
    assert dumps(reduced.case) == dumps(([LARGE] + [case for case in seen if dict_in_list(case)])[-1])


def test_exactly_enough_attempts_are_enough() -> None:
    needed = reduce(LARGE, dict_in_list)
    exact = reduce(LARGE, dict_in_list, needed.attempts)
    assert exact.attempts == needed.attempts
    assert dumps(exact.case) == dumps(needed.case)
    assert reduce(LARGE, dict_in_list, needed.attempts + 1).attempts == needed.attempts


def test_error_of_the_reason_is_not_swallowed() -> None:
    def broken(case: Case) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reduce(LARGE, broken)


# --- what is worth keeping ----------------------------------------------------------------------------


def has_constant(*wanted: Scalar) -> Reason:
    return lambda case: (
        {repr(value) for value in wanted}
        <= {repr(node.value) for node in case.nodes if isinstance(node, ConstantNode)}
    )


@pytest.mark.parametrize(
    ("value", "ends"), [(7, 0), ("text", 0), (None, 0), (True, 0), (-0.0, 0), (0, 0)], ids=repr
)
def test_constant_becomes_a_placeholder(value: Scalar, ends: Scalar) -> None:
    case = Case((ConstantNode(value), ListNode((0,))), (1,))
    reduced = reduce(case, lambda case: isinstance(case.nodes[-1], ListNode) and len(case.nodes) > 1).case
    assert repr(reduced.nodes[0]) == repr(ConstantNode(ends))


def test_placeholder_of_the_first_rank_that_fails() -> None:
    def false_or_none(case: Case) -> bool:
        return has_constant(None)(case) or has_constant(False)(case) or has_constant("x")(case)

    assert repr(reduce(Case((ConstantNode("x"),), (0,)), false_or_none).case.nodes) == repr(
        (ConstantNode(None),)
    )


def test_false_is_not_taken_for_zero() -> None:
    reduced = reduce(Case((ConstantNode(False),), (0,)), has_constant(False)).case
    assert repr(reduced.nodes) == repr((ConstantNode(False),))


def test_options_go_back_to_the_default_one_by_one() -> None:
    case = Case((ListNode(), ListNode()), (0, 1), options=Options(1, False, (0, 1)))
    for keep, left in (
        (lambda case: True, Options()),
        (lambda case: case.options.passes == 1, Options(passes=1)),
        (lambda case: not case.options.value_from_source, Options(value_from_source=False)),
        (lambda case: bool(case.options.temporaries), Options(temporaries=(0,))),
    ):
        assert reduce(case, keep).case.options == left


def test_existing_value_becomes_new_where_that_is_enough() -> None:
    case = Case((K, ListNode((0,), source=0)), (1,), (LocalName("a"),), (("a", 1),))
    reduced = reduce(case, lambda case: any(isinstance(node, ListNode) and node.items for node in case.nodes))
    assert shape(reduced.case) == (2, 1, 1, 0)
    assert (reduced.case.sources, reduced.case.locals) == ((), ())


def test_one_leaf_does_for_two() -> None:
    case = Case(
        (ConstantNode("a"), ConstantNode("b"), TensorNode(0), TensorNode(1), TupleNode((0, 1, 2, 3))), (4,)
    )
    reduced = reduce(
        case, lambda case: any(isinstance(node, TupleNode) and len(node.items) == 4 for node in case.nodes)
    )
    assert len(reduced.case.nodes) == 2


def test_a_chain_of_existing_values_is_peeled() -> None:
    nodes = (ConstantNode("k"), TensorNode(0, 2), ListNode((1,), 1), DictNode(((0, 2),), 0))
    chain = Case(nodes, (1,), (LocalName("a"), DictItem(0, 0), Item(1, 0)), (("a", 3),))
    assert not list(problems(chain))
    reduced = reduce(
        chain,
        lambda case: any(isinstance(node, TensorNode) and node.source is not None for node in case.nodes),
    )
    assert len(reduced.case.nodes) == len(reduced.case.sources) == 1


def test_a_dict_becomes_a_list_where_that_is_enough() -> None:
    keyed = Case((K, TensorNode(0), DictNode(((0, 1),))), (2,))
    reduced = reduce(keyed, lambda case: any(children(node) for node in case.nodes))
    assert reduced.case.nodes[1:] == (ListNode((0,)),)


def test_what_nothing_needs_goes_even_if_nothing_else_may() -> None:
    nodes = (ConstantNode(7), ListNode((0,)), ListNode((), source=0), TensorNode(1))
    case = Case(nodes, (1, 0), (LocalName("a"),), (("a", 2),))

    def two_roots(case: Case) -> bool:
        originals = World(case, GraphValue).originals()
        return [originals[at] for at in case.roots] == [[7], 7]

    reduced = reduce(case, two_roots).case
    assert repr(reduced.nodes) == repr(nodes[:2])
    assert (reduced.sources, reduced.locals) == ((), ())


def nan(bits: int) -> float:
    return float(struct.unpack(">d", struct.pack(">Q", bits))[0])


def test_cases_that_differ_in_bits_of_a_nan_are_two() -> None:
    """The right one of two NaNs is kept, whichever comes first."""
    wanted = nan(0x7FF8_0000_0000_DEAD)

    def has_it(case: Case) -> bool:
        values = [node.value for node in case.nodes if isinstance(node, ConstantNode)]
        return any(isinstance(v, float) and struct.pack(">d", v) == struct.pack(">d", wanted) for v in values)

    for values in ((nan(0x7FF8_0000_0000_0001), wanted), (wanted, nan(0x7FF8_0000_0000_0001))):
        case = Case((*map(ConstantNode, values), ListNode((0, 1))), (2,))
        assert len(reduce(case, has_it).case.nodes) == 1


def test_integer_too_long_to_be_printed() -> None:
    case = Case((ConstantNode(1 << 50_000), ListNode((0,))), (1,))
    reduced = reduce(case, lambda case: any(isinstance(node, ListNode) for node in case.nodes))
    assert isinstance(reduced, Reduced)
    assert repr(reduced.case.nodes) == repr((ListNode(),))
