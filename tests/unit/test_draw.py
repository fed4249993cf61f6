"""The two drivers of a draw: the seeded one is the same everywhere; both run the same definitions."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings

from generators import (
    Case,
    Draw,
    HypothesisDraw,
    SeededDraw,
    dumps,
    families,
    limits,
    seeded_case,
    strategy,
    tree_case,
)
from generators.builder import Builder
from generators.case import OPERATIONS
from generators.draw import Weighted
from generators.graph import depths
from generators.nodes import ConstantNode, DictNode, ListNode, ObjectNode, TensorNode, TupleNode, children
from generators.rules import problems
from generators.trackers import key

ROOT = Path(__file__).parents[2]
DRAWS = 20_000

QUIET = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck), max_examples=100
)


def close(count: int, share: float, draws: int = DRAWS) -> bool:
    """Is the count within five standard deviations of its mean?"""
    return abs(count - share * draws) <= 5 * (draws * share * (1 - share)) ** 0.5


# --- the seeded driver --------------------------------------------------------------------------------

PRINT_DIGEST = """
import hashlib
from generators import dumps, seeded_case
text = "".join(dumps(seeded_case(seed, index)) for seed in (0, 1, 2**64) for index in range(60))
print(hashlib.sha256(text.encode()).hexdigest())
"""


@pytest.mark.parametrize("hash_seed", ["0", "1", "4294967295"])
def test_same_case_in_another_process_with_another_hash_seed(hash_seed: str) -> None:
    text = "".join(dumps(seeded_case(seed, index)) for seed in (0, 1, 2**64) for index in range(60))
    done = subprocess.run(
        [sys.executable, "-c", PRINT_DIGEST],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()


def test_numbers_are_the_same_on_every_python() -> None:
    """Fixed numbers: should they change, every seed that anyone noted down means another case."""
    draw = SeededDraw(7, 3)
    assert [draw.integer(0, 999) for _ in range(4)] == [498, 34, 715, 362]
    assert draw.integer(0, 2**70) == 367098665979423507638


def test_case_does_not_depend_on_what_was_drawn_before() -> None:
    alone = dumps(seeded_case(5, 17))
    random.seed(1)
    for index in range(17):
        seeded_case(5, index)
    random.random()
    assert dumps(seeded_case(5, 17)) == alone


def test_drawing_leaves_the_global_generator_alone() -> None:
    random.seed(3)
    state = random.getstate()
    seeded_case(0, 0)
    assert random.getstate() == state


def test_seeds_and_indices_give_different_cases() -> None:
    drawn = {
        (seed, index): tuple(SeededDraw(seed, index).integer(0, 2**60) for _ in range(2))
        for seed in (0, 1, 2, 3, 2**32, 2**63)
        for index in range(50)
    }
    assert len(set(drawn.values())) == len(drawn)
    cases = Counter(dumps(seeded_case(seed, index)) for seed in range(4) for index in range(100))
    assert cases.most_common(1)[0][1] < 20
    assert len(cases) > 300


# --- both drivers -------------------------------------------------------------------------------------


def with_seeds(definition: Callable[[Draw], Any]) -> list[Any]:
    draw = SeededDraw(11, 0)
    return [definition(draw) for _ in range(DRAWS)]


def with_hypothesis(definition: Callable[[Draw], Any]) -> list[Any]:
    """What Hypothesis draws: bounds hold, frequencies need not."""
    drawn: list[Any] = []

    @QUIET
    @given(strategy(lambda draw: [definition(draw) for _ in range(20)]))
    def collect(values: list[Any]) -> None:
        drawn.extend(values)

    collect()
    return drawn


both = pytest.mark.parametrize("drive", [with_seeds, with_hypothesis], ids=["seeded", "hypothesis"])
Drive = Callable[[Callable[[Draw], Any]], list[Any]]


@both
@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 1), (-3, 3), (5, 14), (-7, -7), (100, 103)])
def test_integer_gives_the_whole_range_and_no_more(drive: Drive, low: int, high: int) -> None:
    assert set(drive(lambda draw: draw.integer(low, high))) == set(range(low, high + 1))


@both
@pytest.mark.parametrize("bits", [31, 32, 33, 53, 64, 100, 1000])
def test_integer_of_a_large_range(drive: Drive, bits: int) -> None:
    low, high = -(2**bits) // 3, 2**bits
    drawn = drive(lambda draw: draw.integer(low, high))
    assert all(low <= number <= high for number in drawn)
    assert len(set(drawn)) > 100


@pytest.mark.parametrize("span", [2**32 - 1, 2**32, 2**32 + 1, 2**40, 2**60, 3 * 2**62])
def test_large_range_is_drawn_evenly(span: int) -> None:
    draw = SeededDraw(1, 0)
    drawn = [draw.integer(10, 10 + span - 1) for _ in range(DRAWS)]
    eighths = Counter((number - 10) * 8 // span for number in drawn)
    assert set(eighths) == set(range(8))
    assert all(close(count, 1 / 8) for count in eighths.values())
    assert close(sum(number & 1 for number in drawn), 1 / 2)


def test_integer_and_choice_are_drawn_evenly() -> None:
    numbers = Counter(with_seeds(lambda draw: draw.integer(3, 9)))
    assert all(close(count, 1 / 7) for count in numbers.values())
    options = Counter(with_seeds(lambda draw: draw.choice("abcde")))
    assert set(options) == set("abcde")
    assert all(close(count, 1 / 5) for count in options.values())


@both
def test_choice_gives_every_option(drive: Drive) -> None:
    assert set(drive(lambda draw: draw.choice((None, "a", 3)))) == {None, "a", 3}
    assert set(drive(lambda draw: draw.choice(["only"]))) == {"only"}


@both
def test_chance_of_nothing_and_of_all(drive: Drive) -> None:
    assert set(drive(lambda draw: draw.chance(0))) == {False}
    assert set(drive(lambda draw: draw.chance(100))) == {True}
    assert set(drive(lambda draw: draw.chance(50))) == {False, True}


@pytest.mark.parametrize("percent", [1, 20, 50, 64, 99])
def test_chance_is_what_it_says(percent: int) -> None:
    assert close(sum(with_seeds(lambda draw: draw.chance(percent))), percent / 100)


def test_chance_of_hypothesis_counts_its_hundred_numbers() -> None:
    for percent in (0, 1, 37, 99, 100):
        numbers = iter(range(100))
        draw = HypothesisDraw(lambda strategy: next(numbers))  # noqa: B023 - used up within the turn
        assert sum(draw.chance(percent) for _ in range(100)) == percent


WEIGHTED = Weighted([(1, "a"), (0, "never"), (6, "b"), (3, "c")])


@both
def test_weight_zero_is_never_drawn(drive: Drive) -> None:
    assert set(drive(lambda draw: draw.weighted(WEIGHTED))) == {"a", "b", "c"}


def test_weights_are_shares() -> None:
    counts = Counter(with_seeds(lambda draw: draw.weighted(WEIGHTED)))
    assert all(close(counts[name], weight / 10) for name, weight in (("a", 1), ("b", 6), ("c", 3)))
    numbers = iter(range(10))
    draw = HypothesisDraw(lambda strategy: next(numbers))
    assert [draw.weighted(WEIGHTED) for _ in range(10)] == [*"a", *"bbbbbb", *"ccc"]


# --- what is drawn ------------------------------------------------------------------------------------


def test_seeded_cases_are_well_formed_and_within_what_is_drawn() -> None:
    for index in range(1_000):
        case = seeded_case(20, index)
        assert list(problems(case)) == []
        assert len(case.roots) in limits.ROOTS
        # a key and its tuple come with the place that was drawn, so a table may end a little above
        assert len(case.nodes) <= limits.NODES.high + limits.DEPTH.high * 3
        assert max(depths(case.nodes)) in limits.FILE_DEPTH


def test_seeded_cases_have_every_kind_and_about_eight_nodes() -> None:
    cases = [seeded_case(21, index) for index in range(2_000)]
    kinds = Counter(kind for case in cases for kind in case.kinds())
    assert set(kinds) == {
        *("constant", "list", "tuple", "dict", "object", "tensor"),
        *("source:local", "source:global", "source:attribute", "source:item", "source:dict_item"),
        *(f"effect:{operation}" for operation in OPERATIONS),
    }
    assert min(kinds.values()) > 8
    assert 6 <= sum(len(case.nodes) for case in cases) / len(cases) <= 11
    options = Counter((case.options.passes, case.options.value_from_source) for case in cases)
    assert min(options[passes, restore] for passes in (1, 2) for restore in (True, False)) > 20
    assert sum(bool(case.options.temporaries) for case in cases) > 100


class Simplest:
    """A driver that always makes the first choice, and says yes or no to every chance."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer

    def integer(self, low: int, high: int) -> int:
        return low

    def choice(self, options: Sequence[Any]) -> Any:
        return options[0]

    def chance(self, percent: int) -> bool:
        return self.answer

    def weighted(self, options: Weighted[Any]) -> Any:
        return options.values[0]


@pytest.mark.parametrize("as_tuple", [False, True])
def test_key_is_drawn_once(as_tuple: bool) -> None:
    builder = Builder(Simplest(as_tuple), families.draw_node)
    taken: set[Hashable] = set()
    first = key(builder, taken)
    assert first is not None
    assert isinstance(builder.nodes[first], TupleNode if as_tuple else ConstantNode)
    assert key(builder, taken) is None
    assert key(Builder(Simplest(as_tuple), families.draw_node), set()) == first


def test_sharing_is_ordinary() -> None:
    """Every third case or so names something twice that has an identity."""
    shared = 0
    for index in range(1_000):
        case = seeded_case(22, index)
        uses = Counter([child for node in case.nodes for child in children(node)])
        uses.update(case.roots)
        shared += any(
            count > 1 and not isinstance(case.nodes[at], ConstantNode) for at, count in uses.items()
        )
    assert shared > 250


@QUIET
@given(strategy(tree_case))
def test_hypothesis_draws_well_formed_cases(case: Case) -> None:
    assert list(problems(case)) == []


def has(kind: type) -> Callable[[Case], bool]:
    return lambda case: any(isinstance(node, kind) for node in case.nodes)


# wanted, nodes and roots of the smallest case there is
SHRINKS: dict[str, tuple[Callable[[Case], bool], int, int]] = {
    "anything": (lambda case: True, 1, 1),
    "a list": (has(ListNode), 1, 1),
    "a tuple": (has(TupleNode), 1, 1),
    "a dict": (has(DictNode), 1, 1),
    "an object": (has(ObjectNode), 1, 1),
    "a tensor": (has(TensorNode), 1, 1),
    "a dict with an item": (lambda case: any(isinstance(n, DictNode) and n.items for n in case.nodes), 3, 1),
    "a source": (lambda case: bool(case.sources), 1, 1),
    "two roots": (lambda case: len(case.roots) > 1, 2, 2),
    "one pass": (lambda case: case.options.passes == 1, 1, 1),
}


@pytest.mark.parametrize(("wanted", "nodes", "roots"), SHRINKS.values(), ids=SHRINKS)
def test_hypothesis_shrinks(wanted: Callable[[Case], bool], nodes: int, roots: int) -> None:
    found = find(
        strategy(tree_case), wanted, settings=settings(QUIET, max_examples=3_000), random=random.Random(0)
    )
    assert (len(found.nodes), len(found.roots)) == (nodes, roots), dumps(found)


def test_simplest_case_is_plain() -> None:
    found = find(strategy(tree_case), lambda case: True, settings=QUIET, random=random.Random(0))
    assert repr(found.nodes) in [repr((ConstantNode(value),)) for value in (0, None)]
    assert found.options.passes == 2
    assert found.options.value_from_source
    assert found.options.temporaries == ()


def test_generators_import_neither_hypothesis_nor_torch() -> None:
    code = "import sys, generators; print(sorted({'hypothesis', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
