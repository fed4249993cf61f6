"""Effects: what the table says is left is what plain Python leaves, and impossible ones are named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generators import Case, CaseError, check, dumps, loads, seeded_case
from generators.case import OPERATIONS, Effect, LocalName, Options
from generators.contents import after, members
from generators.nodes import ConstantNode, DictNode, ListNode, Node, ObjectNode, TensorNode
from harness.draft import Draft
from harness.reduce import STEPS, reduce
from oracles.world import GraphValue, World

K = ConstantNode("k")
LIST, DICT, OBJECT = ListNode((), 0), DictNode((), 0), ObjectNode((), 0)
CASES = 3_000


def existing(
    node: Node, *effects: Effect, extra: tuple[Node, ...] = (), options: Options | None = None
) -> Case:
    """One existing node, index 2, after the constants 0 (`k`) and 1 (7), bound to the local `a`."""
    nodes = (K, ConstantNode(7), node, *extra)
    return Case(nodes, (2,), (LocalName("a"),), (("a", 2),), (), options or Options(), effects)


def test_what_is_left_is_what_plain_python_leaves() -> None:
    seen = set()
    for index in range(CASES):
        case = seeded_case(41, index)
        world = World(case, GraphValue)
        values = world.originals()
        for at, held in after(case).items():
            live = values[at]
            if isinstance(live, list):
                found = live
            elif isinstance(live, dict):
                found = [part for pair in live.items() for part in pair]
            else:
                found = list(vars(live).values())
                assert list(vars(live)) == list(held)
            expected = [values[member] for member in members(held)]
            assert len(found) == len(expected)
            for mine, theirs in zip(found, expected, strict=True):
                assert mine is theirs or (type(mine) is type(theirs) and not isinstance(mine, list | dict))
        seen |= {effect.operation for effect in case.effects}
    assert seen == set(OPERATIONS)


def test_effects_happen_once_and_only_in_the_world_that_is_asked() -> None:
    case = check(existing(LIST, Effect("append", 2, value=0)))
    world, twin = World(case, GraphValue), World(case, GraphValue)
    assert twin.originals()[2] == ["k"]
    assert twin.originals()[2] == ["k"]
    assert world.locals["a"] == []


def test_a_list_may_come_to_hold_itself() -> None:
    case = check(existing(LIST, Effect("append", 2, value=2)))
    (value,) = World(case, GraphValue).originals()[2:]
    assert value[0] is value


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
        "new",
        lambda: existing(LIST, Effect("append", 3, value=0), extra=(ListNode(),)),
        "effects[0].on",
        "",
    ),
    (
        "key",
        lambda: existing(DICT, Effect("set_key", 2, key=3, value=0), extra=(TensorNode(0),)),
        "effects[0].key",
        "constant",
    ),
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
        "effects",
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


def test_effects_are_written_and_read() -> None:
    case = check(existing(DICT, Effect("set_key", 2, key=0, value=2), Effect("delete_key", 2, key=0)))
    assert loads(dumps(case)).effects == case.effects
    assert '    {"operation": "set_key", "on": 2, "key": 0, "value": 2}' in dumps(case)


def test_a_file_of_schema_1_is_read() -> None:
    text = dumps(existing(LIST)).replace('"schema": 2', '"schema": 1').replace('  "effects": [],\n', "")
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
    case = next(case for case in (seeded_case(42, at) for at in range(1_000)) if len(case.effects) > 3)
    wanted = case.effects[1].operation
    reduced = reduce(case, lambda candidate: any(e.operation == wanted for e in candidate.effects)).case
    assert [effect.operation for effect in reduced.effects] == [wanted]
    assert len(reduced.nodes) <= 4
    assert Draft(reduced).case() is not None
    assert all(check(candidate) for step in STEPS for candidate in step(case))
