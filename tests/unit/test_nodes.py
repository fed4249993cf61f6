"""The kinds of nodes: which fields name other nodes, and how each kind is edited, written and read."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from generators import CaseError, dumps, loads, seeded_case
from generators.case import (
    Attribute,
    Case,
    CellContents,
    CellName,
    ClosureCell,
    Default,
    DictItemByKey,
    DictKey,
    Effect,
    FreeName,
    GlobalName,
    Import,
    LocalName,
    Options,
    SliceItem,
    TypeOf,
    WeakRefCall,
)
from generators.links import (
    LINKS,
    NODE_KINDS,
    OPTIONAL,
    SEVERAL,
    children,
    earlier,
    member_count,
    with_children,
    without_member,
)
from generators.nodes import (
    ALIASED,
    FILLED,
    AliasNode,
    ArrayNode,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    ContextManagerNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    GeneratorNode,
    InstanceNode,
    IteratorNode,
    LibraryNode,
    ListNode,
    MadeNode,
    ModuleNode,
    NamedTupleNode,
    Node,
    NumberNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
)

# a node, the nodes that it names, those of them that stand before it, and its nodes without each member
SAMPLES: dict[str, tuple[Node, tuple[int, ...], tuple[int, ...], list[tuple[int, ...]]]] = {
    "constant": (ConstantNode("k", 0), (), (), []),
    "list": (ListNode((3, 1, 3), 0), (3, 1, 3), (), [(1, 3), (3, 3), (3, 1)]),
    "tuple": (TupleNode((1, 2), 0), (1, 2), (1, 2), [(2,), (1,)]),
    "dict": (DictNode(((1, 2), (3, 4)), 0), (1, 2, 3, 4), (), [(3, 4), (1, 2)]),
    "set": (SetNode((1, 2), 0), (1, 2), (1, 2), [(2,), (1,)]),
    "frozenset": (FrozensetNode((1, 2), 0), (1, 2), (1, 2), [(2,), (1,)]),
    "slice": (SliceNode((1, 2, 1), 0), (1, 2, 1), (1, 2, 1), [(2, 1), (1, 1), (1, 2)]),
    "range": (RangeNode(1, 2, 3, 0), (), (), []),
    "named_tuple": (NamedTupleNode((1, 2), 0), (1, 2), (1, 2), [(2,), (1,)]),
    "ordered_dict": (OrderedDictNode(((1, 2), (3, 4)), 0), (1, 2, 3, 4), (), [(3, 4), (1, 2)]),
    "deque": (DequeNode((1, 2), 5, 0), (1, 2), (), [(2,), (1,)]),
    "cell": (CellNode(4), (4,), (), []),
    "function": (
        FunctionNode((1,), (2,), (("x", 3),), 0, (("y", 4),), (("z", 5),), 6),
        (1, 2, 3, 4, 5, 6),
        (1, 2, 3, 4, 5, 6),
        [(2, 3, 4, 5, 6), (1, 3, 4, 5, 6), (1, 2, 4, 5, 6), (1, 2, 3, 5, 6), (1, 2, 3, 4, 6)],
    ),
    "partial": (
        PartialNode(1, (2, 3), (("x", 4),), 0),
        *((1, 2, 3, 4), (1, 2, 3, 4), [(1, 3, 4), (1, 2, 4), (1, 2, 3)]),
    ),
    "iterator": (IteratorNode((1, 2), 1, "tuple", 0), (1, 2), (1, 2), [(2,), (1,)]),
    "defaultdict": (DefaultDictNode(((1, 2), (3, 4)), "list", 0), (1, 2, 3, 4), (), [(3, 4), (1, 2)]),
    "structseq": (StructSequenceNode((1, 2), 0), (1, 2), (1, 2), [(2,), (1,)]),
    "bound_method": (BoundMethodNode(1, "method", 0), (1,), (1,), []),
    "generator": (GeneratorNode((1, 2), 0, 3, True), (1, 2, 3), (1, 2, 3), [(2, 3), (1, 3)]),
    "context_manager": (ContextManagerNode("mode", (1,), 0), (1,), (1,), [()]),
    "made": (MadeNode("zip", (1, 2), 0), (1, 2), (1, 2), [(2,), (1,)]),
    "instance": (
        InstanceNode("SubList", (1, 2), ((3, 4),), (("x", 5),), 0),
        *((1, 2, 3, 4, 5), (), [(2, 3, 4, 5), (1, 3, 4, 5), (1, 2, 5), (1, 2, 3, 4)]),
    ),
    "module": (ModuleNode((("x", 1), ("y", 2)), 0, True), (1, 2), (1, 2), [(2,), (1,)]),
    "object": (ObjectNode((("x", 1), ("y", 2)), 0), (1, 2), (), [(2,), (1,)]),
    "alias": (AliasNode(1, 0), (1,), (1,), []),
    "tensor": (TensorNode(1, 0), (), (), []),
    "symbolic": (SymbolicNode(1, "bool", 0), (), (), []),
    "ndarray": (ArrayNode(1, 0), (), (), []),
    "number": (NumberNode(1, False, 0), (), (), []),
    "library": (LibraryNode("functools", 0), (), (), []),
    "weakref": (WeakRefNode(1, 0), (1,), (1,), []),
    "tensor_subclass": (
        SubclassNode(1, 0, "namesake", (("x", 1), ("y", 2))),
        *((1, 2), (1, 2), [(2,), (1,)]),
    ),
}


def test_every_kind_has_a_sample_with_all_its_fields() -> None:
    assert set(SAMPLES) == set(NODE_KINDS) == {kind.kind for kind in LINKS}
    for kind, (node, *_) in SAMPLES.items():
        assert node.kind == kind
        names = {field.name for field in dataclasses.fields(node)}
        assert "source" in names
        assert {field for field, _ in LINKS[type(node)]} <= names
    shapes = {shape for links in LINKS.values() for _, shape in links}
    assert shapes == SEVERAL | {"node", "maybe"}


@pytest.mark.parametrize("kind", SAMPLES)
def test_children_and_those_that_stand_before(kind: str) -> None:
    node, named, before, _ = SAMPLES[kind]
    assert children(node) == named
    assert earlier(node) == before
    assert (type(node) in FILLED) == (named != before)


def test_a_cell_names_its_contents_or_nothing() -> None:
    assert children(CellNode()) == ()
    assert children(CellNode(0)) == (0,)
    assert with_children(CellNode(), lambda index: index + 1) == CellNode()


def changed_fields(node: Node, other: Node) -> set[str]:
    return {
        field.name
        for field in dataclasses.fields(node)
        if getattr(node, field.name) != getattr(other, field.name)
    }


@pytest.mark.parametrize("kind", SAMPLES)
def test_children_are_renamed_and_nothing_else_is(kind: str) -> None:
    node, named, _, _ = SAMPLES[kind]
    renamed = with_children(node, lambda index: index * 10)
    assert type(renamed) is type(node)
    assert children(renamed) == tuple(index * 10 for index in named)
    assert changed_fields(node, renamed) == ({field for field, _ in LINKS[type(node)]} if named else set())
    again = with_children(renamed, lambda index: index // 10)
    assert repr(again) == repr(node)


@pytest.mark.parametrize("kind", SAMPLES)
def test_members_are_taken_out_one_by_one(kind: str) -> None:
    node, _, _, fewer = SAMPLES[kind]
    assert member_count(node) == len(fewer)
    for at, left in enumerate(fewer):
        smaller = without_member(node, at)
        assert children(smaller) == left
        assert member_count(smaller) == len(fewer) - 1
        assert len(changed_fields(node, smaller)) == 1
    assert repr(without_member(node, len(fewer))) == repr(node)


def test_names_of_attributes_and_keywords_are_kept() -> None:
    node = FunctionNode((), (), (("x", 4), ("y", 5)))
    assert with_children(node, lambda index: 0) == FunctionNode((), (), (("x", 0), ("y", 0)))
    assert without_member(node, 0) == FunctionNode((), (), (("y", 5),))


def test_what_is_filled_can_change_and_what_has_several_trackers_cannot() -> None:
    assert {kind.kind for kind in FILLED} == {
        *("list", "dict", "ordered_dict", "defaultdict", "deque", "cell", "object", "instance")
    }
    assert not FILLED & ALIASED
    assert AliasNode not in ALIASED


# --- written and read ---------------------------------------------------------------------------------

EVERY = Case(
    nodes=(
        ConstantNode(1),
        TensorNode(0),
        ListNode((3,)),
        TupleNode((2, 0)),
        DictNode(((0, 4),)),
        SetNode((0, 1)),
        FrozensetNode((0,)),
        SliceNode((0, 2, 0)),
        RangeNode(-(2**53), 2**53, -3),
        NamedTupleNode((2, 1)),
        OrderedDictNode(((0, 11),)),
        DequeNode((10,), 3),
        CellNode(14),
        CellNode(),
        FunctionNode((13, 12), (0, 1), (("x", 2), ("y", 0)), None, (("x", 2),), (("z", 0),), 3),
        PartialNode(14, (1, 0), (("z", 14),)),
        IteratorNode((0, 1), 1, "tuple"),
        ObjectNode((("x", 17), ("y", 18)), 0),
        TupleNode((), 1),
        AliasNode(18, 2),
        DequeNode(),
        DictNode(((0, 0),), 4),
        DefaultDictNode(((0, 23),), "thing"),
        StructSequenceNode((0, 2)),
        BoundMethodNode(17, "method"),
        FunctionNode(source=5),
        GeneratorNode((0, 2), None, 25, True),
        ConstantNode(True),
        ContextManagerNode("mode", (27,)),
        ModuleNode((), 7),
        ModuleNode((("x", 29),), 6, True),
        SymbolicNode(4, "float"),
        ArrayNode(0),
        NumberNode(1, False),
        SubclassNode(0, None, "odd name", (("x", 0),)),
        LibraryNode("functools", 8),
        LibraryNode("Thing", 9),
        WeakRefNode(17, 10),
        CellNode(0, 12),
        FunctionNode((38,), (0,), (("x", 0),), 11),
        ConstantNode("k", 14),
        DictNode(((40, 0),), 13),
        ListNode((0,), 15),
        ListNode((), 16),
        MadeNode("zip", (2, 3)),
        InstanceNode("SubDict", (), ((0, 3),), (("x", 45),)),
        InstanceNode("SubTuple", (0, 45)),
        CellNode(37, None, "c"),
        FunctionNode((47,)),
    ),
    roots=(
        *(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 19, 20, 22, 24, 26, 28, 30, 31, 32, 33, 44),
        *(45, 46, 48),
    ),
    sources=(
        *(LocalName("a"), Attribute(0, "y"), GlobalName("g"), LocalName("v"), LocalName("d")),
        *(LocalName("f"), LocalName("m"), Attribute(6, "x")),
        *(Import("functools"), TypeOf(0), CellName("c"), FreeName("h"), ClosureCell(11, 0), LocalName("e")),
        *(DictKey(13, 0), LocalName("l"), SliceItem(15, 1, None, 2), DictItemByKey(13, 14), Default(11, 0)),
        *(Default(11, "x"), CellContents(12), WeakRefCall(10)),
    ),
    locals=(("a", 17), ("v", 18), ("d", 21), ("f", 25), ("m", 30), ("e", 41), ("l", 42)),
    cells=(("c", 37),),
    free=(("h", 39),),
    globals=(("g", 19),),
    options=Options(2, True, (2, 14), ((1, 3), (2, 3)), True, True),
    effects=(Effect("set_attribute", 17, name="z", value=15), Effect("set_key", 21, key=0, value=21)),
)
FILE = """\
{
  "schema": 4,
  "kind": "tree",
  "nodes": [
    {"kind": "constant", "value": 1},
    {"kind": "tensor", "output": 0},
    {"kind": "list", "items": [3]},
    {"kind": "tuple", "items": [2, 0]},
    {"kind": "dict", "items": [[0, 4]]},
    {"kind": "set", "items": [0, 1]},
    {"kind": "frozenset", "items": [0]},
    {"kind": "slice", "items": [0, 2, 0]},
    {"kind": "range", "start": -9007199254740992, "stop": 9007199254740992, "step": -3},
    {"kind": "named_tuple", "items": [2, 1]},
    {"kind": "ordered_dict", "items": [[0, 11]]},
    {"kind": "deque", "items": [10], "maxlen": 3},
    {"kind": "cell", "contents": 14},
    {"kind": "cell", "contents": null},
    {"kind": "function", "closure": [13, 12], "defaults": [0, 1], "keyword_defaults": [["x", 2], ["y", 0]], \
"annotations": [["x", 2]], "attributes": [["z", 0]], "doc": 3},
    {"kind": "partial", "function": 14, "arguments": [1, 0], "keywords": [["z", 14]]},
    {"kind": "iterator", "items": [0, 1], "position": 1, "over": "tuple"},
    {"kind": "object", "attributes": [["x", 17], ["y", 18]], "source": 0},
    {"kind": "tuple", "items": [], "source": 1},
    {"kind": "alias", "of": 18, "source": 2},
    {"kind": "deque", "items": [], "maxlen": null},
    {"kind": "dict", "items": [[0, 0]], "source": 4},
    {"kind": "defaultdict", "items": [[0, 23]], "factory": "thing"},
    {"kind": "structseq", "items": [0, 2]},
    {"kind": "bound_method", "of": 17, "name": "method"},
    {"kind": "function", "closure": [], "defaults": [], "keyword_defaults": [], "source": 5},
    {"kind": "generator", "items": [0, 2], "function": 25, "context_manager": true},
    {"kind": "constant", "value": true},
    {"kind": "context_manager", "name": "mode", "arguments": [27]},
    {"kind": "module", "attributes": [], "source": 7},
    {"kind": "module", "attributes": [["x", 29]], "source": 6, "by_key": true},
    {"kind": "symbolic", "output": 4, "type": "float"},
    {"kind": "ndarray", "output": 0},
    {"kind": "number", "output": 1, "unwrap": false},
    {"kind": "tensor_subclass", "output": 0, "subclass": "odd name", "attributes": [["x", 0]]},
    {"kind": "library", "name": "functools", "source": 8},
    {"kind": "library", "name": "Thing", "source": 9},
    {"kind": "weakref", "of": 17, "source": 10},
    {"kind": "cell", "contents": 0, "source": 12},
    {"kind": "function", "closure": [38], "defaults": [0], "keyword_defaults": [["x", 0]], "source": 11},
    {"kind": "constant", "value": "k", "source": 14},
    {"kind": "dict", "items": [[40, 0]], "source": 13},
    {"kind": "list", "items": [0], "source": 15},
    {"kind": "list", "items": [], "source": 16},
    {"kind": "made", "name": "zip", "arguments": [2, 3]},
    {"kind": "instance", "name": "SubDict", "pairs": [[0, 3]], "attributes": [["x", 45]]},
    {"kind": "instance", "name": "SubTuple", "items": [0, 45]},
    {"kind": "cell", "contents": 37, "variable": "c"},
    {"kind": "function", "closure": [47], "defaults": [], "keyword_defaults": []}
  ],
  "sources": [
    {"kind": "local", "name": "a"},
    {"kind": "attribute", "base": 0, "name": "y"},
    {"kind": "global", "name": "g"},
    {"kind": "local", "name": "v"},
    {"kind": "local", "name": "d"},
    {"kind": "local", "name": "f"},
    {"kind": "local", "name": "m"},
    {"kind": "attribute", "base": 6, "name": "x"},
    {"kind": "import", "name": "functools"},
    {"kind": "type", "base": 0},
    {"kind": "cell_variable", "name": "c"},
    {"kind": "free_variable", "name": "h"},
    {"kind": "closure_cell", "base": 11, "index": 0},
    {"kind": "local", "name": "e"},
    {"kind": "dict_key", "base": 13, "index": 0},
    {"kind": "local", "name": "l"},
    {"kind": "slice_item", "base": 15, "start": 1, "stop": null, "step": 2},
    {"kind": "dict_item_by_key", "base": 13, "by": 14},
    {"kind": "default", "base": 11, "place": 0},
    {"kind": "default", "base": 11, "place": "x"},
    {"kind": "cell_contents", "base": 12},
    {"kind": "weakref_call", "base": 10}
  ],
  "locals": {"a": 17, "v": 18, "d": 21, "f": 25, "m": 30, "e": 41, "l": 42},
  "globals": {"g": 19},
  "cells": {"c": 37},
  "free": {"h": 39},
  "roots": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 19, 20, 22, 24, 26, 28, 30, 31, 32, 33, 44, \
45, 46, 48],
  "effects": [
    {"operation": "set_attribute", "on": 17, "name": "z", "value": 15},
    {"operation": "set_key", "on": 21, "key": 0, "value": 21}
  ],
  "options": {"passes": 2, "value_from_source": true, "temporaries": [2, 14], \
"overrides": [[1, 3], [2, 3]], "inlined": true, "export": true}
}
"""

SCHEMA_1 = """\
{
  "schema": 1,
  "kind": "tree",
  "nodes": [
    {"kind": "constant", "value": {"float": "-0.0"}},
    {"kind": "tensor", "output": 3},
    {"kind": "list", "items": [0, 0], "source": 0},
    {"kind": "tuple", "items": [2, 1]},
    {"kind": "dict", "items": [[0, 3]]},
    {"kind": "object", "attributes": [["x", 2]], "source": 1}
  ],
  "sources": [
    {"kind": "local", "name": "a"},
    {"kind": "global", "name": "g"}
  ],
  "locals": {"a": 2},
  "globals": {"g": 5},
  "roots": [4, 5],
  "options": {"passes": 1, "value_from_source": false, "temporaries": [4]}
}
"""
SCHEMA_2 = """\
{
  "schema": 2,
  "kind": "tree",
  "nodes": [
    {"kind": "constant", "value": "k"},
    {"kind": "list", "items": [0], "source": 0},
    {"kind": "dict", "items": [[0, 1]], "source": 1}
  ],
  "sources": [
    {"kind": "local", "name": "a"},
    {"kind": "local", "name": "b"}
  ],
  "locals": {"a": 1, "b": 2},
  "globals": {},
  "roots": [2],
  "effects": [
    {"operation": "append", "on": 1, "value": 2},
    {"operation": "delete_key", "on": 2, "key": 0}
  ],
  "options": {"passes": 2, "value_from_source": true, "temporaries": []}
}
"""
FIRST = Case(
    nodes=(
        ConstantNode(-0.0),
        TensorNode(3),
        ListNode((0, 0), 0),
        TupleNode((2, 1)),
        DictNode(((0, 3),)),
        ObjectNode((("x", 2),), 1),
    ),
    roots=(4, 5),
    sources=(LocalName("a"), GlobalName("g")),
    locals=(("a", 2),),
    globals=(("g", 5),),
    options=Options(1, False, (4,)),
)
SECOND = Case(
    nodes=(ConstantNode("k"), ListNode((0,), 0), DictNode(((0, 1),), 1)),
    roots=(2,),
    sources=(LocalName("a"), LocalName("b")),
    locals=(("a", 1), ("b", 2)),
    effects=(Effect("append", 1, value=2), Effect("delete_key", 2, key=0)),
)


def test_the_file_has_every_kind() -> None:
    assert {kind for kind in EVERY.kinds() if ":" not in kind} == set(NODE_KINDS)


def test_every_kind_and_option_is_written_as_a_person_would_and_read_back() -> None:
    assert dumps(EVERY) == FILE
    assert repr(loads(FILE)) == repr(EVERY)


@pytest.mark.parametrize(("text", "case"), [(SCHEMA_1, FIRST), (SCHEMA_2, SECOND)], ids=["1", "2"])
def test_a_file_of_an_earlier_schema_is_read_and_written_as_one_of_today(text: str, case: Case) -> None:
    read = loads(text)
    assert repr(read) == repr(case)
    assert (read.options.overrides, read.options.inlined) == ((), False)
    assert '"schema": 4' in dumps(read)
    assert repr(loads(dumps(read))) == repr(case)


def test_drawn_cases_come_back_from_their_files() -> None:
    seen: set[str] = set()
    for index in range(1_000):
        case = seeded_case(52, index)
        seen |= case.kinds()
        assert repr(loads(dumps(case))) == repr(case)
    assert set(NODE_KINDS) <= seen


def place_of(data: Any, path: str) -> tuple[Any, Any]:
    """What holds the field at `path`, such as `nodes.3.source`, and the last step there."""
    *parents, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    for step in parents:
        data = data[step]
    return data, last


def refused(path: str, *value: object) -> CaseError:
    """The refusal of FILE with another value at `path`, or with none."""
    data = json.loads(FILE)
    place, last = place_of(data, path)
    if value:
        (place[last],) = value
    else:
        del place[last]
    with pytest.raises(CaseError) as caught:
        loads(json.dumps(data))
    return caught.value


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("nodes.5.items", None, "nodes[5].items"),
        ("nodes.5.items", [[0]], "nodes[5].items[0]"),
        ("nodes.6.items", {"0": 0}, "nodes[6].items"),
        ("nodes.6.items", [0.0], "nodes[6].items[0]"),
        ("nodes.7.items", None, "nodes[7].items"),
        ("nodes.7.items", [0, None, 0], "nodes[7].items[1]"),
        ("nodes.8.start", None, "nodes[8].start"),
        ("nodes.8.start", 1.0, "nodes[8].start"),
        ("nodes.8.stop", "1", "nodes[8].stop"),
        ("nodes.8.stop", {"integer": "0x1"}, "nodes[8].stop"),
        ("nodes.8.step", True, "nodes[8].step"),
        ("nodes.9.items", {"x": 0}, "nodes[9].items"),
        ("nodes.9.items", [["x", 0]], "nodes[9].items[0]"),
        ("nodes.10.items", [0, 1], "nodes[10].items[0]"),
        ("nodes.10.items", [[0]], "nodes[10].items[0]"),
        ("nodes.11.items", 0, "nodes[11].items"),
        ("nodes.11.maxlen", -1, "nodes[11].maxlen"),
        ("nodes.11.maxlen", 3.0, "nodes[11].maxlen"),
        ("nodes.11.maxlen", False, "nodes[11].maxlen"),
        ("nodes.12.contents", [13], "nodes[12].contents"),
        ("nodes.12.contents", -1, "nodes[12].contents"),
        ("nodes.14.closure", None, "nodes[14].closure"),
        ("nodes.14.closure", [None], "nodes[14].closure[0]"),
        ("nodes.14.defaults", None, "nodes[14].defaults"),
        ("nodes.14.defaults", [["x", 0]], "nodes[14].defaults[0]"),
        ("nodes.14.keyword_defaults", {"x": 2}, "nodes[14].keyword_defaults"),
        ("nodes.14.keyword_defaults", [2], "nodes[14].keyword_defaults[0]"),
        ("nodes.14.keyword_defaults", [["x", None]], "nodes[14].keyword_defaults[0][1]"),
        ("nodes.15.function", None, "nodes[15].function"),
        ("nodes.15.function", [13], "nodes[15].function"),
        ("nodes.15.function", "13", "nodes[15].function"),
        ("nodes.15.arguments", 0, "nodes[15].arguments"),
        ("nodes.15.keywords", [["z"]], "nodes[15].keywords[0]"),
        ("nodes.15.keywords", [[0, "z"]], "nodes[15].keywords[0][0]"),
        ("nodes.16.items", "01", "nodes[16].items"),
        ("nodes.16.position", -1, "nodes[16].position"),
        ("nodes.16.position", None, "nodes[16].position"),
        ("nodes.16.over", None, "nodes[16].over"),
        ("nodes.16.over", "set", "nodes[16].over"),
        ("nodes.19.of", None, "nodes[19].of"),
        ("nodes.19.of", [18], "nodes[19].of"),
        ("nodes.19.source", None, "nodes[19].source"),
        ("options.overrides", [[1, 3, 0]], "options.overrides[0]"),
        ("options.overrides", [[1, "3"]], "options.overrides[0][1]"),
        ("options.overrides", {"1": 3}, "options.overrides"),
        ("options.inlined", "yes", "options.inlined"),
    ],
)
def test_a_wrong_shape_is_named(path: str, value: object, where: str) -> None:
    error = refused(path, value)
    assert error.where == where
    assert error.what


FIELDS = [
    f"nodes.{at}.{field.name}"
    for at, node in enumerate(EVERY.nodes)
    for field in dataclasses.fields(node)
    if field.name not in ("source", *OPTIONAL.get(type(node), ()))
]


@pytest.mark.parametrize("path", FIELDS)
def test_a_missing_field_is_named(path: str) -> None:
    error = refused(path)
    holder, _, name = path.rpartition(".")
    assert error.where == re.sub(r"\.(\d+)", r"[\1]", holder)
    assert error.what == f"the field {name!r} is missing"


@pytest.mark.parametrize("kind", OPTIONAL)
def test_an_optional_field_is_written_only_where_it_says_something(kind: type[Any]) -> None:
    said = {field.name: field.default for field in dataclasses.fields(kind) if field.name in OPTIONAL[kind]}
    at = next(
        at
        for at, node in enumerate(EVERY.nodes)
        if type(node) is kind and any(getattr(node, name) != value for name, value in said.items())
    )
    plain = dataclasses.replace(EVERY.nodes[at], **said)
    nodes = (*EVERY.nodes[:at], plain, *EVERY.nodes[at + 1 :])
    case = dataclasses.replace(EVERY, nodes=nodes)
    written = json.loads(dumps(case))["nodes"][at]
    assert not set(written) & set(OPTIONAL[kind])
    assert repr(loads(dumps(case))) == repr(case)


def test_lazy_trackers_are_written_where_there_are_some_and_read_back() -> None:
    options = dataclasses.replace(EVERY.options, lazy=(17, 25), realized=True)
    case = dataclasses.replace(EVERY, options=options)
    written = json.loads(dumps(case))["options"]
    assert (written["lazy"], written["realized"]) == ([17, 25], True)
    assert repr(loads(dumps(case))) == repr(case)
    assert not {"lazy", "realized"} & set(json.loads(FILE)["options"])


@pytest.mark.parametrize("field", ["overrides", "inlined"])
def test_the_options_of_schema_3_may_be_missing(field: str) -> None:
    data = json.loads(FILE)
    del data["options"][field]
    assert getattr(loads(json.dumps(data)).options, field) == getattr(Options(), field)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_field_of_another_kind_is_refused(kind: str) -> None:
    at = next(at for at, node in enumerate(EVERY.nodes) if node.kind == kind)
    assert refused(f"nodes.{at}.spare", 0).where == f"nodes[{at}]"
