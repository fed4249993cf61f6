"""The rules of single kinds of nodes: each broken once and named by its field, and what is just allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generators import Case, CaseError, check, limits
from generators.case import ClosureCell, Effect, Item, LocalName, Options, SliceItem, Source
from generators.kinds import kind_problems
from generators.links import NODE_KINDS
from generators.nodes import (
    ALIASED,
    FACTORIES,
    STRUCT_SIZES,
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
from generators.rules import problems
from oracles.world import GraphValue, World

K = ConstantNode(1)
T = TensorNode(0)
FEW = limits.FILE_PARAMETERS.high
MANY = limits.FILE_NODES.high
FAR = limits.FILE_RANGE.high


def case(*nodes: Node, root: int | None = None, **fields: Any) -> Case:
    """A case whose last node is its root."""
    return Case(nodes, (len(nodes) - 1 if root is None else root,), **fields)


def bound(*nodes: Node, links: tuple[Source, ...] = (), **fields: Any) -> Case:
    """The same; its nodes with the sources 0, 1, … are the locals `a`, `b`, …; `links` come after them."""
    named = [(node.source, at) for at, node in enumerate(nodes) if node.source is not None]
    few = len({source for source, _ in named}) - len(links)
    named = [(source, at) for source, at in named if source < few]
    names = {source: "abcdefgh"[source] for source, _ in named}
    return case(
        *nodes,
        sources=(*(LocalName(names[source]) for source in sorted(names)), *links),
        locals=tuple((names[source], at) for source, at in named),
        **fields,
    )


def many(count: int) -> tuple[tuple[str, int], ...]:
    return tuple((f"k{at}", 0) for at in range(count))


def test_only_what_is_loaded_from_a_source_is_lazy() -> None:
    nodes = (K, ListNode((), 0))
    for lazy, restore, told in (
        ((1,), True, []),
        ((0,), True, ["options.lazy[0]"]),
        ((1, 1), True, ["options.lazy"]),
        ((1,), False, ["options.value_from_source"]),
        ((7,), True, ["options.lazy[0]"]),
    ):
        wrong = bound(*nodes, options=Options(2, restore, lazy=lazy))
        assert [where for where, _ in problems(wrong)] == told


# the broken case, where, a part of what
BROKEN: dict[str, tuple[Callable[[], Case], str, str]] = {
    "existing set of a tensor": (
        lambda: bound(T, SetNode((0,), 0)),
        *("nodes[1].items", "holds constants only, but a set may hold one object"),
    ),
    "existing frozenset of an object": (
        lambda: bound(ObjectNode((), 0), FrozensetNode((0,), 1)),
        *("nodes[1].items", "an existing frozenset holds constants only"),
    ),
    "existing set of a constant and a tuple of a tensor": (
        lambda: bound(K, TensorNode(0, 0), TupleNode((1,), 1), SetNode((0, 2), 2)),
        *("nodes[3].items", "constants only"),
    ),
    "slice of two": (lambda: case(K, SliceNode((0, 0))), "nodes[1].items", "2 entries"),
    "slice of four": (lambda: case(K, SliceNode((0,) * 4)), "nodes[1].items", "start, stop and step"),
    "slice of nothing": (lambda: case(SliceNode(())), "nodes[0].items", "0 entries"),
    "slice of a tensor": (lambda: case(K, T, SliceNode((0, 1, 0))), "nodes[2].items", "no graph outputs"),
    "slice of a symbolic number": (
        lambda: case(K, SymbolicNode(0), SliceNode((0, 1, 0))),
        *("nodes[2].items", "no graph outputs"),
    ),
    "number of an unknown type": (
        lambda: case(SymbolicNode(0, "complex")),
        *("nodes[0].type", "'complex' is none of int, float, bool"),
    ),
    "one proxy for a number and a tensor": (
        lambda: case(SymbolicNode(1), ArrayNode(1)),
        *("nodes[1].output", "proxy 1 is a int elsewhere, and not a tensor"),
    ),
    "one proxy for two types of numbers": (
        lambda: case(SymbolicNode(1, "bool"), SymbolicNode(1, "float")),
        *("nodes[1].output", "proxy 1 is a bool elsewhere, and not a float"),
    ),
    "slice of an alias of a tensor": (
        lambda: bound(K, TensorNode(0, 0), AliasNode(1, 1), SliceNode((2, 0, 0))),
        *("nodes[3].items", "no graph outputs"),
    ),
    "range of step 0": (lambda: case(RangeNode(0, 1, 0)), "nodes[0].step", "not 0"),
    "range from too far": (lambda: case(RangeNode(-FAR - 1, 1, 1)), "nodes[0].start", "is not in"),
    "range to too far": (lambda: case(RangeNode(0, FAR + 1, 1)), "nodes[0].stop", "is not in"),
    "range by too much": (lambda: case(RangeNode(0, 1, FAR + 1)), "nodes[0].step", str(FAR)),
    "named tuple of four": (lambda: case(K, NamedTupleNode((0,) * 4)), "nodes[1].items", "up to 3 fields"),
    "deque over its limit": (lambda: case(K, DequeNode((0, 0), 1)), "nodes[1].maxlen", "1 is not in 2"),
    "deque of a negative limit": (lambda: case(DequeNode((), -1)), "nodes[0].maxlen", "-1 is not in 0"),
    "deque of a limit too high": (lambda: case(DequeNode((), MANY + 1)), "nodes[0].maxlen", str(MANY)),
    "closure of a constant": (lambda: case(K, FunctionNode((0,))), "nodes[1].closure", "is a constant"),
    "closure of a list": (
        lambda: case(CellNode(), ListNode(), FunctionNode((0, 1))),
        *("nodes[2].closure", "node 1 is a list"),
    ),
    "new function over an existing cell": (
        lambda: bound(
            *(K, CellNode(0, 1), FunctionNode((1,), source=0), FunctionNode((1,))),
            links=(ClosureCell(0, 0),),
        ),
        *("nodes[3].closure", "a new function closes over new cells"),
    ),
    "class of no such name": (
        lambda: case(LibraryNode("Named9")),
        *("nodes[0].name", "'Named9' is none of Thing"),
    ),
    "new module": (lambda: case(LibraryNode("functools")), "nodes[0].source", "a module exists beforehand"),
    "weak reference to a list": (
        lambda: bound(ListNode((), 0), WeakRefNode(0, 1)),
        *("nodes[1].of", "a list is not referred to weakly here"),
    ),
    "alias of a slice": (
        lambda: bound(
            *(TupleNode((), 0), TupleNode((), 2), AliasNode(1, 1)),
            links=(SliceItem(0, None, None, None),),
        ),
        *("nodes[2].of", "node 1 is made by loading"),
    ),
    "function of many cells": (
        lambda: case(CellNode(), FunctionNode((0,) * (FEW + 1))),
        *("nodes[1].closure", f"more than {FEW}"),
    ),
    "function of many defaults": (
        lambda: case(K, FunctionNode((), (0,) * (FEW + 1))),
        *("nodes[1].defaults", f"more than {FEW}"),
    ),
    "function of many keyword defaults": (
        lambda: case(K, FunctionNode((), (), many(FEW + 1))),
        *("nodes[1].keyword_defaults", f"more than {FEW}"),
    ),
    "function of many annotations": (
        lambda: case(K, FunctionNode(annotations=many(FEW + 1))),
        *("nodes[1].annotations", f"more than {FEW}"),
    ),
    "function of many attributes": (
        lambda: case(K, FunctionNode(attributes=many(FEW + 1))),
        *("nodes[1].attributes", f"more than {FEW}"),
    ),
    "partial of a constant": (lambda: case(K, PartialNode(0)), "nodes[1].function", "is a constant, not a"),
    "partial of a partial": (
        lambda: case(FunctionNode(), PartialNode(0), PartialNode(1)),
        *("nodes[2].function", "is a partial, not a function"),
    ),
    "partial of an alias": (
        lambda: bound(FunctionNode(source=0), AliasNode(0, 1), PartialNode(1)),
        *("nodes[2].function", "is a alias, not a function"),
    ),
    "iterator over a set": (
        lambda: case(IteratorNode((), 0, "set")),
        *("nodes[0].over", "'set' is neither 'list' nor 'tuple'"),
    ),
    "existing iterator over a list": (
        lambda: bound(IteratorNode((), 0, "list", 0)),
        *("nodes[0].over", "runs over a tuple"),
    ),
    "iterator past its end": (
        lambda: case(K, IteratorNode((0,), 2)),
        *("nodes[1].position", "2 items taken of 1"),
    ),
    "defaultdict of an unknown factory": (
        lambda: case(DefaultDictNode((), "set")),
        *("nodes[0].factory", "'set' is none of none, list"),
    ),
    "struct sequence of three": (
        lambda: case(K, StructSequenceNode((0,) * 3)),
        *("nodes[1].items", "3 entries; there are classes of 2, 4 fields"),
    ),
    "method of a tuple": (
        lambda: case(TupleNode(), BoundMethodNode(0, "index")),
        *("nodes[1].name", "node 0 is a tuple, which has no method that is known"),
    ),
    "method that there is not": (
        lambda: case(ListNode(), BoundMethodNode(0, "get")),
        *("nodes[1].name", "which has the methods append, index"),
    ),
    "method that an attribute hides": (
        lambda: bound(K, ObjectNode((("method", 0),), 0), BoundMethodNode(1, "method")),
        *("nodes[2].name", "hides the method"),
    ),
    "method that an attribute hides later": (
        lambda: bound(
            K,
            ObjectNode((), 0),
            BoundMethodNode(1, "other"),
            effects=(Effect("set_attribute", 1, name="other", value=0),),
        ),
        *("nodes[2].name", "hides the method"),
    ),
    "generator with a source": (
        lambda: bound(GeneratorNode((), 0)),
        *("nodes[0].source", "a generator has no source"),
    ),
    "generator of a new function": (
        lambda: case(FunctionNode(), GeneratorNode((), None, 0)),
        *("nodes[1].function", "node 0 is no existing function"),
    ),
    "generator of a list": (
        lambda: bound(ListNode((), 0), GeneratorNode((), None, 0)),
        *("nodes[1].function", "node 0 is no existing function"),
    ),
    "context manager of an unknown class": (
        lambda: case(ContextManagerNode("lock")),
        *("nodes[0].name", "'lock' is none of null, mode"),
    ),
    "context manager of too many arguments": (
        lambda: case(ConstantNode(True), ContextManagerNode("null", (0,))),
        *("nodes[1].arguments", "1 entries; 'null' takes 0"),
    ),
    "context manager of a number": (
        lambda: case(K, ContextManagerNode("mode", (0,))),
        *("nodes[1].arguments", "node 0 is neither True nor False"),
    ),
    "module of an object": (
        lambda: bound(ObjectNode((), 0), ModuleNode((("x", 0),), 1)),
        *("nodes[1].attributes.x", "node 0 is a object, not a module"),
    ),
    "alias of a new tuple": (
        lambda: bound(K, TupleNode((0,)), AliasNode(1, 0)),
        *("nodes[2].of", "has no source"),
    ),
    "alias of an alias": (
        lambda: bound(TupleNode((), 0), AliasNode(0, 1), AliasNode(1, 2)),
        *("nodes[2].of", "node 1 is a alias, of which there is one tracker only"),
    ),
    "cell in a list": (lambda: case(CellNode(), ListNode((0,))), "nodes[1]", "names cell 0"),
    "cell as a dict's value": (lambda: case(K, CellNode(), DictNode(((0, 1),))), "nodes[2]", "names cell 1"),
    "cell in a cell": (
        lambda: case(CellNode(1), CellNode(), FunctionNode((0, 1))),
        *("nodes[0]", "only a function's closure names a cell"),
    ),
    "cell as a default": (lambda: case(CellNode(), FunctionNode((0,), (0,))), "nodes[1]", "names cell 0"),
    "cell as a keyword default": (
        lambda: case(CellNode(), FunctionNode((0,), (), (("x", 0),))),
        *("nodes[1]", "names cell 0"),
    ),
    "cell as an annotation": (
        lambda: case(CellNode(), FunctionNode((0,), annotations=(("x", 0),))),
        *("nodes[1]", "names cell 0"),
    ),
    "cell as an attribute": (
        lambda: case(CellNode(), FunctionNode((0,), attributes=(("x", 0),))),
        *("nodes[1]", "names cell 0"),
    ),
    "cell as a docstring": (
        lambda: case(CellNode(), FunctionNode((0,), doc=0)),
        *("nodes[1]", "names cell 0"),
    ),
    "cell as an argument": (
        lambda: case(CellNode(), FunctionNode(), PartialNode(1, (0,))),
        *("nodes[2]", "names cell 0"),
    ),
    "cell as a root": (lambda: case(CellNode()), "roots[0]", "is no value"),
    "cell as a local": (lambda: case(CellNode(), K, locals=(("a", 0),)), "locals.a", "node 0 is a cell"),
    "cell as a global": (lambda: case(CellNode(), K, globals=(("g", 0),)), "globals.g", "node 0 is a cell"),
    "cell as a stored value": (
        lambda: bound(CellNode(), ListNode((), 0), effects=(Effect("append", 1, value=0),)),
        *("effects[0]", "node 0 is a cell"),
    ),
    "cell as a changed object": (
        lambda: bound(CellNode(), ListNode((), 0), effects=(Effect("clear", 0),)),
        *("effects[0]", "node 0 is a cell"),
    ),
    "cell as a key": (
        lambda: bound(CellNode(), DictNode((), 0), effects=(Effect("delete_key", 1, key=0),)),
        *("effects[0]", "node 0 is a cell"),
    ),
}
ONE_TRACKER = sorted(
    kind.kind for kind in set(NODE_KINDS.values()) - ALIASED - {CellNode, AliasNode, GeneratorNode}
)


def sample(kind: str, source: int | None) -> Node:
    """A node of the kind over nodes 0 (a constant) and 1 (an existing function, of which it needs one)."""
    made: dict[str, Callable[[], Node]] = {
        "constant": lambda: ConstantNode(2, source),
        "slice": lambda: SliceNode((0, 0, 0), source),
        "range": lambda: RangeNode(0, 1, 1, source),
        "partial": lambda: PartialNode(1, (), (), source),
        "iterator": lambda: IteratorNode((), 0, "tuple", source),
        "tensor": lambda: TensorNode(0, source),
        "structseq": lambda: StructSequenceNode((0, 0), source),
        "bound_method": lambda: BoundMethodNode(2, "append", source),
        "context_manager": lambda: ContextManagerNode("null", (), source),
        "symbolic": lambda: SymbolicNode(0, "int", source),
        "ndarray": lambda: ArrayNode(0, source),
        "number": lambda: NumberNode(0, True, source),
        "library": lambda: LibraryNode("Thing", source),
        "weakref": lambda: WeakRefNode(1, source),
        "made": lambda: MadeNode("keys", (3,), source),
        "instance": lambda: InstanceNode("SubList", source=source),
        "tensor_subclass": lambda: SubclassNode(0, source),
    }
    return made[kind]() if kind in made else NODE_KINDS[kind](source=source)


@pytest.mark.parametrize(("broken", "where", "what"), BROKEN.values(), ids=BROKEN)
def test_one_rule_is_broken(broken: Callable[[], Case], where: str, what: str) -> None:
    wrong = broken()
    assert [place for place, _ in kind_problems(wrong)] == [where]
    found = list(problems(wrong))
    assert [place for place, _ in found] == [where]
    assert what in found[0][1]
    with pytest.raises(CaseError) as caught:
        check(wrong)
    assert (caught.value.where, caught.value.what) == found[0]


@pytest.mark.parametrize("kind", ONE_TRACKER)
def test_a_kind_with_one_tracker_has_no_alias(kind: str) -> None:
    values = (FunctionNode(source=0), ListNode((), 1), DictNode((), 2))
    wrong = bound(K, *values, sample(kind, 3), AliasNode(4, 4))
    assert list(problems(wrong)) == [
        ("nodes[5].of", f"node 4 is a {kind}, of which there is one tracker only")
    ]


@pytest.mark.parametrize("kind", sorted(kind.kind for kind in ALIASED))
def test_a_kind_with_several_trackers_has_an_alias(kind: str) -> None:
    right = bound(K, FunctionNode(source=0), sample(kind, 1), AliasNode(2, 2))
    assert list(problems(right)) == []
    world = World(right, GraphValue)
    assert world.objects[3] is world.objects[2] is world.locals["b"] is world.locals["c"]
    if kind != "constant":
        wrong = bound(K, FunctionNode(source=0), sample(kind, None), AliasNode(2, 1))
        told = [("nodes[3].of", "node 2 has no source and so does not exist beforehand")]
        assert list(problems(wrong)) == told


def test_every_problem_of_the_kinds_is_told() -> None:
    wrong = case(RangeNode(FAR + 1, 0, 0), SliceNode((0,)), CellNode(), ListNode((2, 2)), root=2)
    assert [place for place, _ in problems(wrong)] == [
        *("nodes[0].step", "nodes[0].start", "nodes[1].items", "nodes[3]", "roots[0]")
    ]


ALLOWED: dict[str, Callable[[], Case]] = {
    "new set of tensors and objects": lambda: bound(T, ObjectNode((), 0), K, SetNode((0, 1, 2))),
    "new frozenset of a tuple of a tensor": lambda: case(T, TupleNode((0,)), FrozensetNode((1,))),
    "existing set of constants": lambda: bound(
        K, ConstantNode("a"), TupleNode((0,), 0), FrozensetNode((0,), 1), SetNode((1, 2, 3), 2)
    ),
    "empty sets": lambda: bound(SetNode(), FrozensetNode(), SetNode((), 0), FrozensetNode((), 1)),
    "slice of lists": lambda: case(K, ListNode((0,)), SliceNode((1, 1, 0))),
    "farthest range": lambda: case(RangeNode(-FAR, FAR, FAR)),
    "range downwards": lambda: case(RangeNode(5, -5, -1)),
    "named tuples of every length": lambda: case(
        K, *(NamedTupleNode((0,) * count) for count in range(4)), TupleNode((1, 2, 3, 4))
    ),
    "deque of no items at all": lambda: case(DequeNode((), 0)),
    "full deque": lambda: case(K, DequeNode((0, 0), 2)),
    "deque of the highest limit": lambda: case(DequeNode((), MANY)),
    "cell in two closures, and twice in one": lambda: case(
        K, CellNode(0), FunctionNode((1, 1)), FunctionNode((1,)), TupleNode((2, 3))
    ),
    "cell that holds its function": lambda: case(CellNode(1), FunctionNode((0,))),
    "cell that no closure names": lambda: case(CellNode(), K),
    "function of the most parameters": lambda: case(
        K, CellNode(0), FunctionNode((1,) * FEW, (0,) * FEW, many(FEW))
    ),
    "existing function with all that is set on one": lambda: bound(
        K, FunctionNode((), (), (), 0, (("x", 0),), (("y", 0),), 0)
    ),
    "existing function with defaults": lambda: bound(K, FunctionNode((), (0,), (("x", 0),), 0)),
    "partial of an existing function": lambda: bound(K, FunctionNode(source=0), PartialNode(1, (0,))),
    "existing partial": lambda: bound(K, FunctionNode(source=0), PartialNode(1, (0,), (("x", 0),), 1)),
    "iterator at its end": lambda: case(K, IteratorNode((0, 0), 2, "tuple")),
    "iterator over nothing": lambda: case(IteratorNode()),
    "existing iterator": lambda: bound(K, IteratorNode((0,), 1, "tuple", 0)),
    "alias of a constant without a source": lambda: bound(K, AliasNode(0, 0)),
    "alias inside what exists": lambda: case(
        TupleNode((), 0),
        AliasNode(0, 2),
        ListNode((1,), 1),
        sources=(LocalName("a"), LocalName("b"), Item(1, 0)),
        locals=(("a", 0), ("b", 2)),
    ),
    "defaultdicts of every factory": lambda: case(
        K, *(DefaultDictNode(((0, 0),), factory) for factory in FACTORIES), TupleNode((1, 2, 3, 4, 5))
    ),
    "struct sequences of every size": lambda: case(
        K, *(StructSequenceNode((0,) * size) for size in STRUCT_SIZES), TupleNode((1, 2))
    ),
    "methods of all that has one": lambda: bound(
        *(ObjectNode((("x", 1),), 0), K, ListNode(), DictNode(), SetNode((), 1), DequeNode()),
        *(BoundMethodNode(0, "method"), BoundMethodNode(0, "other"), BoundMethodNode(2, "append")),
        *(BoundMethodNode(3, "get"), BoundMethodNode(4, "add"), BoundMethodNode(5, "extend")),
        *(BoundMethodNode(0, "method", 2), ListNode(tuple(range(6, 13)))),
    ),
    "method of an object that another attribute is set on": lambda: bound(
        K,
        ObjectNode((), 0),
        BoundMethodNode(1, "other"),
        effects=(Effect("set_attribute", 1, name="x", value=0),),
    ),
    "generators": lambda: bound(
        *(K, FunctionNode(source=0), GeneratorNode((0,), None, 1), GeneratorNode((0,), None, None, True)),
        TupleNode((2, 3)),
    ),
    "context managers": lambda: bound(
        *(ConstantNode(False), ContextManagerNode("null"), ContextManagerNode("mode", (0,))),
        *(ContextManagerNode("null", (), 0), ListNode((1, 2, 3))),
    ),
    "modules in modules": lambda: bound(
        *(ModuleNode((), 0), ModuleNode((("x", 0), ("y", 0)), 1), ModuleNode((("x", 1),), 2, True))
    ),
    "objects and ordered dicts hold themselves": lambda: bound(
        K, ObjectNode((("x", 1),), 0), OrderedDictNode(((0, 2),))
    ),
}


@pytest.mark.parametrize("allowed", ALLOWED.values(), ids=ALLOWED)
def test_what_is_just_allowed_can_be_made_real(allowed: Callable[[], Case]) -> None:
    right = allowed()
    assert list(problems(right)) == []
    assert len(World(right, GraphValue).originals()) == len(right.nodes)
