"""The two drivers of a draw: the seeded one is the same everywhere; both run the same definitions."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis.internal.conjecture import engine
from hypothesis.strategies import composite

from generators import (
    Case,
    Draw,
    HypothesisDraw,
    SeededDraw,
    check,
    dumps,
    families,
    limits,
    seeded_case,
    strategy,
    tree_case,
)
from generators.builder import Builder
from generators.case import OPERATIONS, SOURCE_KINDS, Options, TensorProperty
from generators.draw import Weighted
from generators.graph import depths, on_a_cycle
from generators.links import NODE_KINDS, children
from generators.members import _KEYS, key, plain_key
from generators.members import children as draw_children
from generators.nodes import (
    ALIASED,
    FILLED,
    AliasNode,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    GeneratorNode,
    IteratorNode,
    ListNode,
    MadeNode,
    ModuleNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    SetNode,
    SliceNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
)
from generators.rules import problems

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


@pytest.mark.parametrize("percent", [0.25, 0.5, 1, 20, 50, 64, 99])
def test_chance_is_what_it_says(percent: float) -> None:
    assert close(sum(with_seeds(lambda draw: draw.chance(percent))), percent / 100)


@pytest.mark.parametrize("percent", [0.25, 7, 64, 99])
def test_chance_of_hypothesis_is_about_what_it_says(percent: float) -> None:
    drawn = with_hypothesis(lambda draw: draw.chance(percent))
    assert abs(100 * sum(drawn) / len(drawn) - percent) < 7
    assert percent > 1 or sum(drawn) < len(drawn) / 100


@pytest.mark.parametrize("percent", [0, 0.25, 0.5, 1, 37, 99, 99.5, 100])
def test_chance_of_hypothesis_counts_its_numbers(percent: float) -> None:
    said = []
    for number, second in itertools.product(range(100), repeat=2):
        numbers = iter((number, second))
        said.append(HypothesisDraw(lambda strategy, numbers=numbers: next(numbers)).chance(percent))
    assert sum(said) == percent * 100
    # the low numbers say no, and a shrinker goes there
    assert said == sorted(said)


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
        # one more where an inner node comes first
        few = limits.Limit(limits.ROOTS.low, limits.ROOTS.high + 1, "")
        wide = limits.Limit(limits.WIDE.low, limits.WIDE.high + 1, "")
        assert len(case.roots) in few or len(case.roots) in wide
        # a key and its tuple come with the place that was drawn, so a table may end a little above; wide
        # containers of other keys and chains are drawn whole
        wide = any(len(children(node)) >= limits.WIDE.low for node in case.nodes)
        deep = max(depths(case.nodes)) > limits.DEPTH.high + 2
        assert wide or deep or len(case.nodes) <= limits.NODES.high + limits.DEPTH.high * 4
        assert max(depths(case.nodes)) in limits.FILE_DEPTH


SEVERAL_THOUSAND = 4_000


@pytest.mark.parametrize("seed", [23, 2**70])
def test_thousands_of_seeded_cases_are_well_formed(seed: int) -> None:
    for index in range(SEVERAL_THOUSAND // 2):
        check(seeded_case(seed, index))


def new(kind: type) -> Callable[[Case], bool]:
    return lambda case: any(isinstance(node, kind) and node.source is None for node in case.nodes)


def there(kind: type) -> Callable[[Case], bool]:
    return lambda case: any(isinstance(node, kind) and node.source is not None for node in case.nodes)


def on_cycle(kind: type) -> Callable[[Case], bool]:
    return lambda case: any(isinstance(case.nodes[at], kind) for at in on_a_cycle(case.nodes))


def some(kind: type, wanted: Callable[[Any, Case], Any]) -> Callable[[Case], bool]:
    return lambda case: any(isinstance(node, kind) and bool(wanted(node, case)) for node in case.nodes)


NOT_NEW = (WeakRefNode, ObjectNode, AliasNode, ModuleNode)
NOT_THERE = (GeneratorNode,)
# what several thousand cases have some of, and in how many at least
DRAWN: dict[str, tuple[int, Callable[[Case], bool]]] = {
    **{f"a new {name}": (30, new(kind)) for name, kind in NODE_KINDS.items() if kind not in NOT_NEW},
    **{
        f"an existing {name}": (15, there(kind)) for name, kind in NODE_KINDS.items() if kind not in NOT_THERE
    },
    **{f"a {kind.kind} on a cycle": (4, on_cycle(kind)) for kind in FILLED},
    "a tuple on a cycle": (4, on_cycle(TupleNode)),
    "a function on a cycle": (10, on_cycle(FunctionNode)),
    "an existing list or dict on a cycle": (
        4,
        lambda case: any(case.nodes[at].source is not None for at in on_a_cycle(case.nodes)),
    ),
    "lazy trackers": (150, lambda case: case.options.lazy and not case.options.realized),
    "realized lazy trackers": (60, lambda case: case.options.lazy and case.options.realized),
    "an override": (60, lambda case: bool(case.options.overrides)),
    "two overrides": (1, lambda case: len(case.options.overrides) > 1),
    "inlined": (150, lambda case: case.options.inlined),
    "a wide container": (4, lambda case: any(len(children(node)) >= 256 for node in case.nodes)),
    "a deep chain": (10, lambda case: max(depths(case.nodes)) > limits.DEPTH.high + 3),
    "a deque of limited length": (30, some(DequeNode, lambda node, case: node.maxlen is not None)),
    "a full one": (
        15,
        some(DequeNode, lambda node, case: node.maxlen is not None and node.maxlen == len(node.items)),
    ),
    "an effect on a deque of limited length": (
        4,
        lambda case: any(
            getattr(case.nodes[effect.on], "maxlen", None) is not None for effect in case.effects
        ),
    ),
    "an empty cell": (8, some(CellNode, lambda node, case: node.contents is None)),
    "a function of keyword defaults": (15, some(FunctionNode, lambda node, case: node.keyword_defaults)),
    "a function over two cells": (15, some(FunctionNode, lambda node, case: len(set(node.closure)) > 1)),
    "a function with annotations": (10, some(FunctionNode, lambda node, case: node.annotations)),
    "a function with attributes": (10, some(FunctionNode, lambda node, case: node.attributes)),
    "a function with a docstring": (10, some(FunctionNode, lambda node, case: node.doc is not None)),
    "a generator of a function": (2, some(GeneratorNode, lambda node, case: node.function is not None)),
    "a generator that is refused": (4, some(GeneratorNode, lambda node, case: node.context_manager)),
    "a module in a module": (15, some(ModuleNode, lambda node, case: node.attributes)),
    "a module by its key": (30, some(ModuleNode, lambda node, case: node.by_key)),
    "a method of an object": (
        15,
        some(BoundMethodNode, lambda node, case: isinstance(case.nodes[node.of], ObjectNode)),
    ),
    "a method of a new value": (
        15,
        some(BoundMethodNode, lambda node, case: case.nodes[node.of].source is None),
    ),
    "a cell of two functions": (
        4,
        lambda case: (
            max(
                Counter(
                    cell for n in case.nodes if isinstance(n, FunctionNode) for cell in set(n.closure)
                ).values(),
                default=0,
            )
            > 1
        ),
    ),
    "a partial of arguments and keywords": (
        4,
        some(PartialNode, lambda node, case: node.arguments and node.keywords),
    ),
    "an iterator with items taken": (15, some(IteratorNode, lambda node, case: node.position > 0)),
    "an iterator at its end": (
        4,
        some(IteratorNode, lambda node, case: node.items and node.position == len(node.items)),
    ),
    "a slice of more than constants": (
        2,
        some(
            SliceNode,
            lambda node, case: any(not isinstance(case.nodes[at], ConstantNode) for at in node.items),
        ),
    ),
    **{
        f"a key that is a {kind.kind}": (
            4,
            some(
                DictNode,
                lambda node, case, kind=kind: any(isinstance(case.nodes[at], kind) for at, _ in node.items),
            ),
        )
        for kind in (ConstantNode, TupleNode, FrozensetNode, TensorNode)
    },
    **{
        f"an element that is a {kind.kind}": (
            4,
            some(
                SetNode,
                lambda node, case, kind=kind: any(isinstance(case.nodes[at], kind) for at in node.items),
            ),
        )
        for kind in (ConstantNode, TupleNode, FrozensetNode, TensorNode)
    },
    "an ordered dict of two": (15, some(OrderedDictNode, lambda node, case: len(node.items) > 1)),
    **{
        f"an alias of a {kind.kind}": (
            1,
            some(AliasNode, lambda node, case, kind=kind: isinstance(case.nodes[node.of], kind)),
        )
        for kind in sorted(ALIASED, key=lambda kind: str(kind.kind))
    },
}


def test_seeded_cases_have_all_that_can_be_drawn() -> None:
    counts: Counter[str] = Counter()
    for index in range(SEVERAL_THOUSAND):
        case = seeded_case(24, index)
        counts.update(name for name, (_, wanted) in DRAWN.items() if wanted(case))
    assert {name: counts[name] for name, (floor, _) in DRAWN.items() if counts[name] < floor} == {}


def test_seeded_cases_have_every_kind_and_about_nine_nodes() -> None:
    cases = [seeded_case(21, index) for index in range(4_000)]
    kinds = Counter(kind for case in cases for kind in case.kinds())
    assert set(kinds) == {
        "case:tree",
        *NODE_KINDS,
        *(f"source:{kind}" for kind in SOURCE_KINDS if kind != TensorProperty.kind),  # calls alone have it
        *(f"effect:{operation}" for operation in OPERATIONS),
    }
    assert min(kinds.values()) > 3
    # of ten or so a fifth is in the few cases of more than 255 of something
    assert 6 <= sum(len(case.nodes) for case in cases) / len(cases) <= 10
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


class Choosing(Simplest):
    """As `Simplest`, but of the kinds of keys it chooses the one at a place."""

    def __init__(self, answer: bool, place: int) -> None:
        super().__init__(answer)
        self.place = place

    def weighted(self, options: Weighted[Any]) -> Any:
        return options.values[self.place if options is _KEYS else 0]


@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize(
    ("place", "kind"),
    enumerate([ConstantNode, TupleNode, FrozensetNode, TensorNode, MadeNode]),
    ids=lambda value: "",
)
def test_key_is_drawn_once(place: int, kind: type, reuse: bool) -> None:
    assert len(_KEYS.values) == 5
    builder = Builder(Choosing(reuse, place), families.draw_node)
    taken: set[Hashable] = set()
    first = key(builder, taken)
    assert first is not None
    assert isinstance(builder.nodes[first], kind)
    assert len(taken) == 1
    assert key(builder, taken) is None
    assert key(Builder(Choosing(reuse, place), families.draw_node), set()) == first


def test_a_key_that_is_there_already_is_one_that_can_be_hashed() -> None:
    builder = Builder(Choosing(True, 3), families.draw_node)
    for node in (ListNode((), 0), TupleNode((0,)), SetNode(), FunctionNode(), ObjectNode((), 1), TupleNode()):
        builder.add(node)
    assert key(builder, set()) == 4
    assert key(builder, {()}) == 4


class Listed(Simplest):
    """A driver that gives the listed values in turn as constants of a choice."""

    def __init__(self, values: Sequence[Any]) -> None:
        super().__init__(False)
        self.values = deque(values)

    def weighted(self, options: Weighted[Any]) -> Any:
        return lambda draw: self.values.popleft()


def test_a_plain_key_finds_itself_and_is_drawn_once() -> None:
    values = [1, True, 1.0, float("nan"), complex("nanj"), "1", 0, -0.0, None]
    builder = Builder(Listed(values), families.draw_node)
    taken: set[Hashable] = set()
    drawn = [plain_key(builder, taken) for _ in values]
    assert [at is not None for at in drawn] == [at in (0, 5, 6, 8) for at in range(len(values))]


def test_what_is_open_stands_before_its_children() -> None:
    builder = Builder(Simplest(False), families.draw_node)
    outer = builder.open(ListNode())
    inner = builder.open(DequeNode((), None, 0))
    assert (builder.opened, builder.opened_existing) == ([outer], [inner])
    assert (builder.shareable, builder.existing) == ([], [])
    child = builder.add(TupleNode((outer,)))
    assert builder.close(inner, DequeNode((), 3, 0)) == inner
    assert builder.close(outer, ListNode((child, inner))) == outer
    assert (builder.opened, builder.opened_existing) == ([], [])
    assert builder.shareable == [child, inner, outer]
    assert builder.existing == [inner]
    assert builder.case([outer], [], Options()).nodes == (
        *(ListNode((child, inner)), DequeNode((), 3, 0)),
        TupleNode((outer,)),
    )


def test_cells_and_plain_constants_are_not_named_again_in_other_places() -> None:
    builder = Builder(Simplest(False), families.draw_node)
    for node in (ConstantNode(1), ConstantNode(1, 0), CellNode(), FunctionNode(), TensorNode(0)):
        builder.add(node)
    assert (builder.shareable, builder.existing) == ([1, 3, 4], [1])
    assert (builder.cells, builder.functions) == ([2], [3])


def test_a_wide_container_has_more_members_than_one_byte_says() -> None:
    builder = Builder(Simplest(True), families.draw_node)
    drawn = draw_children(builder, 0)
    assert len(drawn) in limits.WIDE
    assert limits.WIDE.low > 255
    assert len(set(drawn)) in limits.WIDE_VARIETY


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


@settings(QUIET, max_examples=300)
@given(strategy(tree_case))
def test_hypothesis_draws_well_formed_cases(case: Case) -> None:
    assert list(problems(case)) == []
    assert check(case) is case


def has(kind: type) -> Callable[[Case], bool]:
    return lambda case: any(isinstance(node, kind) for node in case.nodes)


class Ordinary(HypothesisDraw):
    """Without what is rare, and without a draw for it. Containers of more than 255 take Hypothesis minutes to
    shrink; and what is looked into is a case of two nodes with fewer draws than the simplest of one."""

    __slots__ = ()

    def chance(self, percent: float) -> bool:
        return percent >= LEAST_ORDINARY and super().chance(percent)


LEAST_ORDINARY = 5


@composite
def small_ordinary_cases(draw: Any) -> Case:
    return tree_case(Ordinary(draw))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small first examples: how well a definition shrinks is seen with them too, and in seconds."""
    monkeypatch.setattr(limits, "NODES", limits.Limit(1, 5, ""))
    monkeypatch.setattr(limits, "DEPTH", limits.Limit(0, 2, ""))
    monkeypatch.setattr(limits, "ROOTS", limits.Limit(1, 3, ""))
    monkeypatch.setattr(limits, "ANY_EFFECT", 0)
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", 3)


# wanted, nodes and roots of the smallest case there is
SHRINKS: dict[str, tuple[Callable[[Case], bool], int, int]] = {
    "anything": (lambda case: True, 1, 1),
    "a list": (has(ListNode), 1, 1),
    "a tuple": (has(TupleNode), 1, 1),
    # some searches end at a view of one
    "a dict": (has(DictNode), 2, 1),
    "an object": (has(ObjectNode), 3, 2),
    "a tensor": (has(TensorNode), 1, 1),
    # most searches end at one more: something around it, or a key that is no plain constant
    "a dict with an item": (lambda case: any(isinstance(n, DictNode) and n.items for n in case.nodes), 4, 1),
    "a source": (lambda case: bool(case.sources), 1, 1),
    "a set": (has(SetNode), 2, 2),
    "an iterator": (has(IteratorNode), 1, 1),
    "a function": (has(FunctionNode), 1, 1),
    "a partial": (has(PartialNode), 3, 1),
    "inlined": (lambda case: case.options.inlined, 1, 1),
    "two roots": (lambda case: len(case.roots) > 1, 2, 2),
    "one pass": (lambda case: case.options.passes == 1, 1, 1),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("wanted", "nodes", "roots"), SHRINKS.values(), ids=SHRINKS)
def test_hypothesis_shrinks(wanted: Callable[[Case], bool], nodes: int, roots: int) -> None:
    """One search in ten or so ends a step above the smallest case, so there are up to six."""
    sizes = []
    for seed in range(6):
        found = find(
            *(small_ordinary_cases(), wanted),
            settings=settings(QUIET, max_examples=1_000),
            random=random.Random(seed),
        )
        sizes.append((len(found.nodes), len(found.roots)))
        if sizes[-1][0] <= nodes and sizes[-1][1] <= roots:
            return
    raise AssertionError(sizes)


@pytest.mark.usefixtures("small")
def test_simplest_case_is_one_new_value() -> None:
    # to Hypothesis fewer choices are simpler: which value it is depends on what it comes across
    for seed in range(3):
        found = find(*(small_ordinary_cases(), lambda case: True), settings=QUIET, random=random.Random(seed))
        assert (len(found.nodes), found.roots, found.sources, found.effects) == (1, (0,), (), ())


def test_generators_import_neither_hypothesis_nor_torch() -> None:
    code = "import sys, generators; print(sorted({'hypothesis', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
