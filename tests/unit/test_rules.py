"""The well-formedness rules: what each refuses, where it says so, and what is just allowed."""

from __future__ import annotations

import keyword
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generators import Case, CaseError, Options, check, limits
from generators.case import (
    Attribute,
    CellContents,
    CellName,
    ClosureCell,
    Default,
    DictItem,
    DictItemByKey,
    DictKey,
    Effect,
    FreeName,
    GlobalName,
    Import,
    Item,
    LocalName,
    SliceItem,
    Source,
    TypeOf,
    WeakRefCall,
)
from generators.keys import hashable, key_identity, node_identity
from generators.links import NODE_KINDS
from generators.nodes import (
    FILLED,
    AliasNode,
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
    ListNode,
    MadeNode,
    ModuleNode,
    NamedTupleNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    Scalar,
    SetNode,
    SliceNode,
    StructSequenceNode,
    SubclassNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
    is_tuple,
)
from generators.rules import RULES, problems
from oracles.world import GraphValue, World

ROOT = Path(__file__).parents[2]
K = ConstantNode("k")


def nan(bits: int) -> float:
    return float(struct.unpack(">d", struct.pack(">Q", bits))[0])


NAN, OTHER_NAN = nan(0x7FF8_0000_0000_0000), nan(0x7FF8_0000_0000_0001)


def case(*nodes: Node, root: int | None = None, **fields: Any) -> Case:
    """A case whose last node is its root."""
    return Case(nodes, (len(nodes) - 1 if root is None else root,), **fields)


def bound(*nodes: Node, **fields: Any) -> Case:
    """A case whose last node is the local `a`, named by source 0."""
    fields["sources"] = (LocalName("a"), *fields.get("sources", ()))
    return case(*nodes, locals=(("a", len(nodes) - 1),), **fields)


def named(name: str) -> Case:
    """A case with a local of this name."""
    return case(ListNode((), 0), sources=(LocalName(name),), locals=((name, 0),))


def existing(node: Node, *children: Node, **fields: Any) -> Case:
    """A case with the children, then a node at source 0."""
    return bound(*children, node, **fields)


def deep(levels: int) -> Case:
    return case(ConstantNode(0), *(ListNode((at,)) for at in range(levels)))


def keyed(*keys: Scalar | tuple[Scalar, ...]) -> Case:
    """A case with a dict of these keys; a tuple stands for a tuple node of constants."""
    nodes: list[Node] = []
    items = []
    for key in keys:
        if isinstance(key, tuple):
            nodes += [ConstantNode(part) for part in key]
            nodes.append(TupleNode(tuple(range(len(nodes) - len(key), len(nodes)))))
        else:
            nodes.append(ConstantNode(key))
        items.append((len(nodes) - 1, 0))
    return case(*nodes, DictNode(tuple(items)))


def exported_dict() -> Case:
    """An exported graph that gives back the `__dict__` of an object that holds a module."""
    nodes = (ModuleNode((), 1), ObjectNode((("x", 0),), 0), MadeNode("attributes", (1,)))
    places = (LocalName("a"), LocalName("b"))
    return case(*nodes, sources=places, locals=(("a", 1), ("b", 0)), options=Options(export=True))


LONGEST = "n" * limits.FILE_NAME.high
DEPTH = limits.FILE_DEPTH.high
OUTPUT = limits.FILE_OUTPUTS.high


def overridden(*overrides: tuple[int, int]) -> Case:
    """Sources 0 and 1 lead to the list 1, 2 to the tuple 2, 3 to an alias of it, 4 from 0 to node 0."""
    return case(
        ConstantNode("k", 4),
        ListNode((0,), 0),
        TupleNode((), 2),
        AliasNode(2, 3),
        sources=(LocalName("a"), GlobalName("g"), LocalName("b"), LocalName("c"), Item(0, 0), Item(1, 0)),
        locals=(("a", 1), ("b", 2), ("c", 3)),
        globals=(("g", 1),),
        options=Options(overrides=overrides),
    )


# kind -> a node that names node 1 from where node 0 stands: in each of its fields
FORWARD: dict[str, list[Node]] = {
    "list": [ListNode((1,))],
    "tuple": [TupleNode((1,))],
    "dict": [DictNode(((1, 2),)), DictNode(((2, 1),))],
    "set": [SetNode((1,))],
    "frozenset": [FrozensetNode((1,))],
    "slice": [SliceNode((1, 1, 1))],
    "named_tuple": [NamedTupleNode((1,))],
    "ordered_dict": [OrderedDictNode(((1, 2),)), OrderedDictNode(((2, 1),))],
    "deque": [DequeNode((1,))],
    "cell": [CellNode(1)],
    "function": [
        *(FunctionNode((1,)), FunctionNode((), (1,)), FunctionNode((), (), (("x", 1),))),
        *(FunctionNode(annotations=(("x", 1),)), FunctionNode(attributes=(("x", 1),)), FunctionNode(doc=1)),
    ],
    "partial": [PartialNode(1)],
    "weakref": [WeakRefNode(1, 0)],
    "iterator": [IteratorNode((1,))],
    "defaultdict": [DefaultDictNode(((1, 2),)), DefaultDictNode(((2, 1),))],
    "structseq": [StructSequenceNode((1, 1))],
    "bound_method": [BoundMethodNode(1, "method")],
    "generator": [GeneratorNode((1,)), GeneratorNode((), None, 1)],
    "context_manager": [ContextManagerNode("mode", (1,))],
    "made": [MadeNode("zip", (1,))],
    "module": [ModuleNode((("x", 1),), 0)],
    "object": [ObjectNode((("x", 1),), 0)],
    "alias": [AliasNode(1, 0)],
    "tensor_subclass": [SubclassNode(0, None, "plain", (("x", 1),))],
    "instance": [
        *(InstanceNode("SubList", (1,)), InstanceNode("SubDict", (), ((1, 2),))),
        *(InstanceNode("Plain", attributes=(("x", 1),)), InstanceNode("SubTuple", (1,))),
    ],
}

UNHASHABLE: list[Node] = [
    *(ListNode(), DictNode(), SetNode(), SliceNode((0, 0, 0)), RangeNode(0, 1, 1), NamedTupleNode()),
    *(OrderedDictNode(), DequeNode(), FunctionNode(), IteratorNode(), DefaultDictNode()),
    *(StructSequenceNode((0, 0)), GeneratorNode(), ContextManagerNode("null")),
]
"""What Python does not hash, or Dynamo does not take as a key."""

# rule, broken case, where, a part of what
Broken = tuple[str, Callable[[], Case], str, str]
BROKEN: list[Broken] = [
    ("sizes", lambda: Case((), (0,)), "nodes", "0 entries"),
    ("sizes", lambda: case(*[K] * (limits.FILE_NODES.high + 1)), "nodes", "20001 entries"),
    ("sizes", lambda: Case((K,), ()), "roots", "0 entries"),
    ("sizes", lambda: Case((K,), (0,) * (limits.FILE_ROOTS.high + 1)), "roots", "4001 entries"),
    (
        "sizes",
        lambda: case(K, sources=(LocalName("a"),) * (limits.FILE_SOURCES.high + 1)),
        "sources",
        "20001 entries",
    ),
    ("indices", lambda: case(K, TupleNode((1,))), "nodes[1]", "names node 1"),
    ("indices", lambda: case(K, TupleNode((2,)), K), "nodes[1]", "tuple names only earlier nodes (0 to 0)"),
    ("indices", lambda: case(K, TupleNode((0, -1))), "nodes[1]", "names node -1"),
    ("indices", lambda: case(K, ListNode((2,))), "nodes[1]", "there is no node 2"),
    ("indices", lambda: case(K, ListNode((-1,))), "nodes[1]", "there is no node -1"),
    ("indices", lambda: case(K, DictNode(((2, 0),))), "nodes[1]", "there is no node 2"),
    ("indices", lambda: case(K, DictNode(((0, 2),))), "nodes[1]", "there is no node 2"),
    ("indices", lambda: case(K, OrderedDictNode(((0, 2),))), "nodes[1]", "there is no node 2"),
    ("indices", lambda: case(K, DequeNode((2,))), "nodes[1]", "there is no node 2"),
    ("indices", lambda: Case((K, CellNode(2)), (0,)), "nodes[1]", "there is no node 2"),
    ("indices", lambda: bound(K, ObjectNode((("x", 2),), 0)), "nodes[1]", "there is no node 2"),
    ("indices", lambda: overridden((0, 6)), "options.overrides[0]", "no source 6"),
    ("indices", lambda: overridden((2, 3), (-1, 0)), "options.overrides[1]", "no source -1"),
    ("indices", lambda: case(ListNode((), 0)), "nodes[0].source", "no source 0"),
    ("indices", lambda: bound(ListNode((), 1)), "nodes[0].source", "no source 1"),
    ("indices", lambda: bound(ListNode((), -1)), "nodes[0].source", "no source -1"),
    ("indices", lambda: case(TensorNode(-1)), "nodes[0].output", "-1 is not in"),
    ("indices", lambda: case(TensorNode(OUTPUT + 1)), "nodes[0].output", f"0 to {OUTPUT}"),
    ("indices", lambda: case(K, sources=(Item(0, 0),)), "sources[0].base", "not an earlier source"),
    ("indices", lambda: bound(ListNode((), 0), sources=(Attribute(2, "x"),)), "sources[1].base", "(0 to 0)"),
    ("indices", lambda: bound(ListNode((), 0), sources=(Item(-1, 0),)), "sources[1].base", "-1"),
    ("indices", lambda: bound(DictNode((), 0), sources=(DictItem(0, 1),)), "sources[1].key", "no node 1"),
    ("indices", lambda: bound(DictNode((), 0), sources=(DictItem(0, -1),)), "sources[1].key", "no node -1"),
    ("indices", lambda: bound(ListNode((), 0), sources=(Item(0, -1),)), "sources[1].index", "-1 is not in"),
    (
        "indices",
        lambda: bound(ListNode((), 0), sources=(Item(0, limits.FILE_ITEM_INDEX.high + 1),)),
        "sources[1].index",
        "0 to 19999",
    ),
    ("indices", lambda: Case((K,), (0, 1)), "roots[1]", "no node 1"),
    ("indices", lambda: Case((K,), (-1,)), "roots[0]", "no node -1"),
    ("indices", lambda: case(K, locals=(("a", 1),)), "locals.a", "no node 1"),
    ("indices", lambda: case(K, globals=(("g", 1),)), "globals.g", "no node 1"),
    ("indices", lambda: case(K, options=Options(temporaries=(0, 1))), "options.temporaries[1]", "no node 1"),
    *(
        ("names", lambda name=name: case(K, locals=((name, 0),)), f"locals.{name}", "not a plain identifier")
        for name in ("", " ", "1a", "a b", "a.b", "a\n", "ａ", "ﬁ", "\ud800", "class", "None", "await")
    ),
    ("names", lambda: case(K, globals=(("def", 0),)), "globals.def", "not a plain identifier"),
    ("names", lambda: case(K, locals=((LONGEST + "n", 0),)), f"locals.{LONGEST}n", "at most 100"),
    ("names", lambda: case(K, locals=(("graph_out_0", 0),)), "locals.graph_out_0", "reserved"),
    ("names", lambda: case(K, locals=(("graph_outer", 0),)), "locals.graph_outer", "reserved"),
    ("names", lambda: case(K, globals=(("__builtins__", 0),)), "globals.__builtins__", "reserved"),
    ("names", lambda: bound(ListNode((), 0), sources=(LocalName("if"),)), "sources[1].name", "'if'"),
    ("names", lambda: bound(ListNode((), 0), sources=(GlobalName("__a"),)), "sources[1].name", "reserved"),
    ("names", lambda: bound(ListNode((), 0), sources=(Attribute(0, ""),)), "sources[1].name", "plain"),
    (
        "names",
        lambda: case(K, effects=(Effect("rebind_global", 0, name="__a", value=0),)),
        "effects[0].name",
        "reserved",
    ),
    (
        "names",
        lambda: case(K, effects=(Effect("rebind_cell", 0, name="graph_out_0", value=0),)),
        "effects[0].name",
        "reserved",
    ),
    (
        "names",
        lambda: bound(K, ObjectNode((("__class__", 0),), 0)),
        "nodes[1].attributes.__class__",
        "reserved",
    ),
    ("names", lambda: bound(K, ObjectNode((("x y", 0),), 0)), "nodes[1].attributes.x y", "plain"),
    ("names", lambda: bound(K, ObjectNode((("x", 0), ("x", 0)), 0)), "nodes[1].attributes", "twice"),
    (
        "names",
        lambda: case(K, FunctionNode((), (), (("if", 0),))),
        "nodes[1].keyword_defaults.if",
        "plain",
    ),
    (
        "names",
        lambda: case(K, FunctionNode((), (), (("x", 0), ("x", 0)))),
        "nodes[1].keyword_defaults",
        "twice",
    ),
    (
        "names",
        lambda: case(FunctionNode(), PartialNode(0, (), (("__x", 0),))),
        "nodes[1].keywords.__x",
        "reserved",
    ),
    (
        "names",
        lambda: case(FunctionNode(), PartialNode(0, (), (("x", 0), ("y", 0), ("x", 0)))),
        "nodes[1].keywords",
        "twice",
    ),
    ("names", lambda: case(K, locals=(("a", 0), ("a", 0))), "locals", "twice"),
    ("names", lambda: case(K, globals=(("g", 0), ("g", 0))), "globals", "twice"),
    ("depth", lambda: deep(DEPTH + 1), f"nodes[{DEPTH + 1}]", f"{DEPTH + 1} levels deep"),
    (
        "unfolded",
        lambda: case(ListNode((20,)), *(TupleNode((at, at)) for at in range(20))),
        "nodes[0]",
        "where sharing is not counted",
    ),
    (
        "unfolded",
        lambda: case(K, *(TupleNode((at, at)) for at in range(30))),
        "nodes[17]",
        "unfolds to 262143 nodes",
    ),
    ("sources", lambda: case(K, sources=(LocalName("a"),)), "sources[0]", "no local 'a'"),
    (
        "sources",
        lambda: case(K, sources=(GlobalName("a"),), locals=(("a", 0),)),
        "sources[0]",
        "no global 'a'",
    ),
    ("sources", lambda: bound(ListNode((), 0), sources=(Item(0, 0),)), "sources[1]", "with an item 0"),
    ("sources", lambda: bound(K, ListNode((0,), 0), sources=(Item(0, 1),)), "sources[1]", "with an item 1"),
    ("sources", lambda: bound(ListNode((), 0), sources=(Attribute(0, "x"),)), "sources[1]", "attribute 'x'"),
    (
        "sources",
        lambda: bound(K, ConstantNode("k"), DictNode(((0, 0),), 0), sources=(DictItem(0, 1),)),
        "sources[1]",
        "the key at node 1",
    ),
    ("sources", lambda: bound(ConstantNode("abc", 0), sources=(Item(0, 0),)), "sources[1]", "with an item 0"),
    ("sources", lambda: bound(TensorNode(0, 0), sources=(Attribute(0, "x"),)), "sources[1]", "attribute 'x'"),
    (
        "sources",
        lambda: bound(K, TupleNode((0,)), DictNode(((1, 0),), 0), sources=(DictItem(0, 1),)),
        "sources[1].key",
        "node 1 is no constant",
    ),
    ("sources", lambda: bound(ListNode((), 0), ListNode((), 0)), "nodes[0].source", "leads to node 1"),
    ("sources", lambda: case(ObjectNode()), "nodes[0].source", "needs a source"),
    ("sources", lambda: case(K, AliasNode(0)), "nodes[1].source", "needs a source"),
    ("sources", lambda: bound(SetNode((), 0), sources=(Item(0, 0),)), "sources[1]", "with an item 0"),
    ("sources", lambda: bound(RangeNode(0, 9, 1, 0), sources=(Item(0, 0),)), "sources[1]", "with an item 0"),
    ("sources", lambda: bound(K, DequeNode((0,), None, 0), sources=(Item(0, 1),)), "sources[1]", "an item 1"),
    (
        "sources",
        lambda: bound(K, NamedTupleNode((0,), 0), sources=(Attribute(0, "y"),)),
        "sources[1]",
        "attribute 'y'",
    ),
    ("sources", lambda: bound(K, NamedTupleNode((0,), 0), sources=(Item(0, 0),)), "sources[1]", "an item 0"),
    (
        "sources",
        lambda: bound(K, SliceNode((0, 0, 0), 0), sources=(Attribute(0, "x"),)),
        "sources[1]",
        "attribute 'x'",
    ),
    (
        "sources",
        lambda: bound(K, OrderedDictNode((), 0), sources=(DictItem(0, 0),)),
        "sources[1]",
        "the key at node 0",
    ),
    ("existing", lambda: bound(TensorNode(0), ListNode((0,), 0)), "nodes[1]", "child 0 has no source"),
    ("existing", lambda: bound(ListNode(), TupleNode((0,), 0)), "nodes[1]", "child 0 has no source"),
    ("existing", lambda: bound(K, TupleNode((0,)), DictNode(((1, 0),), 0)), "nodes[2]", "child 1 has no"),
    ("existing", lambda: bound(TensorNode(0), ObjectNode((("x", 0),), 0)), "nodes[1]", "child 0 has no"),
    ("existing", lambda: case(ListNode(), locals=(("a", 0),)), "locals.a", "does not exist beforehand"),
    ("existing", lambda: case(TensorNode(0), globals=(("g", 0),)), "globals.g", "does not exist beforehand"),
    *(
        ("keys", lambda node=node: case(K, node, DictNode(((1, 0),))), "nodes[2].items[0]", "node 1 is not")
        for node in UNHASHABLE
    ),
    *(
        (
            "keys",
            lambda kind=kind: case(K, ListNode(), kind((0, 1))),
            "nodes[2].items[1]",
            "1 is not hashable",
        )
        for kind in (SetNode, FrozensetNode)
    ),
    (
        "keys",
        lambda: case(K, ListNode(), TupleNode((0, 1)), OrderedDictNode(((0, 0), (2, 0)))),
        "nodes[3].items[1]",
        "node 2 is not hashable",
    ),
    ("keys", lambda: case(ListNode(), TupleNode((0,)), SetNode((1,))), "nodes[2].items[0]", "1 is not"),
    ("keys", lambda: case(ListNode((1,)), TupleNode((0,)), SetNode((1,))), "nodes[2].items[0]", "1 is not"),
    ("keys", lambda: case(DictNode(((0, 0),)), K), "nodes[0].items[0]", "node 0 is not hashable"),
    *(
        ("keys", lambda kind=kind: case(K, kind((0, 0))), "nodes[1].items[1]", f"{kind.kind} holds one")
        for kind in (SetNode, FrozensetNode)
    ),
    (
        "keys",
        lambda: case(K, OrderedDictNode(((0, 0), (0, 0)))),
        "nodes[1].items[1]",
        "equals item 0, and ordered_dict holds one",
    ),
    ("keys", lambda: case(*map(ConstantNode, (1, True)), SetNode((0, 1))), "nodes[2].items[1]", "item 0"),
    ("keys", lambda: case(TensorNode(0), TensorNode(0), SetNode((0, 1))), "nodes[2].items[1]", "item 0"),
    (
        "keys",
        lambda: case(*map(ConstantNode, (1, 1.0)), *map(FrozensetNode, ((0,), (1,))), SetNode((2, 3))),
        "nodes[4].items[1]",
        "item 0",
    ),
    (
        "keys",
        lambda: case(K, AliasNode(0, 0), SetNode((0, 1)), sources=(LocalName("a"),), locals=(("a", 1),)),
        "nodes[2].items[1]",
        "item 0",
    ),
    ("keys", lambda: case(K, DictNode(((0, 0), (0, 0)))), "nodes[1].items[1]", "equals item 0"),
    ("keys", lambda: keyed("a", "b", "a"), "nodes[3].items[2]", "equals item 0"),
    ("keys", lambda: keyed(1, True), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed(0, False), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed(1, 1.0), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed(1, 1 + 0j), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed(2**53, 2.0**53), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed(0.0, -0.0), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed(NAN, NAN), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed(NAN, nan(0x7FF8_0000_0000_0000)), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed(complex(NAN, 1), complex(NAN, 1)), "nodes[2].items[1]", "equals item 0"),
    ("keys", lambda: keyed((1,), (True,)), "nodes[4].items[1]", "equals item 0"),
    ("keys", lambda: keyed((NAN,), (NAN,)), "nodes[4].items[1]", "equals item 0"),
    ("keys", lambda: keyed((), ()), "nodes[2].items[1]", "equals item 0"),
    ("options", exported_dict, "options.export", "the __dict__ of an object that holds a module"),
    ("options", lambda: case(K, options=Options(passes=0)), "options.passes", "neither 1 nor 2"),
    ("options", lambda: case(K, options=Options(passes=3)), "options.passes", "neither 1 nor 2"),
    ("options", lambda: case(K, options=Options(temporaries=(0, 0))), "options.temporaries", "twice"),
    ("options", lambda: overridden((2, 3), (2, 3)), "options.overrides", "a source is overridden twice"),
    ("options", lambda: overridden((0, 2)), "options.overrides[0]", "source 2 does not lead to the object"),
    ("options", lambda: overridden((2, 3), (1, 4)), "options.overrides[1]", "that source 1 leads to"),
    ("options", lambda: overridden((0, 0)), "options.overrides[0]", "source 0, or one that it is based on"),
    ("options", lambda: overridden((1, 0), (4, 5)), "options.overrides[1]", "source 5, or one that it is"),
]


@pytest.mark.parametrize(
    ("rule", "broken", "where", "what"), BROKEN, ids=[f"{rule}-{at}" for at, (rule, *_) in enumerate(BROKEN)]
)
def test_one_rule_is_broken(rule: str, broken: Callable[[], Case], where: str, what: str) -> None:
    case = broken()
    found = list(problems(case))
    # a number that is no index of any node is told as no earlier node, too
    assert list(dict.fromkeys(place for place, _ in found)) == [where]
    assert what in found[0][1]
    assert next(one.__name__ for one in RULES if next(iter_of(one, case), None)) == name_of(rule)
    with pytest.raises(CaseError) as caught:
        check(case)
    assert (caught.value.where, caught.value.what) == found[0]


def name_of(rule: str) -> str:
    """The name of the function that holds the rule."""
    return (
        f"{rule}_problems".replace("sources_", "source_") if rule in ("sources", "existing") else f"_{rule}"
    )


def iter_of(rule: Callable[[Case], Any], case: Case) -> Any:
    """The problems that one rule finds; a rule after a broken one may not be able to look at all."""
    try:
        yield from rule(case)
    except IndexError:
        return


def test_every_rule_has_a_case_that_breaks_it() -> None:
    # tests/unit/test_effects.py, test_kinds.py, test_calls.py, test_scripts.py
    elsewhere = {"_effects", "_possible", "kind_problems", "call_problems", "_script"}
    assert {name_of(rule) for rule, *_ in BROKEN} | elsewhere == {rule.__name__ for rule in RULES}


def test_every_problem_of_the_first_broken_rule_is_told() -> None:
    broken = Case((ListNode((5,)), TensorNode(-1)), (2, 3), options=Options(passes=7))
    assert [where for where, _ in problems(broken)] == ["nodes[0]", "nodes[1].output", "roots[0]", "roots[1]"]


def test_every_part_of_a_ring_is_named() -> None:
    ring = case(*(ListNode(((at + 1) % (DEPTH + 2),)) for at in range(DEPTH + 2)))
    assert [where for where, _ in problems(ring)] == [f"nodes[{at}]" for at in range(DEPTH + 2)]
    assert {what.split(";")[0] for _, what in problems(ring)} == {f"is {DEPTH + 1} levels deep"}
    crossed = overridden((2, 3), (3, 2))
    assert [where for where, _ in problems(crossed)] == ["options.overrides[0]", "options.overrides[1]"]


def test_check_gives_the_case_itself() -> None:
    fine = case(K)
    assert check(fine) is fine


ALLOWED: dict[str, Callable[[], Case]] = {
    "one constant": lambda: case(K),
    "most nodes": lambda: case(*[K] * limits.FILE_NODES.high),
    "most roots": lambda: Case((K,), (0,) * limits.FILE_ROOTS.high),
    "most sources": lambda: case(
        ListNode((), 0), sources=(LocalName("a"),) * limits.FILE_SOURCES.high, locals=(("a", 0),)
    ),
    "deepest": lambda: deep(DEPTH),
    "lowest output": lambda: case(TensorNode(0)),
    "highest output": lambda: case(TensorNode(OUTPUT)),
    "last item there can be": lambda: bound(
        K,
        ListNode((0,) * (limits.FILE_ITEM_INDEX.high + 1), 0),
        sources=(Item(0, limits.FILE_ITEM_INDEX.high),),
    ),
    "longest name": lambda: named(LONGEST),
    "soft keyword": lambda: named("match"),
    "underscore": lambda: named("_"),
    "installed global's name of a cell bound anew": lambda: case(
        *(K, ListNode((), 0), K),
        sources=(CellName("__m"),),
        cells=(("__m", 1),),
        effects=(Effect("rebind_cell", 1, name="__m", value=2),),
    ),
    "one underscore before": lambda: named("_graph_out_0"),
    "builtin": lambda: named("print"),
    "reserved inside": lambda: named("a__graph_out"),
    "case of a keyword": lambda: named("none"),
    "same local and global": lambda: case(
        ListNode((), 0),
        ListNode((), 1),
        TupleNode((0, 1)),
        sources=(LocalName("a"), GlobalName("a")),
        locals=(("a", 0),),
        globals=(("a", 1),),
    ),
    "two names for one value": lambda: case(
        ListNode((), 0),
        sources=(LocalName("a"), GlobalName("g")),
        locals=(("a", 0), ("b", 0)),
        globals=(("g", 0),),
    ),
    "constant bound without a source": lambda: case(K, locals=(("a", 0),)),
    "source that no node has": lambda: bound(ListNode((), 0), sources=(LocalName("a"),)),
    "existing value holds a plain constant": lambda: bound(K, ListNode((0,), 0)),
    "existing value under a constant key": lambda: bound(K, DictNode(((0, 0),), 0)),
    "new value holds an existing one": lambda: case(
        ListNode((), 0), ListNode((0,)), sources=(LocalName("a"),), locals=(("a", 0),)
    ),
    "object without attributes": lambda: bound(ObjectNode((), 0)),
    "shared child": lambda: case(TensorNode(0), TensorNode(0), ListNode((0, 0, 1))),
    "node twice a root": lambda: Case((ListNode(),), (0, 0)),
    "node that no root needs": lambda: case(TensorNode(0), K),
    "empty containers": lambda: Case((ListNode(), TupleNode(), DictNode()), (0, 1, 2)),
    "one pass": lambda: case(K, options=Options(passes=1)),
    "every node a temporary": lambda: case(K, ListNode((0,)), options=Options(temporaries=(1, 0))),
    "tuple as key": lambda: keyed((1, "a"), ()),
    "tuple of tuples as key": lambda: case(K, TupleNode((0,)), TupleNode((1, 1)), DictNode(((2, 0), (1, 0)))),
    "keys of other values": lambda: keyed(0, 1, 1.5, "", "1", b"1", None, ..., 1j),
    "text and bytes": lambda: keyed("a", b"a"),
    "value and tuple of it": lambda: keyed(1, (1,)),
    "big integer and the float next to it": lambda: keyed(2**53 + 1, 2.0**53),
    "NaNs of other bits": lambda: keyed(NAN, OTHER_NAN, -NAN),
    "NaN in complex numbers": lambda: keyed(complex(NAN, 0), complex(NAN, 1), complex(0, NAN), NAN),
    "NaN and its name": lambda: keyed(NAN, "nan"),
    "NaN and a tuple that looks like its bits": lambda: keyed(NAN, ("nan", struct.pack("<d", NAN))),
    "surrogates": lambda: keyed("\ud83d\ude00", "\U0001f600"),
    "tensors as keys": lambda: case(TensorNode(0), TensorNode(1), DictNode(((0, 1), (1, 0)))),
    "objects as keys": lambda: case(
        *(ObjectNode((), 0), ObjectNode((), 1), DictNode(((0, 1), (1, 0)))),
        sources=(LocalName("a"), LocalName("b")),
        locals=(("a", 0), ("b", 1)),
    ),
    "tuple of a tensor as an element": lambda: case(TensorNode(0), TupleNode((0, 0)), SetNode((0, 1))),
    "tuple and frozenset of one constant": lambda: case(
        K, TupleNode((0,)), FrozensetNode((0,)), OrderedDictNode(((0, 0), (1, 0), (2, 0)))
    ),
    "frozenset and tuple of more": lambda: case(
        K, ConstantNode("l"), FrozensetNode((0, 1)), FrozensetNode((0,)), TupleNode((2,)), SetNode((2, 3, 4))
    ),
    "a key that stands later": lambda: case(DictNode(((2, 0),)), K, TupleNode((1,)), root=0),
    "a long ring": lambda: case(*(ListNode(((at + 1) % (DEPTH + 1),)) for at in range(DEPTH + 1))),
    "existing lists in each other": lambda: case(
        *(ListNode((1,), 0), ListNode((0,), 1)), sources=(LocalName("a"), Item(0, 0)), locals=(("a", 0),)
    ),
    "sources through an alias": lambda: case(
        *(ConstantNode("k", 2), TupleNode((0,), 0), AliasNode(1, 1)),
        sources=(LocalName("a"), LocalName("b"), Item(1, 0)),
        locals=(("a", 1), ("b", 2)),
    ),
    "sources into every kind": lambda: case(
        *(ConstantNode("k"), DequeNode((0,), None, 0), NamedTupleNode((0, 1), 1), SliceNode((0, 0, 0), 2)),
        *(OrderedDictNode(((0, 3),), 3), FunctionNode(source=5), PartialNode(5, (), (), 4)),
        sources=(
            *(LocalName("d"), LocalName("n"), LocalName("s"), LocalName("o"), LocalName("p")),
            *(Attribute(4, "func"), Attribute(1, "y"), DictItem(3, 0), Attribute(2, "stop"), Item(0, 0)),
        ),
        locals=(("d", 1), ("n", 2), ("s", 3), ("o", 4), ("p", 6)),
    ),
    "overrides": lambda: overridden((0, 1), (2, 3)),
    "overrides to one source": lambda: case(
        ListNode((), 0),
        sources=(LocalName("a"), LocalName("b"), LocalName("c")),
        locals=(("a", 0), ("b", 0), ("c", 0)),
        options=Options(overrides=((0, 2), (1, 2))),
    ),
    "override of an item of another list": lambda: overridden((4, 5)),
    "inlined": lambda: case(K, options=Options(inlined=True)),
}


@pytest.mark.parametrize("allowed", ALLOWED.values(), ids=ALLOWED)
def test_boundary_is_allowed_and_can_be_made_real(allowed: Callable[[], Case]) -> None:
    case = allowed()
    assert list(problems(case)) == []
    for node, value in zip(case.nodes, World(case, GraphValue).originals(), strict=True):
        if isinstance(node, DictNode | OrderedDictNode | SetNode | FrozensetNode):
            assert len(value) == len(node.items)


def test_every_kind_that_names_nodes_is_tried_with_a_later_one() -> None:
    assert set(NODE_KINDS) - set(FORWARD) == {
        *("constant", "range", "tensor", "symbolic", "ndarray", "number"),
        "library",
    }
    assert all(node.kind == kind for kind, several in FORWARD.items() for node in several)


@pytest.mark.parametrize("kind", FORWARD)
def test_only_what_is_filled_afterwards_names_later_nodes(kind: str) -> None:
    for node in FORWARD[kind]:
        tried = Case((node, K, ConstantNode("l")), (1,), (LocalName("a"),), (("a", 0),))
        if node.source is None:
            tried = Case(tried.nodes, (1,))
        found = list(problems(tried))
        if type(node) in FILLED and not is_tuple(node):
            assert found == []
        else:
            told = f"names node 1; here {kind} names only earlier nodes (0 to -1)"
            assert found[0] == ("nodes[0]", told)


def test_what_is_stored_later_needs_values_from_their_source() -> None:
    for nodes in ((K, OrderedDictNode()), (K, CellNode(0), FunctionNode((1,)))):
        assert list(problems(case(*nodes))) == []
        found = list(problems(case(*nodes, options=Options(value_from_source=False))))
        assert [where for where, _ in found] == ["options.value_from_source"]
    assert list(problems(bound(OrderedDictNode((), 0), options=Options(value_from_source=False)))) == []


@pytest.mark.parametrize("name", sorted(keyword.kwlist))
def test_no_keyword_is_a_name(name: str) -> None:
    assert [where for where, _ in problems(named(name))] == [f"locals.{name}", "sources[0].name"]


def test_key_identity_is_equality_but_for_nan() -> None:
    assert key_identity(1) == key_identity(True) == key_identity(1.0)
    assert key_identity(NAN) == key_identity(nan(0x7FF8_0000_0000_0000))
    assert key_identity(NAN) != key_identity(OTHER_NAN)
    assert key_identity(NAN) != key_identity(complex(NAN, 0.0))
    assert key_identity(complex(NAN, 0.0)) != key_identity(complex(NAN, -0.0))


def test_what_can_be_a_key() -> None:
    nodes: tuple[Node, ...] = (
        *(K, TensorNode(0), ObjectNode((), 0), ListNode(), TupleNode((0, 1, 2)), TupleNode((0, 3))),
        *(FrozensetNode((0, 4)), TupleNode((6,)), AliasNode(4, 1), AliasNode(5, 2), SetNode((0,))),
        *(FrozensetNode(()), NamedTupleNode(()), FunctionNode(), CellNode(0), RangeNode(0, 1, 1)),
    )
    can_be_key = {0, 1, 2, 4, 6, 7, 8, 11}
    assert hashable(nodes) == [at in can_be_key for at in range(len(nodes))]


def test_node_identity_is_that_of_what_a_dict_would_hold() -> None:
    nodes: tuple[Node, ...] = (
        *(ConstantNode(1), ConstantNode(True), ConstantNode("k"), TupleNode((0, 2)), TupleNode((1, 2))),
        *(FrozensetNode((0, 2)), FrozensetNode((2, 1)), FrozensetNode((0,)), TupleNode((0,))),
        *(TensorNode(0), TensorNode(0), TensorNode(1), ObjectNode((), 0), ObjectNode((), 1)),
        *(AliasNode(3, 2), AliasNode(9, 3), TupleNode((9,)), TupleNode((10,)), ConstantNode(0)),
    )
    alike = [{0, 1}, {3, 4, 14}, {5, 6}, {9, 10, 15}, {16, 17}]
    for at in range(len(nodes)):
        for other in range(len(nodes)):
            same = at == other or any({at, other} <= group for group in alike)
            assert (node_identity(nodes, at) == node_identity(nodes, other)) is same, (at, other)
    with pytest.raises(TypeError, match="a list node is no key"):
        node_identity([ListNode()], 0)


DOUBLING_KEY = """
from generators import Case, CaseError, check
from generators.nodes import ConstantNode, DictNode, TupleNode
nodes = [ConstantNode(0), *(TupleNode((at, at)) for at in range(60)), DictNode(((60, 0),))]
try:
    check(Case(tuple(nodes), (61,)))
except CaseError as error:
    print(error.where)
"""


def test_key_that_no_python_could_hash_is_refused() -> None:
    """A tuple that doubles 60 times is small as a table, and its hash walks all 2**60 leaves."""
    done = subprocess.run(
        [sys.executable, "-c", DOUBLING_KEY], cwd=ROOT, capture_output=True, text=True, timeout=3, check=True
    )
    assert done.stdout.startswith("nodes[")


# --- sources ------------------------------------------------------------------------------------------

OBJECT = ObjectNode((("x", 0),), 0)
FUNCTION = FunctionNode((), (0,), (("x", 0),), 0)
DEAD: dict[str, tuple[Node, Source, str]] = {
    "key": (DictNode(((0, 0),), 0), DictKey(0, 1), "no dict with a key at position 1"),
    "default": (FUNCTION, Default(0, 1), "no function with a default 1"),
    "keyword default": (FUNCTION, Default(0, "y"), "no function with a default 'y'"),
    "cell": (FUNCTION, ClosureCell(0, 0), "no function with a cell 0"),
    "contents": (OBJECT, CellContents(0), "no cell with something in it"),
    "class": (OBJECT, TypeOf(0), "no node of this source is the class"),
    "weak reference": (OBJECT, WeakRefCall(0), "no weak reference"),
    "slice": (ListNode((0,), 0), SliceItem(0, None, None, None), "no node of this source has the items"),
    "import": (OBJECT, Import("functools"), "no node is the module 'functools'"),
    "cell variable": (OBJECT, CellName("m"), "no cell variable 'm'"),
    "free variable": (OBJECT, FreeName("p"), "no free variable 'p'"),
}


@pytest.mark.parametrize(("node", "link", "told"), DEAD.values(), ids=DEAD)
def test_a_source_that_leads_nowhere_is_told(node: Node, link: Source, told: str) -> None:
    wrong = Case((K, node), (1,), (LocalName("a"), link), (("a", 1),))
    found = list(problems(wrong))
    assert [where for where, _ in found] == ["sources[1]"]
    assert told in found[0][1]


A_LIST = ListNode((0, 0), 0)
PART = SliceItem(0, 1, None, None)
WRONG_SLICES: dict[str, tuple[tuple[Node, ...], tuple[Source, ...], dict[str, Any], str]] = {
    "other items": ((A_LIST, ListNode((), 1)), (PART,), {}, "sources[1]"),
    "another kind": ((A_LIST, TupleNode((0,), 1)), (PART,), {}, "sources[1]"),
    "one slice twice": (*((A_LIST, ListNode((0,), 1), ListNode((0,), 2)), (PART, PART), {}, "sources[2]"),),
    "bound": ((A_LIST, ListNode((0,), 1)), (PART,), {"globals": (("g", 2),)}, "globals.g"),
    "in what exists": (
        *((A_LIST, ListNode((0,), 1), TupleNode((2,), 2)), (PART, LocalName("b")), {}, "nodes[3]"),
    ),
    "changed": ((A_LIST, ListNode((0,), 1)), (PART,), {"effects": (Effect("clear", 2),)}, "effects[0].on"),
}


@pytest.mark.parametrize(("nodes", "links", "more", "where"), WRONG_SLICES.values(), ids=WRONG_SLICES)
def test_what_is_made_by_loading_is_there_only_then(
    nodes: tuple[Node, ...], links: tuple[Source, ...], more: dict[str, Any], where: str
) -> None:
    bound_names = (("a", 1), ("b", 3)) if len(nodes) == 3 and links[-1] == LocalName("b") else (("a", 1),)
    wrong = Case((K, *nodes), (len(nodes),), (LocalName("a"), *links), bound_names, **more)
    assert [place for place, _ in problems(wrong)] == [where]


def test_a_key_by_source_is_a_dicts_key() -> None:
    nodes = (K, ObjectNode((), 1), DictNode(((1, 0),), 0))
    right = Case(nodes, (2,), (LocalName("a"), DictKey(0, 0), DictItemByKey(0, 1)), (("a", 2),))
    assert list(problems(right)) == []
    for by, where in ((2, "sources[2].by"), (0, "sources[2]")):
        wrong = Case(nodes, (2,), (LocalName("a"), DictKey(0, 0), DictItemByKey(0, by)), (("a", 2),))
        assert [place for place, _ in problems(wrong)] == [where]


def test_a_name_is_one_variable_of_the_frame() -> None:
    wrong = Case((OBJECT_ALONE,), (0,), (LocalName("a"),), (("a", 0),), cells=(("a", 0),))
    assert list(problems(wrong)) == [("locals", "a name is there twice")]


OBJECT_ALONE = ObjectNode((), 0)
