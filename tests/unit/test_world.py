"""What a case means: which value comes back as itself, which as new, and what may come back as several."""

from __future__ import annotations

from typing import Any

import pytest

from generators import Case, Options, seeded_case
from generators.case import Attribute, DictItem, GlobalName, Item, LocalName
from generators.nodes import ConstantNode, DictNode, ListNode, Node, ObjectNode, TensorNode, TupleNode
from oracles.world import ABSENT, GraphValue, Thing, World, comes_back_as_itself, pairs, unpromised

NAN = float("nan")


class Graph:
    """The one value of each proxy."""

    def __init__(self) -> None:
        self.values: dict[int, GraphValue] = {}

    def __call__(self, proxy: int) -> GraphValue:
        return self.values.setdefault(proxy, GraphValue(proxy))


def node(kind: str, source: int | None) -> Node:
    """A node of the kind over node 0, a constant."""
    match kind:
        case "constant":
            return ConstantNode(-0.0, source)
        case "list":
            return ListNode((0, 0), source)
        case "tuple":
            return TupleNode((0,), source)
        case "dict":
            return DictNode(((0, 0),), source)
        case "object":
            return ObjectNode((("x", 0), ("y", 0)), source)
        case "tensor":
            return TensorNode(2, source)
    raise ValueError(kind)


def single(kind: str, source: bool, restore: bool, passes: int = 2, marked: bool = False) -> Case:
    """A case whose node 1 is of the kind, in the local `a` if it has a source."""
    return Case(
        nodes=(ConstantNode("k"), node(kind, 0 if source else None)),
        roots=(1,),
        sources=(LocalName("a"),) if source else (),
        locals=(("a", 1),) if source else (),
        options=Options(passes, restore, (1,) if marked else ()),
    )


ITSELF, NEW = True, False
# kind, has a source, loaded from its source where both are allowed, how it comes back
IDENTITY = [
    ("constant", False, True, ITSELF),
    ("constant", False, False, ITSELF),
    ("constant", True, True, ITSELF),
    ("constant", True, False, ITSELF),
    ("tensor", False, True, ITSELF),
    ("tensor", False, False, ITSELF),
    ("tensor", True, True, ITSELF),
    ("tensor", True, False, ITSELF),
    ("object", True, True, ITSELF),
    ("object", True, False, ITSELF),
    ("list", True, True, ITSELF),
    ("list", True, False, ITSELF),
    ("dict", True, True, ITSELF),
    ("dict", True, False, ITSELF),
    ("tuple", True, True, ITSELF),
    ("tuple", True, False, NEW),
    ("list", False, True, NEW),
    ("list", False, False, NEW),
    ("tuple", False, True, NEW),
    ("tuple", False, False, NEW),
    ("dict", False, True, NEW),
    ("dict", False, False, NEW),
]


@pytest.mark.parametrize(("kind", "source", "restore", "itself"), IDENTITY)
def test_value_comes_back_as_itself_or_as_new(kind: str, source: bool, restore: bool, itself: bool) -> None:
    case = single(kind, source, restore)
    world = World(case, Graph())
    original = world.originals()[1]
    assert comes_back_as_itself(case, case.nodes[1]) is itself
    if itself:
        assert original is world.objects[1]
    else:
        assert original is not world.objects[1]
        assert world.originals()[1] is original  # made once
        assert (world.objects[1] is ABSENT) is not source


@pytest.mark.parametrize(
    ("kind", "value"), [("constant", -0.0), ("list", ["k", "k"]), ("tuple", ("k",)), ("dict", {"k": "k"})]
)
@pytest.mark.parametrize("source", [False, True])
@pytest.mark.parametrize("restore", [False, True])
def test_value_is_what_the_node_says(kind: str, value: object, source: bool, restore: bool) -> None:
    world = World(single(kind, source, restore), Graph())
    assert repr(world.originals()[1]) == repr(value)
    if source:
        assert repr(world.locals["a"]) == repr(value)


def test_object_has_its_attributes_in_order() -> None:
    thing = World(single("object", True, True), Graph()).locals["a"]
    assert type(thing) is Thing
    assert list(vars(thing).items()) == [("x", "k"), ("y", "k")]


def test_constants_keep_their_bits() -> None:
    world = World(Case((ConstantNode(NAN), ConstantNode(True), ConstantNode(1)), (0, 1, 2)), Graph())
    assert world.originals()[0] is NAN
    assert world.originals()[1] is True
    assert type(world.originals()[2]) is int


# --- sharing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "source", "restore", "itself"), IDENTITY)
def test_one_pass_without_a_mark_promises_nothing_for_new_values(
    kind: str, source: bool, restore: bool, itself: bool
) -> None:
    several = [] if itself else [1]
    assert unpromised(single(kind, source, restore, passes=1)) == several
    assert unpromised(single(kind, source, restore, passes=1, marked=True)) == []
    assert unpromised(single(kind, source, restore, passes=2)) == []
    assert unpromised(single(kind, source, restore, passes=2, marked=True)) == []


def test_mark_speaks_for_its_own_node_only() -> None:
    nodes = (ListNode(), ListNode((0,)), ListNode((1,)))
    assert unpromised(Case(nodes, (2,), options=Options(1, True, (1,)))) == [0, 2]


def test_node_named_twice_is_one_object() -> None:
    nodes = (ConstantNode(0), ListNode((0,)), TupleNode((1, 1)), DictNode(((0, 2),)), ListNode((3, 1, 2)))
    originals = World(Case(nodes, (4, 1)), Graph()).originals()
    mapping, shared, pair = originals[4]
    assert pair[0] is pair[1] is shared is originals[1]
    assert mapping[0] is pair


def test_equal_nodes_are_two_objects() -> None:
    originals = World(Case((ListNode(), ListNode(), TupleNode((0, 1))), (2,)), Graph()).originals()
    assert originals[2][0] is not originals[2][1]


# --- existing values ----------------------------------------------------------------------------------

NESTED = Case(
    nodes=(
        ConstantNode("k"),
        ListNode((), source=3),
        TupleNode((1,), source=2),
        DictNode(((0, 2),), source=1),
        ObjectNode((("x", 3), ("y", 1)), source=0),
        TensorNode(1, source=4),
        TupleNode((2, 1, 4, 5)),
        TensorNode(1),
    ),
    roots=(6, 7),
    sources=(LocalName("a"), Attribute(0, "x"), DictItem(1, 0), Item(2, 0), GlobalName("g")),
    locals=(("a", 4),),
    globals=(("g", 5), ("also", 4)),
)


@pytest.mark.parametrize("restore", [True, False])
def test_existing_values_are_inside_each_other(restore: bool) -> None:
    case = Case(
        NESTED.nodes, NESTED.roots, NESTED.sources, NESTED.locals, NESTED.globals, Options(2, restore)
    )
    graph = Graph()
    world = World(case, graph)
    thing = world.locals["a"]
    assert world.globals["also"] is thing
    assert thing.x["k"] is world.objects[2]
    assert thing.x["k"][0] is thing.y is world.objects[1]
    assert world.globals["g"] is graph(1)
    originals = world.originals()
    pair, shared, itself, tensor = originals[6]
    assert shared is thing.y
    assert itself is thing
    assert tensor is originals[7] is graph(1)
    # only a tuple is rebuilt from its contents, and what is in it stays what it was
    assert (pair is thing.x["k"]) is restore
    assert pair[0] is thing.y
    assert originals[3]["k"] is world.objects[2]


def test_originals_leave_the_world_as_it_was() -> None:
    world = World(NESTED, Graph())
    before = list(world.objects)
    world.originals()
    assert all(one is other for one, other in zip(before, world.objects, strict=True))
    assert list(world.locals) == ["a"]
    assert list(world.globals) == ["g", "also"]


def test_graph_value_is_asked_for_by_proxy() -> None:
    asked: list[int] = []

    def value(proxy: int) -> object:
        asked.append(proxy)
        return proxy

    world = World(Case((TensorNode(3), TensorNode(0), TensorNode(3)), (0, 1, 2)), value)
    assert asked == [3, 0, 3]
    assert world.originals() == [3, 0, 3]
    assert world.graph_value is value


def test_new_containers_are_not_there_beforehand() -> None:
    world = World(NESTED, Graph())
    assert [at for at, value in enumerate(world.objects) if value is ABSENT] == [6]
    assert repr(ABSENT) == "<not there beforehand>"


def test_pairs_are_the_existing_objects_of_two_worlds_node_by_node() -> None:
    graph = Graph()
    world, twin = World(NESTED, graph), World(NESTED, graph)
    paired = list(pairs(world, twin))
    assert [(id(mine), id(theirs)) for mine, theirs in paired] == [
        (id(world.objects[at]), id(twin.objects[at])) for at in (1, 2, 3, 4, 5, 7)
    ]
    assert paired[-1][0] is paired[-1][1] is graph(1)


def containers(value: Any, found: dict[int, Any]) -> dict[int, Any]:
    """Every list, dict, object and tuple with something in it that `value` reaches, by id."""
    members: list[Any] = []
    if type(value) in (list, tuple):
        members = list(value)
    elif type(value) is dict:
        members = [*value, *value.values()]
    elif type(value) is Thing:
        members = list(vars(value).values())
    else:
        return found
    if id(value) not in found and value != ():  # the empty tuple is one object everywhere
        found[id(value)] = value
        for member in members:
            containers(member, found)
    return found


def everything(world: World) -> dict[int, Any]:
    roots = [*world.objects, *world.locals.values(), *world.globals.values(), *world.originals()]
    return containers(roots, {})


@pytest.mark.parametrize("case", [NESTED, *(seeded_case(31, index) for index in range(40))])
def test_two_worlds_share_no_container(case: Case) -> None:
    graph = Graph()
    mine, theirs = everything(World(case, graph)), everything(World(case, graph))
    assert not set(mine) & set(theirs)


def test_change_in_one_world_is_not_seen_in_the_other() -> None:
    graph = Graph()
    world, twin = World(NESTED, graph), World(NESTED, graph)
    world.locals["a"].y.append(1)
    del world.locals["a"].x["k"]
    world.globals["new"] = 1
    assert twin.locals["a"].y == []
    assert list(twin.locals["a"].x) == ["k"]
    assert "new" not in twin.globals
    # and both tell what came of their own objects
    assert world.originals()[1] == [1]
    assert twin.originals()[1] == []
