"""Values in words: what each type shows, and which places show the same name."""

from __future__ import annotations

import collections
import functools
import itertools
import os
import struct
from types import CellType, SimpleNamespace
from typing import Any

import pytest

from generators import Case, check, seeded_case
from generators.case import (
    COMPILER_SOURCES,
    SOURCE_KINDS,
    Attribute,
    CellContents,
    CellName,
    ClosureCell,
    Default,
    DictItemByKey,
    DictKey,
    FreeName,
    Import,
    LocalName,
    SliceItem,
    TupleIteratorItem,
    TypeOf,
    WeakRefCall,
)
from generators.nodes import (
    CellNode,
    ConstantNode,
    DequeNode,
    DictNode,
    FunctionNode,
    IteratorNode,
    ListNode,
    NamedTupleNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    SetNode,
    SliceNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
)
from harness.describe import _Describer, side_by_side, source_text
from oracles.graph_values import StandIns, memory_of
from oracles.making import Mode, Thing
from oracles.members import ATOM_BITS
from oracles.values import compare
from oracles.world import World, pairs

K = ConstantNode("k")
EMPTY = Case((K,), (0,))


graph_value = StandIns
"""One graph value for each proxy."""


def described(value: Any, case: Case = EMPTY, world: World | None = None) -> dict[str, str]:
    rows: dict[str, str] = {}
    _Describer(case, world or World(case, graph_value())).walk("v", value, rows)
    return rows


def of_node(*nodes: Any) -> dict[str, str]:
    """The last of these nodes, none of which exists beforehand, described."""
    case = check(Case(nodes, (len(nodes) - 1,)))
    return described(World(case, graph_value()).originals()[-1], case)


# --- each type ------------------------------------------------------------------------------------------

SHOWN: dict[str, tuple[Any, dict[str, str]]] = {
    "atom": (-0.0, {"v": "-0.0"}),
    "range": (range(0, 5, 2), {"v": "range(0, 5, 2), new A"}),
    "set": (
        {"b", 10, "a"},
        {"v": "set of 3, new A", "v.<element 0>": "10", "v.<element 1>": "'a'", "v.<element 2>": "'b'"},
    ),
    "frozenset": (
        frozenset({(1,)}),
        {"v": "frozenset of 1, new A", "v.<element>": "tuple of 1, new B", "v.<element>[0]": "1"},
    ),
    "slice": (slice(1, None), {"v": "slice, new A", "v.start": "1", "v.stop": "None", "v.step": "None"}),
    "deque": (collections.deque([7]), {"v": "deque of 1, new A", "v[0]": "7"}),
    "limited deque": (collections.deque([7], 3), {"v": "deque of 1, maxlen 3, new A", "v[0]": "7"}),
    "ordered dict": (
        collections.OrderedDict(k=[]),
        {"v": "OrderedDict of 1, new A", "v.keys[0]": "'k'", "v.values[0]": "list of 0, new B"},
    ),
    "defaultdict": (
        collections.defaultdict(list, k=1),
        {"v": "defaultdict of 1, default list, new A", "v.keys[0]": "'k'", "v.values[0]": "1"},
    ),
    "defaultdict without a default": (collections.defaultdict(), {"v": "defaultdict of 0, new A"}),
    "struct sequence": (
        os.terminal_size((1, 2)),
        {"v": "terminal_size of 2, new A", "v[0]": "1", "v[1]": "2"},
    ),
    "method": (Thing().other, {"v": "method other, new A", "v.__self__": "Thing of 0, new B"}),
    "method of a list": (
        [1].append,
        {"v": "method append, new A", "v.__self__": "list of 1, new B", "v.__self__[0]": "1"},
    ),
    "context manager": (Mode(True), {"v": "Mode, new A", "v.mode": "True"}),
    "iterator": (
        iter([1, 2]),
        {"v": "list_iterator with 2 left, new A", "v.<remaining 0>": "1", "v.<remaining 1>": "2"},
    ),
    "exhausted iterator": (iter(()), {"v": "tuple_iterator with 0 left, new A"}),
    "cell": (CellType(7), {"v": "cell, new A", "v.cell_contents": "7"}),
    "empty cell": (CellType(), {"v": "empty cell, new A"}),
    "partial": (
        functools.partial(divmod, 1, y=2),
        {
            "v": "partial of 2, new A",
            "v.func": f"{divmod!r}, new B",
            "v.args[0]": "1",
            "v.keywords['y']": "2",
        },
    ),
    "unknown": (NotImplemented, {"v": "NotImplemented, new A"}),
}


@pytest.mark.parametrize(("value", "rows"), SHOWN.values(), ids=SHOWN)
def test_each_type_shows_what_is_in_it(value: Any, rows: dict[str, str]) -> None:
    assert described(value) == rows


def test_function_shows_parameters_defaults_and_cells() -> None:
    shown = of_node(
        *(K, ConstantNode(7), CellNode(0), CellNode(), FunctionNode((2, 3), (0, 1), (("y", 1), ("x", 0))))
    )
    assert shown == {
        "v": "function nested(__p0, __p1, *, y, x), new A",
        "v.__defaults__[0]": "'k'",
        "v.__defaults__[1]": "7",
        "v.__kwdefaults__['y']": "7",
        "v.__kwdefaults__['x']": "'k'",
        "v.__closure__[0]": "cell, new B",
        "v.__closure__[0].cell_contents": "'k'",
        "v.__closure__[1]": "empty cell, new C",
    }


def test_attributes_of_a_function_are_shown() -> None:
    def function() -> None: ...

    function.mark = 3  # type: ignore[attr-defined]
    function.__annotations__ = {}
    assert list(described(function).values())[1:] == ["3"]


def test_what_is_set_on_a_function_is_shown() -> None:
    nodes = (K, ConstantNode(7), FunctionNode((), (), (), None, (("x", 0),), (("y", 1),), 0))
    assert of_node(*nodes) == {
        "v": "function nested(), new A",
        "v.__annotations__['x']": "'k'",
        "v.__doc__": "'k'",
        "v.y": "7",
    }


def test_named_tuple_is_shown_by_field() -> None:
    assert of_node(K, ListNode(), NamedTupleNode((0, 1))) == {
        "v": "Named2 of 2, new A",
        "v.x": "'k'",
        "v.y": "list of 0, new B",
    }


def test_iterator_is_left_where_it_stands() -> None:
    iterator = iter([1, 2, 3])
    next(iterator)
    assert len(described(iterator)) == 3
    assert list(iterator) == [2, 3]


def test_order_of_a_set_does_not_depend_on_how_it_was_made() -> None:
    elements = [1, "a", b"a", None, 2.5, ("a", 1), ("a", 2), frozenset({1, "b"}), frozenset({2}), 1 << 50_000]
    shown = {tuple(described(set(some)).items()) for some in itertools.permutations(elements[:4])}
    shown_of_all = {
        tuple(described(set(elements[at:] + elements[:at])).items()) for at in range(len(elements))
    }
    assert len(shown) == len(shown_of_all) == 1


def test_nans_of_a_set_are_ordered_by_their_bits() -> None:
    nans = [struct.unpack(">d", struct.pack(">Q", 0x7FF8_0000_0000_0001 + at))[0] for at in range(12)]
    shown = {tuple(described({*nans[at:], *nans[:at]}).items()) for at in range(12)}
    assert len(shown) == 1


def test_existing_elements_are_ordered_by_name() -> None:
    nodes = (TensorNode(1, 0), TensorNode(0, 1), SetNode((0, 1)))
    case = check(Case(nodes, (2,), (LocalName("a"), LocalName("b")), (("a", 0), ("b", 1))))
    world = World(case, graph_value())
    rows = described(world.originals()[2], case, world)
    assert list(rows.values())[1:] == ["graph output of proxy 0", "graph output of proxy 1"]


# --- names and cycles -----------------------------------------------------------------------------------


def test_existing_object_is_named_by_where_it_was() -> None:
    nodes = (FunctionNode(source=1), PartialNode(0, (), (), 0), TupleNode((1, 0)))
    case = check(Case(nodes, (2,), (LocalName("a"), Attribute(0, "func")), (("a", 1),)))
    world = World(case, graph_value())
    rows = described(world.originals()[2], case, world)
    assert rows["v[0]"] == "partial of 0, a"
    assert rows["v[0].func"] == "function nested(), a.func"
    assert rows["v[1]"] == "function nested(), a.func"


def test_what_was_shown_is_named_again_without_its_inside() -> None:
    inner = [1]
    assert described([inner, inner, [], []]) == {
        "v": "list of 4, new A",
        "v[0]": "list of 1, new B",
        "v[0][0]": "1",
        "v[1]": "list of 1, new B (again)",
        "v[2]": "list of 0, new C",
        "v[3]": "list of 0, new D",
    }


CYCLES = {
    "list": (ListNode((0,)),),
    "dict": (K, DictNode(((0, 1),))),
    "ordered_dict": (K, OrderedDictNode(((0, 1),))),
    "deque": (DequeNode((0,), 1),),
    "function": (CellNode(1), FunctionNode((0,))),
    "function by a default": (ListNode((1,)), FunctionNode((), (0,))),
    "partial": (FunctionNode(), ListNode((2,)), PartialNode(0, (1,))),
    "named_tuple": (ListNode((1,)), NamedTupleNode((0,))),
    "slice": (K, ListNode((2,)), SliceNode((0, 1, 0))),
    "iterator": (ListNode((1,)), IteratorNode((0,))),
}


@pytest.mark.parametrize("nodes", CYCLES.values(), ids=CYCLES)
def test_a_cycle_is_shown_once(nodes: tuple[Any, ...]) -> None:
    rows = of_node(*nodes)
    again = [text for text in rows.values() if text.endswith(" (again)")]
    assert len(again) == 1
    assert again[0].removesuffix(" (again)") in rows.values()


def test_deep_values_are_shown() -> None:
    value: list[Any] = []
    for _ in range(5_000):
        value = [value]
    assert len(described(value)) == 5_001


def test_two_places_have_one_name_exactly_when_they_hold_one_object() -> None:
    """Over drawn cases; the rows are walked again by another reading of the paths."""
    for case in (seeded_case(21, index) for index in range(400)):
        world = World(case, graph_value())
        describer = _Describer(case, world)
        rows: dict[str, str] = {}
        values = world.originals()
        for at, root in enumerate(case.roots):
            describer.walk(f"roots[{at}]", values[root], rows)
        named: dict[str, int] = {}
        pending = [values[root] for root in case.roots]
        seen: set[int] = set()
        while pending:
            value = pending.pop()
            if id(value) in seen or type(value) in ATOM_BITS:
                continue
            seen.add(id(value))
            name = describer.text(value).rsplit(", ", 1)[-1]
            assert named.setdefault(name, id(value)) == id(value), name
            pending += [member for _, member in describer.members(value) or ()]
        shown = {text.removesuffix(" (again)").rsplit(", ", 1)[-1] for text in rows.values()}
        assert set(named) <= shown


def test_rows_are_where_the_comparison_says_that_values_differ() -> None:
    """A row for every path of a difference, or for the value around it: elements, bounds of ranges."""
    told = 0
    for index in range(300):
        case = seeded_case(22, index)
        outputs = graph_value()
        worlds = World(case, outputs), World(case, outputs)
        expected = worlds[1].originals()
        rows: dict[str, str] = {}
        describer = _Describer(case, worlds[1])
        for at, root in enumerate(case.roots):
            describer.walk(f"roots[{at}]", expected[root], rows)
        wrong = tuple([[] for _ in case.roots])
        roots = [(("root", at), wrong[at], expected[root]) for at, root in enumerate(case.roots)]
        difference = compare(roots, pairs(*worlds))
        if difference is not None:
            told += 1
            assert difference.message.split(" ")[0] in rows
    assert told > 200


def test_both_sides_are_shown_in_the_order_of_the_originals() -> None:
    case = check(Case((K, DequeNode((0,), 2), SetNode((0,))), (1, 2)))
    run: Any = SimpleNamespace(case=case, twin=World(case, graph_value()), world=World(case, graph_value()))
    rows = list(side_by_side(run, (collections.deque(["k", 3]), set())))
    assert [(row.path, row.original, row.reconstructed) for row in rows] == [
        ("roots[0]", "deque of 1, maxlen 2, new A", "deque of 2, new A"),
        ("roots[0][0]", "'k'", "'k'"),
        ("roots[1]", "set of 1, new B", "set of 0, new B"),
        ("roots[1].<element>", "'k'", "—"),
        ("roots[0][1]", "—", "3"),
    ]


def test_every_source_is_written_as_python_would() -> None:
    nodes = (
        *(ConstantNode("k"), ObjectNode((), 3), CellNode(0, 2), FunctionNode((2,), (0, 1), (("x", 1),), 1)),
        *(WeakRefNode(3, 0), DictNode(((1, 0), (0, 1)), 8), ListNode((1, 1), 10), ListNode((1,), 11)),
        IteratorNode((0, 1), 1, "tuple", 14),
    )
    sources = (
        *(CellName("c"), WeakRefCall(0), ClosureCell(1, 0), Default(1, 1), Default(1, "x"), CellContents(2)),
        *(TypeOf(3), Import("functools"), FreeName("f"), DictKey(8, 0), LocalName("a")),
        *(SliceItem(10, 1, None, None), SliceItem(10, None, -1, 2), DictItemByKey(8, 9)),
        *(LocalName("b"), TupleIteratorItem(14, 0)),
    )
    case = Case(nodes, (7,), sources, (("a", 6), ("b", 8)), cells=(("c", 4),), free=(("f", 5),))
    assert [source_text(case, at) for at in range(len(sources))] == [
        *("cell c", "cell c()", "cell c().__closure__[0]", "cell c().__defaults__[1]"),
        *("cell c().__kwdefaults__['x']", "cell c().__closure__[0].cell_contents"),
        *("cell c().__defaults__[1].__class__", "import functools", "free f", "free f.<key 0>", "a"),
        *("a[1:]", "a[:-1:2]", "free f[free f.<key 0>]", "b", "b.<remaining 0>"),
    ]
    # those of a compiler are in test_compiler_sources.py
    of_a_compiler = {source.kind for source in COMPILER_SOURCES}
    assert set(SOURCE_KINDS) - of_a_compiler - {source.kind for source in sources} == {
        "global",
        "attribute",
        "item",
        "dict_item",
    }


def test_a_mode_is_no_tensor() -> None:
    from harness.targets.dynamo_contexts import UserMode

    assert memory_of(UserMode()) is None
