"""Call cases as data: what is drawn, what a file may hold, and what of it is refused by its field."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from generators import Case, CaseError, Options, check, dumps, loads
from generators.case import Attribute, ChainedSource, Effect, Item, LocalName
from generators.cases import drawn_case
from generators.nodes import AliasNode, ConstantNode, ListNode, Node, ObjectNode, TensorNode
from generators.rules import problems

CASES = 2_000

# a.x is [1.5, a tensor, 2**63, True]; b is the same number as a.x[0]
CALL = Case(
    nodes=(
        ConstantNode(1.5, 2),
        TensorNode(0, 3),
        ConstantNode(2**63, 4),
        ConstantNode(True, 5),
        ListNode((0, 1, 2, 3), 1),
        ObjectNode((("x", 4),), 0),
        AliasNode(0, 6),
        ConstantNode(7),
    ),
    roots=(0, 1, 6),
    sources=(LocalName("a"), Attribute(0, "x"), *(Item(1, at) for at in range(4)), LocalName("b")),
    locals=(("a", 5), ("b", 6)),
    kind="call",
    as_tensor=(0, 2),
)


def cases() -> list[Case]:
    return [drawn_case(31, index, ("call",)) for index in range(CASES)]


def way(case: Case, root: int) -> list[int]:
    """The chained sources that the node is reached through, its own first."""
    found: list[int] = []
    source = case.nodes[root].source
    while source is not None and isinstance(entry := case.sources[source], ChainedSource):
        found.append(source)
        source = entry.base
    return found


def ways(case: Case) -> list[list[int]]:
    return [way(case, root) for root in case.roots]


def shares_a_part(case: Case) -> bool:
    named = [source for each in ways(case) for source in each]
    return len(set(named)) < len(named)


def passes_on_a_base(case: Case) -> bool:
    own = {each[0] for each in ways(case) if each}
    return any(own.intersection(each[1:]) for each in ways(case))


def shares_a_part_only(case: Case) -> bool:
    """Two arguments differ, and have something in common."""
    found = ways(case)
    return any(one != other and set(one).intersection(other) for one in found for other in found)


FLOORS = {
    "a shared part": (50, shares_a_part),
    "two arguments in one thing": (25, shares_a_part_only),
    "an argument in an argument": (15, passes_on_a_base),
    "a repeated argument": (20, lambda case: len(set(case.roots)) < len(case.roots)),
    "a chain of three links": (50, lambda case: any(len(each) > 2 for each in ways(case))),
    "a conversion": (20, lambda case: bool(case.as_tensor)),
    "two conversions": (5, lambda case: len(case.as_tensor) > 1),
    "one argument": (10, lambda case: len(case.roots) == 1),
    "six arguments": (10, lambda case: len(case.roots) >= 6),
    "the profile base": (25, lambda case: case.options.profile == "base"),
    "an alias": (3, lambda case: "alias" in case.kinds()),
}


@pytest.mark.parametrize("name", FLOORS)
def test_floor(name: str) -> None:
    floor, has = FLOORS[name]
    assert 100 * sum(map(has, cases())) / CASES >= floor


def test_every_argument_is_drawn_with_a_source_and_sizes_are_small() -> None:
    drawn = cases()
    assert all(case.nodes[root].source is not None for case in drawn for root in case.roots)
    assert 5 < sum(len(case.nodes) for case in drawn) / CASES < 13


def test_a_call_is_written_and_read() -> None:
    text = dumps(check(CALL))
    assert repr(loads(text)) == repr(CALL)
    data = json.loads(text)
    assert (data["kind"], data["as_tensor"], data["options"]["profile"]) == ("call", [0, 2], "later")
    base = dataclasses.replace(CALL, options=Options(profile="base"))
    assert loads(dumps(base)).options.profile == "base"


def test_a_tree_says_nothing_of_calls() -> None:
    data = json.loads(dumps(dataclasses.replace(CALL, kind="tree", as_tensor=())))
    assert "as_tensor" not in data
    assert "profile" not in data["options"]


def test_what_a_file_leaves_out_is_not_there() -> None:
    data = json.loads(dumps(CALL))
    del data["as_tensor"], data["options"]["profile"], data["effects"]
    read = loads(json.dumps(data))
    assert (read.as_tensor, read.options.profile, read.effects) == ((), "later", ())


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "an argument without a source": ({"roots": (0, 7), "as_tensor": ()}, "roots[1]"),
    "an effect": ({"effects": (Effect("append", 4, value=0),)}, "effects"),
    "one pass": ({"options": Options(passes=1)}, "options.passes"),
    "rebuilt from contents": ({"options": Options(value_from_source=False)}, "options.value_from_source"),
    "a mark": ({"options": Options(temporaries=(4,))}, "options.temporaries"),
    "an override": ({"options": Options(overrides=((2, 6),))}, "options.overrides"),
    "inlined": ({"options": Options(inlined=True)}, "options.inlined"),
    "no such profile": ({"options": Options(profile="2.8")}, "options.profile"),
    "no such argument": ({"as_tensor": (3,)}, "as_tensor[0]"),
    "an argument converted twice": ({"as_tensor": (0, 0)}, "as_tensor[1]"),
    "conversions in no order": ({"as_tensor": (2, 0)}, "as_tensor[1]"),
    "a tensor converted": ({"as_tensor": (1,)}, "as_tensor[0]"),
    "a number of 65 bits converted": ({"roots": (2,), "as_tensor": (0,)}, "as_tensor[0]"),
    "a bool converted": ({"roots": (3,), "as_tensor": (0,)}, "as_tensor[0]"),
    "a list converted": ({"roots": (4,), "as_tensor": (0,)}, "as_tensor[0]"),
    "a tree with conversions": ({"kind": "tree"}, "as_tensor"),
    "a tree in a profile": (
        {"kind": "tree", "as_tensor": (), "options": Options(profile="base")},
        "options.profile",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_means_nothing_is_refused_by_its_field(name: str) -> None:
    changes, where = BROKEN[name]
    broken = dataclasses.replace(CALL, **changes)
    assert where in [found for found, _ in problems(broken)]
    with pytest.raises(CaseError) as caught:
        check(broken)
    assert caught.value.where == where


@pytest.mark.parametrize(("number", "allowed"), [(2**63 - 1, True), (-(2**63), True), (-(2**63) - 1, False)])
def test_whole_numbers_of_64_bits_are_converted(number: int, allowed: bool) -> None:
    nodes: tuple[Node, ...] = (ConstantNode(number, 0),)
    case = Case(nodes, (0,), (LocalName("a"),), (("a", 0),), kind="call", as_tensor=(0,))
    assert (not list(problems(case))) is allowed
