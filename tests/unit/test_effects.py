"""Effects: what the table says is left is what plain Python leaves, and impossible ones are named."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import random
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from generators import Case, CaseError, check, dumps, loads, seeded_case
from generators.case import OPERATIONS, REBINDING, Effect, LocalName, Options
from generators.contents import ImpossibleEffectError, Parts, after, before, changed_as, members
from generators.links import NODE_KINDS
from generators.nodes import (
    ConstantNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    IteratorNode,
    ListNode,
    MadeNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    RangeNode,
    SetNode,
    TensorNode,
    TupleNode,
)
from harness.reducer.draft import Draft
from harness.reducer.reduce import STEPS, reduce
from oracles.graph_values import StandIns
from oracles.instances import attributes_of, base_class, is_instance
from oracles.makers import parts_of
from oracles.makers_iterators import OrderedSet
from oracles.making import Thing
from oracles.members import left_of
from oracles.world import World

K = ConstantNode("k")
LIST, DICT, OBJECT = ListNode((), 0), DictNode((), 0), ObjectNode((), 0)
SET, DEQUE, ORDERED = SetNode((), 0), DequeNode((), None, 0), OrderedDictNode((), 0)
NAN = ConstantNode(float("nan"))
CASES = 3_000
TupleIterator: type[Any] = type(iter(()))


def existing(
    node: Node, *effects: Effect, extra: tuple[Node, ...] = (), options: Options | None = None
) -> Case:
    """One existing node, index 2, after the constants 0 (`k`) and 1 (7), bound to the local `a`."""
    nodes = (K, ConstantNode(7), node, *extra)
    return Case(nodes, (2,), (LocalName("a"),), (("a", 2),), (), options or Options(), effects)


def held_by(live: Any) -> list[Any]:
    """What a live container holds, as `members` lists it; a set in any order. No node of numbers is known."""
    if type(live) in (itertools.count, type(iter(range(0)))):
        return []
    if type(live) in (TupleIterator, type(iter([]))):
        return left_of(live)
    if type(live) in (list, deque, set, OrderedSet):
        return list(live)
    if type(live) in (dict, OrderedDict, defaultdict):
        return [part for pair in live.items() for part in pair]
    if type(live) is random.Random:
        return []
    if is_instance(live):
        inside = [] if base_class(live) is object else held_by(base_class(live)(*_arguments(live)))
        return [*inside, *attributes_of(live).values()]
    if type(live) is tuple:
        return list(live)
    assert type(live) is Thing
    return list(vars(live).values())


def _arguments(live: Any) -> tuple[Any, ...]:
    return (None, live) if base_class(live) is defaultdict else (live,)


def same(mine: Any, theirs: Any) -> bool:
    """One object; or equal constants, which the table names by any node of them."""
    return mine is theirs or (
        type(mine) is type(theirs) and type(mine) in (int, str, float, complex) and repr(mine) == repr(theirs)
    )


def check_what_is_left(case: Case) -> None:
    """Hold `after` against a world in which plain Python carries the effects out."""
    world = World(case, POOL)
    values = world.originals()
    left = after(case)
    assert set(left) == {effect.on for effect in case.effects if effect.operation not in REBINDING}
    for at, contents in left.items():
        if isinstance(case.nodes[at], TensorNode):
            assert list(map(id, world.on_tensors[at].values())) == [id(values[m]) for m in members(contents)]
            continue
        if isinstance(contents, Parts) and not hasattr(values[at], "__dict__"):
            # slots have an order of their own
            contents.attributes = dict(sorted(contents.attributes.items()))
        found, expected = held_by(values[at]), [values[member] for member in members(contents)]
        assert len(found) == len(expected)
        if isinstance(values[at], set):  # in any order, and its attributes after it
            assert all(any(same(mine, theirs) for theirs in expected) for mine in found)
        else:
            assert all(map(same, found, expected))
        if isinstance(values[at], Thing):
            assert list(vars(values[at])) == list(contents)  # type: ignore[arg-type]


POOL = StandIns()


def test_what_is_left_is_what_plain_python_leaves() -> None:
    seen = set()
    for index in range(CASES):
        case = seeded_case(41, index)
        if not case.options.replay:
            continue  # what existed before stays as it was
        check_what_is_left(case)
        seen |= {
            (effect.operation, kind)
            for effect in case.effects
            for kind in (*changed_as(case.nodes[effect.on]), case.nodes[effect.on].kind)
        }
    drawn = {(name, kind) for name, (kinds, _) in OPERATIONS.items() for kind in kinds}
    assert drawn <= seen
    of_instances = {name for name, (kinds, _) in OPERATIONS.items() if set(kinds) & BASES}
    rare = {"sort", "remove", "replace"}
    assert {(name, "instance") for name in of_instances - rare} <= seen


BASES = {"list", "dict", "ordered_dict", "defaultdict", "set", "object"}
"""What users' classes are made from, as far as effects change what they hold."""


A, B, C, D = range(4)
NODES = tuple(map(ConstantNode, "abcd"))
"""The nodes A to D, which `left` has before the changed one: they come back as their letters."""


OTHERS = (DictNode(((A, B), (C, D))), TupleNode((D, B)), SetNode((B, D)), FrozensetNode((A,)))
"""The nodes 5 to 8, which stand after the changed one."""


def left(node: Node, *effects: tuple[Any, ...]) -> Any:
    """What plain Python leaves in the node, each effect being an operation and its fields in their order."""
    told = [
        Effect(operation, 4, **dict(zip(OPERATIONS[operation][1], fields, strict=True)))
        for operation, *fields in effects
    ]
    nodes = (*NODES, node, *OTHERS)
    case = check(Case(nodes, (4,), (LocalName("a"),), (("a", 4),), (), Options(), tuple(told)))
    check_what_is_left(case)
    value = World(case, StandIns()).originals()[4]
    if isinstance(value, TupleIterator):
        return left_of(value)
    return vars(value) if isinstance(value, Thing) else value


ITEMS, PAIRS, NAMED = (A, B, C), ((A, D), (B, D)), (("x", A), ("y", B))
# the node, the effects, what is left
Row = tuple[Node, Sequence[tuple[Any, ...]], Any]
LEFT: list[Row] = [
    (ListNode(ITEMS, 0), [("append", D)], [*"abcd"]),
    (ListNode(ITEMS, 0), [("insert", 0, D)], [*"dabc"]),
    (ListNode(ITEMS, 0), [("insert", 3, D)], [*"abcd"]),
    (ListNode(ITEMS, 0), [("set_item", 1, D)], [*"adc"]),
    (ListNode(ITEMS, 0), [("delete_item", 0)], [*"bc"]),
    (ListNode(ITEMS, 0), [("reverse",), ("delete_item", 0)], [*"ba"]),
    (ListNode(ITEMS, 0), [("clear",), ("append", D)], ["d"]),
    (DequeNode(ITEMS, None, 0), [("append", D)], deque("abcd")),
    (DequeNode(ITEMS, None, 0), [("append_left", D)], deque("dabc")),
    (DequeNode(ITEMS, None, 0), [("pop_left",), ("pop_left",)], deque("c")),
    (DequeNode(ITEMS, None, 0), [("set_item", 2, D)], deque("abd")),
    (DequeNode(ITEMS, None, 0), [("delete_item", 1)], deque("ac")),
    (DequeNode(ITEMS, None, 0), [("reverse",), ("pop_left",)], deque("ba")),
    (DequeNode(ITEMS, None, 0), [("clear",), ("append_left", D)], deque("d")),
    (DequeNode(ITEMS, 3, 0), [("append", D)], deque("bcd", 3)),
    (DequeNode(ITEMS, 3, 0), [("append_left", D)], deque("dab", 3)),
    (DequeNode(ITEMS, 4, 0), [("append", D), ("append", A)], deque("bcda", 4)),
    (DequeNode(ITEMS, 4, 0), [("append_left", D), ("append_left", D), ("pop_left",)], deque("dab", 4)),
    (DequeNode(ITEMS, 3, 0), [("clear",), ("append", D)], deque("d", 3)),
    (DequeNode((), 0, 0), [("append", D), ("append_left", D)], deque(maxlen=0)),
    (DequeNode((A,), 1, 0), [("append", B), ("append_left", C)], deque("c", 1)),
    (DictNode(PAIRS, 0), [("set_key", C, D)], {"a": "d", "b": "d", "c": "d"}),
    (DictNode(PAIRS, 0), [("set_key", A, C)], {"a": "c", "b": "d"}),
    (DictNode(PAIRS, 0), [("delete_key", A), ("set_key", A, C)], {"b": "d", "a": "c"}),
    (DictNode(PAIRS, 0), [("clear",)], {}),
    (DefaultDictNode(PAIRS, "list", 0), [("set_key", C, D)], defaultdict(list, a="d", b="d", c="d")),
    (DefaultDictNode(PAIRS, "none", 0), [("delete_key", A)], defaultdict(None, b="d")),
    (DefaultDictNode(PAIRS, "int", 0), [("clear",), ("set_key", A, C)], defaultdict(int, a="c")),
    (OrderedDictNode(PAIRS, 0), [("move_to_end", A)], OrderedDict(b="d", a="d")),
    (OrderedDictNode(PAIRS, 0), [("move_to_end", B)], OrderedDict(a="d", b="d")),
    (OrderedDictNode(PAIRS, 0), [("set_key", A, B)], OrderedDict(a="b", b="d")),
    (OrderedDictNode(PAIRS, 0), [("set_key", C, B), ("move_to_end", A)], OrderedDict(b="d", c="b", a="d")),
    (OrderedDictNode(PAIRS, 0), [("delete_key", A)], OrderedDict(b="d")),
    (OrderedDictNode(PAIRS, 0), [("clear",), ("set_key", A, B)], OrderedDict(a="b")),
    (SetNode(ITEMS, 0), [("add", D)], {*"abcd"}),
    (SetNode(ITEMS, 0), [("add", A)], {*"abc"}),
    (SetNode(ITEMS, 0), [("discard", A), ("discard", B)], {"c"}),
    (SetNode(ITEMS, 0), [("discard", A), ("add", A)], {*"abc"}),
    (SetNode(ITEMS, 0), [("clear",), ("add", D)], {"d"}),
    (IteratorNode(ITEMS, 0, "tuple", 0), [("advance",)], [*"bc"]),
    (IteratorNode(ITEMS, 1, "tuple", 0), [("advance",), ("advance",)], []),
    (IteratorNode(ITEMS, 0, "tuple", 0), [("advance",), ("drain",)], []),
    *(
        (kind, [("pop_key", A), ("set_default", C, B), ("set_default", B, A), ("pop_item",)], made(b="d"))
        for kind, made in (
            (DictNode(PAIRS, 0), dict),
            (OrderedDictNode(PAIRS, 0), OrderedDict),
            (DefaultDictNode(PAIRS, "none", 0), functools.partial(defaultdict, None)),
        )
    ),
    *(
        (kind, [("update", 5), ("set_key", B, B)], made(a="b", b="b", c="d"))
        for kind, made in (
            (DictNode(PAIRS, 0), dict),
            (OrderedDictNode(PAIRS, 0), OrderedDict),
            (DefaultDictNode(PAIRS, "none", 0), functools.partial(defaultdict, None)),
        )
    ),
    (OrderedDictNode(PAIRS, 0), [("move_to_front", B)], OrderedDict(b="d", a="d")),
    (OrderedDictNode(PAIRS, 0), [("pop_first",)], OrderedDict(b="d")),
    (ListNode((C, A, B), 0), [("sort",), ("pop",), ("extend", 6)], [*"abdb"]),
    (ListNode(ITEMS, 0), [("remove", B), ("replace", 6), ("extend", 4)], [*"dbdb"]),
    (DequeNode(ITEMS, None, 0), [("pop",), ("extend", 6), ("extend_left", 6)], deque("bdabdb")),
    (DequeNode(ITEMS, 3, 0), [("extend", 6)], deque("cdb", 3)),
    (DequeNode(ITEMS, 3, 0), [("extend_left", 6)], deque("bda", 3)),
    (SetNode(ITEMS, 0), [("set_update", 7), ("difference_update", 8)], {*"bcd"}),
    (SetNode(ITEMS, 0), [("intersection_update", 7)], {*"b"}),
    (SetNode(ITEMS, 0), [("symmetric_difference_update", 7)], {*"acd"}),
    (ObjectNode(NAMED, 0), [("set_attribute", "z", D)], {"x": "a", "y": "b", "z": "d"}),
    (ObjectNode(NAMED, 0), [("set_attribute", "x", D)], {"x": "d", "y": "b"}),
    (ObjectNode(NAMED, 0), [("delete_attribute", "x"), ("set_attribute", "x", D)], {"y": "b", "x": "d"}),
]


@pytest.mark.parametrize(
    ("node", "effects", "wanted"),
    LEFT,
    ids=[f"{node.kind} {' '.join(name for name, *_ in effects)}" for node, effects, _ in LEFT],
)
def test_every_operation_on_every_kind(node: Node, effects: list[tuple[Any, ...]], wanted: Any) -> None:
    found = left(node, *effects)
    assert type(found) is type(wanted)
    assert found == wanted
    assert not isinstance(found, dict) or list(found) == list(wanted)
    assert not isinstance(found, defaultdict) or found.default_factory is wanted.default_factory
    assert not isinstance(found, deque) or found.maxlen == wanted.maxlen


def test_every_operation_on_every_kind_is_in_the_table() -> None:
    told = {(name, node.kind) for node, effects, _ in LEFT for name, *_ in effects}
    told |= {(name, "made") for _, effects, _ in OF_MADE for name in effects}
    listed = {(name, kind) for name, (kinds, _) in OPERATIONS.items() for kind in kinds}
    assert told == listed - {("draw_number", "random")}
    assert {kind for _, kind in told} <= set(NODE_KINDS)


OF_MADE: list[tuple[str, tuple[str, ...], str]] = [
    ("count", ("advance", "advance"), "[4, 2]"),
    ("range_iterator", ("advance",), "[1, 2]"),
    ("range_iterator", ("advance", "drain"), "[0]"),
    ("ordered_set", ("add", "discard"), "[7]"),
    ("ordered_set", ("clear", "add"), "[7]"),
]
"""A maker, the effects on what it makes (of numbers, or of a range of two), and its parts after that."""


@pytest.mark.parametrize(("name", "operations", "wanted"), OF_MADE)
def test_every_operation_on_what_a_maker_makes(name: str, operations: tuple[str, ...], wanted: str) -> None:
    given = {"count": (0, 1), "range_iterator": (2,), "ordered_set": (0,)}[name]
    nodes = (
        ConstantNode(0),
        ConstantNode(2),
        RangeNode(1, 3, 1, 1),
        ConstantNode(7),
        MadeNode(name, given, 0),
    )
    effects = [
        Effect(operation, 4, value={"add": 3, "discard": 0}.get(operation)) for operation in operations
    ]
    bound = (("a", 4), ("b", 2))
    sources = (LocalName("a"), LocalName("b"))
    case = check(Case(nodes, (4,), sources, bound, (), Options(), tuple(effects)))
    check_what_is_left(case)
    parts = parts_of(type(World(case, StandIns()).originals()[4]))
    assert parts is not None
    assert repr(parts(World(case, StandIns()).originals()[4])) == wanted


@pytest.mark.parametrize(
    ("name", "operations", "refused"),
    [
        ("count", ("drain",), "drain does not change"),
        ("zip", ("advance",), "advance does not change"),
        ("range_iterator", ("advance", "advance", "advance"), "has nothing left then"),
    ],
)
def test_what_a_maker_makes_refuses_other_effects(
    name: str, operations: tuple[str, ...], refused: str
) -> None:
    given = {"count": (0, 1), "range_iterator": (2,), "zip": ()}[name]
    nodes = (ConstantNode(0), ConstantNode(2), RangeNode(1, 3, 1, 1), MadeNode(name, given, 0))
    effects = tuple(Effect(operation, 3) for operation in operations)
    sources, bound = (LocalName("a"), LocalName("b")), (("a", 3), ("b", 2))
    with pytest.raises(CaseError, match=refused):
        check(Case(nodes, (3,), sources, bound, (), Options(), effects))


@pytest.mark.parametrize("node", [DictNode(((3, 0),), 0), OrderedDictNode(((3, 0),), 0)])
def test_a_dict_keeps_the_key_that_it_has(node: Node) -> None:
    extra = (ConstantNode(1), ConstantNode(True))
    case = check(existing(node, Effect("set_key", 2, key=4, value=2), extra=extra))
    assert members(after(case)[2]) == [3, 2]
    assert [type(key) for key in World(case, StandIns()).originals()[2]] == [int]


def test_a_set_keeps_the_element_that_it_has() -> None:
    case = check(existing(SetNode((1,), 0), Effect("add", 2, value=3), extra=(ConstantNode(7.0),)))
    assert members(after(case)[2]) == [1]
    assert [type(element) for element in World(case, StandIns()).originals()[2]] == [int]


def test_what_moves_to_the_end_keeps_its_key() -> None:
    node = OrderedDictNode(((3, 1), (0, 1)), 0)
    effects = (Effect("move_to_end", 2, key=4), Effect("delete_key", 2, key=0))
    case = check(existing(node, *effects, extra=(ConstantNode(1), ConstantNode(1.0))))
    assert members(after(case)[2]) == [3, 1]
    check_what_is_left(case)


def test_keys_and_elements_of_every_kind() -> None:
    extra = (TensorNode(0), TensorNode(0), TupleNode((3, 0)), TupleNode((4, 0)), FrozensetNode((0, 1)))
    for at in (3, 5, 7):
        effects = (Effect("add", 2, value=at), Effect("add", 2, value=at))
        case = check(existing(SET, *effects, extra=extra))
        assert members(after(case)[2]) == [at]
        case = check(existing(DICT, Effect("set_key", 2, key=at, value=0), extra=extra))
        assert members(after(case)[2]) == [at, 0]
    case = check(existing(SET, Effect("add", 2, value=5), Effect("discard", 2, value=6), extra=extra))
    assert members(after(case)[2]) == []
    assert World(case, POOL).originals()[2] == set()


def test_what_no_effect_changes_has_no_contents_of_its_own() -> None:
    case = existing(LIST)
    assert after(case) == {}
    assert before(case, K) is None
    assert before(case, SetNode((0, 1))) == {"k": 0, 7: 1}
    with pytest.raises(ImpossibleEffectError, match=r"effects\[0\]: clear does not change a tuple"):
        after(existing(TupleNode((), 0), Effect("clear", 2)))


def test_effects_happen_once_and_only_in_the_world_that_is_asked() -> None:
    case = check(existing(LIST, Effect("append", 2, value=0)))
    world, twin = World(case, POOL), World(case, POOL)
    assert twin.originals()[2] == ["k"]
    assert twin.originals()[2] == ["k"]
    assert world.locals["a"] == []


def test_a_list_may_come_to_hold_itself() -> None:
    case = check(existing(LIST, Effect("append", 2, value=2)))
    (value,) = World(case, StandIns()).originals()[2:]
    assert value[0] is value


REBIND = Effect("rebind_global", 2, name="g", value=0)
IMPOSSIBLE: list[tuple[str, Callable[[], Case], str, str]] = [
    (
        "no item",
        lambda: existing(LIST, Effect("set_item", 2, index=0, value=0)),
        "effects[0]",
        "item",
    ),
    (
        "gone by then",
        lambda: existing(
            ListNode((0,), 0),
            Effect("clear", 2),
            Effect("append", 2, value=0),
            Effect("delete_item", 2, index=1),
        ),
        "effects[2]",
        "item",
    ),
    (
        "too far",
        lambda: existing(LIST, Effect("insert", 2, index=1, value=0)),
        "effects[0]",
        "place",
    ),
    ("no key", lambda: existing(DICT, Effect("delete_key", 2, key=0)), "effects[0]", "key"),
    (
        "no attribute",
        lambda: existing(OBJECT, Effect("delete_attribute", 2, name="x")),
        "effects[0]",
        "",
    ),
    ("wrong kind", lambda: existing(DICT, Effect("append", 2, value=0)), "effects[0]", "a dict"),
    (
        "itself",
        lambda: existing(SET, Effect("set_update", 2, value=0)),
        "effects[0]",
        "of a set or frozenset",
    ),
    ("no items", lambda: existing(LIST, Effect("extend", 2, value=0)), "effects[0]", "of a list or tuple"),
    (
        "not to sort",
        lambda: existing(ListNode((0, 1), 0), Effect("sort", 2)),
        "effects[0]",
        "holds something",
    ),
    (
        "not the constant",
        lambda: existing(ListNode((0,), 0), Effect("remove", 2, value=1)),
        *("effects[0]", "no such constant"),
    ),
    (
        "grows without end",
        lambda: existing(ListNode((0,), 0), *[Effect("extend", 2, value=2)] * 15),
        *("effects[14]", "members"),
    ),
    ("no variable", lambda: existing(LIST, REBIND), "effects[0].name", "is not what 'g' is bound to"),
    (
        "another variable",
        lambda: dataclasses.replace(existing(LIST, REBIND), globals=(("g", 0),)),
        *("effects[0].name", "is not what 'g' is bound to"),
    ),
    (
        "taken without replay",
        lambda: existing(LIST, Effect("extend", 2, value=2), options=Options(replay=False)),
        *("options.replay", "takes what another value holds"),
    ),
    (
        "key",
        lambda: existing(DICT, Effect("set_key", 2, key=3, value=0), extra=(ListNode(),)),
        "effects[0].key",
        "node 3 is not hashable",
    ),
    (
        "element",
        lambda: existing(SET, Effect("add", 2, value=3), extra=(TupleNode((2,)),)),
        "effects[0].value",
        "node 3 is not hashable",
    ),
    (
        "element taken out",
        lambda: existing(SET, Effect("discard", 2, value=2)),
        "effects[0].value",
        "node 2 is not hashable",
    ),
    ("no element", lambda: existing(SET, Effect("discard", 2, value=0)), "effects[0]", "no such element"),
    ("empty", lambda: existing(DEQUE, Effect("pop_left", 2)), "effects[0]", "the deque is empty then"),
    (
        "empty by then",
        lambda: existing(DequeNode((0,), 1, 0), Effect("append", 2, value=0), *[Effect("pop_left", 2)] * 2),
        "effects[2]",
        "the deque is empty then",
    ),
    (
        "pushed out by then",
        lambda: existing(
            DequeNode((0,), 1, 0), Effect("append", 2, value=1), Effect("set_item", 2, index=1, value=0)
        ),
        "effects[1]",
        "no such item",
    ),
    ("moved", lambda: existing(ORDERED, Effect("move_to_end", 2, key=0)), "effects[0]", "no such key"),
    ("dict", lambda: existing(DICT, Effect("move_to_end", 2, key=0)), "effects[0]", "not change a dict"),
    ("list", lambda: existing(LIST, Effect("append_left", 2, value=0)), "effects[0]", "not change a list"),
    ("deque", lambda: existing(DEQUE, Effect("insert", 2, index=0, value=0)), "effects[0]", "a deque"),
    (
        "frozenset",
        lambda: existing(FrozensetNode((), 0), Effect("add", 2, value=0)),
        "effects[0]",
        "does not change a frozenset",
    ),
    ("letter", lambda: existing(TensorNode(0, 0), Effect("pop_left", 2)), "effects[0]", "an object"),
    *(
        (
            f"NaN {effect.operation}",
            lambda node=node, effect=effect: existing(node, effect, extra=(NAN, TupleNode((3,)))),  # type: ignore[misc]
            *("effects[0]", "looks for a NaN"),
        )
        for node, effect in (
            (DictNode(((3, 0),), 0), Effect("set_key", 2, key=3, value=0)),
            (DictNode(((3, 0),), 0), Effect("delete_key", 2, key=3)),
            (OrderedDictNode(((3, 0),), 0), Effect("move_to_end", 2, key=3)),
            (SET, Effect("add", 2, value=4)),
            (SET, Effect("discard", 2, value=3)),
        )
    ),
    ("unknown", lambda: existing(LIST, Effect("explode", 2)), "effects[0].operation", "is none of append"),
    (
        "no such node",
        lambda: existing(LIST, Effect("append", 2, value=9)),
        "effects[0].value",
        "no node",
    ),
    ("lacks", lambda: existing(LIST, Effect("append", 2)), "effects[0].value", "takes value"),
    (
        "too many",
        lambda: existing(LIST, Effect("clear", 2, value=0)),
        "effects[0].value",
        "nothing more",
    ),
    (
        "name",
        lambda: existing(OBJECT, Effect("set_attribute", 2, name="if", value=0)),
        "effects[0].name",
        "",
    ),
    (
        "rebuilt",
        lambda: existing(LIST, Effect("clear", 2), options=Options(value_from_source=False)),
        "options.value_from_source",
        "an effect",
    ),
]


@pytest.mark.parametrize(
    ("case", "where", "what"), [row[1:] for row in IMPOSSIBLE], ids=[r[0] for r in IMPOSSIBLE]
)
def test_an_impossible_effect_is_named(case: Callable[[], Case], where: str, what: str) -> None:
    with pytest.raises(CaseError) as caught:
        check(case())
    assert caught.value.where == where
    assert what in caught.value.what


def test_a_nan_may_be_stored_and_stand_beside_what_is_changed() -> None:
    beside = DictNode(((3, 0), (0, 0)), 0)
    check_what_is_left(check(existing(beside, Effect("delete_key", 2, key=0), extra=(NAN,))))
    check_what_is_left(check(existing(LIST, Effect("append", 2, value=3), extra=(NAN,))))


def test_effects_are_written_and_read() -> None:
    case = check(existing(DICT, Effect("set_key", 2, key=0, value=2), Effect("delete_key", 2, key=0)))
    assert loads(dumps(case)).effects == case.effects
    assert '    {"operation": "set_key", "on": 2, "key": 0, "value": 2}' in dumps(case)


def test_a_file_of_schema_1_is_read() -> None:
    text = dumps(existing(LIST)).replace('"schema": 4', '"schema": 1').replace('  "effects": [],\n', "")
    assert '"schema": 1' in text
    assert "effects" not in text
    assert dumps(loads(text)) == dumps(existing(LIST))


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ('{"operation": "append", "on": 2, "value": 0, "twice": 1}', "unknown field"),
        ('{"operation": "explode", "on": 2}', "none of append"),
        ('{"on": 2}', "'operation' is missing"),
        ('{"operation": "append", "on": "2"}', "expected a number"),
        ("7", "expected an object"),
    ],
)
def test_an_ill_formed_effect_is_named(field: str, told: str) -> None:
    text = dumps(existing(LIST)).replace('"effects": []', f'"effects": [{field}]')
    with pytest.raises(CaseError) as caught:
        loads(text)
    assert caught.value.where.startswith("effects[0]")
    assert told in caught.value.what


def test_the_reducer_drops_effects_and_keeps_what_they_need() -> None:
    cases = (seeded_case(42, at) for at in range(1_000))
    # what is discarded has to be there, by another effect if need be
    case = next(case for case in cases if len(case.effects) > 3 and case.effects[1].operation != "discard")
    wanted = case.effects[1].operation
    reduced = reduce(case, lambda candidate: any(e.operation == wanted for e in candidate.effects)).case
    assert [effect.operation for effect in reduced.effects] == [wanted]
    assert len(reduced.nodes) <= 4
    assert Draft(reduced).case() is not None
    assert all(check(candidate) for step in STEPS for candidate in step(case))
