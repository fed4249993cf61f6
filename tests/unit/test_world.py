"""What a case means: which value comes back as itself, which as new, and what may come back as several."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from types import CellType, FunctionType
from typing import Any

import pytest

from generators import Case, Options, check, seeded_case
from generators.case import (
    Attribute,
    CellName,
    ClosureCell,
    DictItem,
    Effect,
    FreeName,
    GlobalName,
    Item,
    LocalName,
    SliceItem,
    Source,
    WeakRefCall,
)
from generators.links import NODE_KINDS
from generators.nodes import (
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
from oracles.graph_values import AsTensor, StandIns, memory_of, symbolic_value
from oracles.making import FACTORIES, NAMED_TUPLES, Classes, Common, Thing, code_of, code_of_node
from oracles.world import (
    ABSENT,
    World,
    comes_back_as_itself,
    may_be_refused,
    must_be_refused,
    pairs,
    unpromised,
)

NAN = float("nan")


Graph = StandIns
"""The one value of each proxy."""


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
        case "symbolic":
            return SymbolicNode(2, "float", source)
        case "ndarray":
            return ArrayNode(2, source)
        case "number":
            return NumberNode(2, True, source)
        case "library":
            return LibraryNode("Thing", source)
        case "tensor_subclass":
            return SubclassNode(2, source)
        case "set":
            return SetNode((0,), source)
        case "frozenset":
            return FrozensetNode((0,), source)
        case "slice":
            return SliceNode((0, 0, 0), source)
        case "range":
            return RangeNode(0, 3, 1, source)
        case "named_tuple":
            return NamedTupleNode((0,), source)
        case "ordered_dict":
            return OrderedDictNode(((0, 0),), source)
        case "deque":
            return DequeNode((0, 0), 5, source)
        case "function":
            return FunctionNode((), (0,), (), source)
        case "iterator":
            return IteratorNode((0, 0), 1, "tuple", source)
        case "defaultdict":
            return DefaultDictNode(((0, 0),), "list", source)
        case "structseq":
            return StructSequenceNode((0, 0), source)
        case "generator":
            return GeneratorNode((0,), source)
        case "context_manager":
            return ContextManagerNode("null", (), source)
        case "instance":
            return InstanceNode("SubList", (0,), (), (("x", 0),), source)
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
    *(
        (kind, source, restore, ITSELF)
        for kind in ("symbolic", "number", "library")
        for source in (True, False)
        for restore in (True, False)
    ),
    *(
        (kind, source, restore, source and restore)
        for kind in ("ndarray", "tensor_subclass")
        for source in (True, False)
        for restore in (True, False)
    ),
    ("object", True, True, ITSELF),
    ("object", True, False, ITSELF),
    ("list", True, True, ITSELF),
    ("list", True, False, ITSELF),
    ("dict", True, True, ITSELF),
    ("dict", True, False, ITSELF),
    ("tuple", True, True, ITSELF),
    ("tuple", True, False, NEW),
    *(
        (kind, True, restore, ITSELF)
        for kind in (
            *("set", "deque", "iterator", "ordered_dict", "defaultdict", "function", "context_manager"),
            "instance",
        )
        for restore in (True, False)
    ),
    *(
        (kind, True, restore, ITSELF if restore else NEW)
        for kind in ("frozenset", "slice", "range", "named_tuple", "structseq")
        for restore in (True, False)
    ),
    *(
        (kind, False, restore, NEW)
        for kind in ("set", "frozenset", "slice", "range", "named_tuple", "ordered_dict", "deque")
        for restore in (True, False)
    ),
    *((kind, False, restore, NEW) for kind in ("function", "iterator") for restore in (True, False)),
    *(
        (kind, False, True, NEW)
        for kind in ("defaultdict", "structseq", "generator", "context_manager", "instance")
    ),
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
        assert original is not ABSENT
    else:
        assert original is not world.objects[1]
        assert world.originals()[1] is original  # made once
        assert (world.objects[1] is ABSENT) is not source


def test_every_kind_has_its_identity_in_the_table() -> None:
    others = {"cell", "partial", "alias", "bound_method", "module", "weakref", "made"}
    assert {kind for kind, *_ in IDENTITY} == set(NODE_KINDS) - others


@pytest.mark.parametrize("restore", [True, False])
def test_an_existing_partial_comes_back_as_itself_where_values_are_loaded(restore: bool) -> None:
    nodes = (ConstantNode("k"), FunctionNode(source=1), PartialNode(1, (0,), (("x", 0),), 0))
    case = check(
        Case(nodes, (2,), (LocalName("p"), Attribute(0, "func")), (("p", 2),), (), Options(2, restore))
    )
    world = World(case, Graph())
    found = world.originals()[2]
    assert (found is world.objects[2]) is restore is comes_back_as_itself(case, nodes[2])
    assert (found.args, found.keywords) == (("k",), {"x": "k"})
    assert found.func is world.objects[1] is world.locals["p"].func


# a node over nodes that stand before it, whether its value is loaded, and whether an alias is the same object
ALIASES: list[tuple[Node, bool, bool]] = [
    *((kind, True, ITSELF) for kind in (TupleNode((0,), 0), RangeNode(0, 1, 1, 0), FrozensetNode((0,), 0))),
    *((kind, False, NEW) for kind in (TupleNode((0,), 0), RangeNode(0, 1, 1, 0), FrozensetNode((0,), 0))),
    *((SliceNode((0, 0, 0), 0), restore, restore) for restore in (True, False)),
    *((FunctionNode((), (0,), (), 0), restore, ITSELF) for restore in (True, False)),
    *((TensorNode(1, 0), restore, ITSELF) for restore in (True, False)),
    *((ConstantNode(NAN, 0), restore, ITSELF) for restore in (True, False)),
]


@pytest.mark.parametrize(
    ("aliased", "restore", "same"), ALIASES, ids=[f"{node.kind}-{restore}" for node, restore, _ in ALIASES]
)
def test_an_alias_is_the_same_object_in_the_world(aliased: Node, restore: bool, same: bool) -> None:
    nodes = (ConstantNode("k"), aliased, AliasNode(1, 1))
    case = Case(
        nodes,
        (1, 2),
        (LocalName("a"), GlobalName("g")),
        (("a", 1),),
        (("g", 2),),
        Options(2, restore),
    )
    world = World(check(case), Graph())
    assert world.locals["a"] is world.globals["g"] is world.objects[1] is world.objects[2]
    first, second = world.originals()[1:]
    assert (first is second) is same
    assert (second is world.objects[2]) is same is comes_back_as_itself(case, nodes[2])
    assert type(second) is type(first)
    assert repr(first) == repr(second)


def test_an_alias_inside_what_exists() -> None:
    nodes = (TupleNode((), 0), AliasNode(0, 2), ListNode((1,), 1), TupleNode((0, 1)))
    case = Case(nodes, (3,), (LocalName("a"), LocalName("b"), Item(1, 0)), (("a", 0), ("b", 2)))
    world = World(check(case), Graph())
    assert world.locals["b"][0] is world.locals["a"]
    assert world.originals()[3] == ((), ())


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("constant", -0.0), ("list", ["k", "k"]), ("tuple", ("k",)), ("dict", {"k": "k"})),
        *(("set", {"k"}), ("frozenset", frozenset("k")), ("slice", slice("k", "k", "k"))),
        *(("range", range(3)), ("ordered_dict", OrderedDict(k="k")), ("deque", deque("kk", 5))),
        ("named_tuple", NAMED_TUPLES[1]("k")),
    ],
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


def test_a_symbolic_number_is_its_output_and_a_float_is_one_as_a_tensor_too() -> None:
    case = Case((SymbolicNode(4, "int"), SymbolicNode(8, "float"), SymbolicNode(10, "bool")), (0, 1, 2))
    world = World(case, Graph())
    values = [world.graph_output(proxy) for proxy in (4, 8, 10)]
    assert [repr(value) for value in values] == ["-1", "-0.0", "True"]
    assert [repr(value) for value in world.originals()] == ["-1", "-0.0", "True"]
    tensor: Any = world.graph_output(AsTensor(8))
    assert repr(tensor.item()) == "-0.0"
    assert world.graph_output(AsTensor(8)) is tensor
    assert symbolic_value(9, "float") == 1.125


def test_nodes_of_one_tensor_are_its_number_itself_and_each_a_new_object_over_it() -> None:
    nodes = (TensorNode(1), NumberNode(1), NumberNode(1, False), ArrayNode(1), ArrayNode(1), SubclassNode(1))
    world = World(Case((*nodes, NumberNode(2)), tuple(range(7))), Graph())
    tensor, number, wrapped, one, other, subclass, whole = world.originals()
    assert (number, type(number)) == (1, int)
    assert (whole, type(whole)) == (2.0, float)
    assert wrapped is tensor is world.graph_output(1)
    assert len({id(value) for value in (tensor, one, other, subclass)}) == 4
    assert memory_of(one) == memory_of(other) == memory_of(subclass) == (id(tensor),)
    assert memory_of(tensor) is None


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


ONE_EVERYWHERE = {id(()), id(frozenset()), id(Common.shared)}
"""Objects of the interpreter, and what a class of ours has: a class is the same in all worlds, and no effect
changes it."""


def containers(value: Any, found: dict[int, Any]) -> dict[int, Any]:
    """All that `value` reaches by id, but for atoms and what is in iterators."""
    members: list[Any] = []
    if type(value) in (list, tuple, set, frozenset, deque, *NAMED_TUPLES):
        members = list(value)
    elif type(value) is slice:
        members = [value.start, value.stop, value.step]
    elif type(value) in (dict, OrderedDict):
        members = [*value, *value.values()]
    elif type(value) is FunctionType:
        members = [value.__defaults__, value.__kwdefaults__, value.__closure__]
    elif type(value) is CellType:
        members = [] if value == CellType() else [value.cell_contents]
    elif type(value) is partial:
        members = [value.func, value.args, value.keywords]
    elif type(value) in (range, type(iter([])), type(iter(()))):
        members = []
    elif type(value) is Thing:
        members = list(vars(value).values())
    else:
        return found
    if id(value) not in found and id(value) not in ONE_EVERYWHERE:
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


# --- what each kind is made real as -------------------------------------------------------------------

K, L = ConstantNode("k"), ConstantNode("l")


def made(*nodes: Node, **fields: Any) -> list[Any]:
    """What the emitted code has to give for each node of a well-formed case."""
    roots = tuple(at for at, node in enumerate(nodes) if not isinstance(node, CellNode))
    return World(check(Case(nodes, roots, **fields)), Graph()).originals()


# the nodes; how the value at 0 leads back to itself
CYCLES: dict[str, tuple[tuple[Node, ...], Callable[[Any], Any]]] = {
    "list": ((ListNode((0, 1)), K), lambda value: value[0]),
    "dict": ((DictNode(((1, 0),)), K), lambda value: value["k"]),
    "ordered_dict": ((OrderedDictNode(((1, 0),)), K), lambda value: value["k"]),
    "deque": ((DequeNode((1, 0), 2), K), lambda value: value[1]),
    "cell": ((CellNode(1), FunctionNode((0,))), lambda value: value.cell_contents.__closure__[0]),
    "object": ((ObjectNode((("x", 0),), 0),), lambda value: value.x),
    "list through a tuple": ((ListNode((1, 1)), TupleNode((0,))), lambda value: value[1][0]),
    "list through all": (
        (
            *(ListNode((9,)), K, DictNode(((1, 0),)), OrderedDictNode(((1, 2),)), DequeNode((3,))),
            *(SliceNode((4, 1, 1)), NamedTupleNode((5,)), CellNode(6), FunctionNode((7,), (6,))),
            PartialNode(8, (), (("y", 8),)),
        ),
        lambda value: value[0].keywords["y"].__closure__[0].cell_contents.x.start[0]["k"]["k"],
    ),
    "defaultdict": ((DefaultDictNode(((1, 0),), "int"), K), lambda value: value["k"]),
    "instance": ((InstanceNode("SubList", (0, 1)), K), lambda value: value[0]),
    "instance by attribute": ((InstanceNode("Slotted", attributes=(("y", 0),)),), lambda value: value.y),
    "instance by value": ((InstanceNode("SubOrderedDict", (), ((1, 0),)), K), lambda value: value["k"]),
    "list through an instance": ((ListNode((1,)), InstanceNode("SubTuple", (0,))), lambda value: value[0][0]),
    "list through a struct sequence": (
        (ListNode((1,)), StructSequenceNode((0, 0))),
        lambda value: value[0][1],
    ),
    "list through its method": (
        (ListNode((1,)), BoundMethodNode(0, "append")),
        lambda value: value[0].__self__,
    ),
    "list through a generator": ((ListNode((1,)), GeneratorNode((0,))), lambda value: next(value[0])),
    "list through an iterator": ((ListNode((1,)), IteratorNode((0,))), lambda value: next(value[0])),
    "list through an element": (
        (ListNode((2,)), FunctionNode((), (0,)), DictNode(((3, 1),)), K),
        lambda value: value[0]["k"].__defaults__[0],
    ),
}


@pytest.mark.parametrize(("nodes", "back"), CYCLES.values(), ids=CYCLES)
def test_cycles_are_closed(nodes: tuple[Node, ...], back: Callable[[Any], Any]) -> None:
    existing: dict[str, Any] = {"sources": (LocalName("a"),), "locals": (("a", 0),)}
    value = made(*nodes, **(existing if nodes[0].source == 0 else {}))[0]
    assert back(value) is value


def test_every_kind_that_is_filled_is_in_a_cycle() -> None:
    assert {kind.kind for kind in FILLED} <= set(CYCLES)


def test_an_existing_cycle_is_another_one_in_each_world() -> None:
    nodes = (ListNode((1,), 0), DequeNode((0,), None, 1))
    case = check(Case(nodes, (0,), (LocalName("a"), Item(0, 0)), (("a", 0),)))
    world, twin = World(case, Graph()), World(case, Graph())
    for one in (world, twin):
        assert one.locals["a"][0][0] is one.locals["a"] is one.originals()[0]
    assert world.locals["a"] is not twin.locals["a"]


def test_a_node_is_one_object_in_every_place() -> None:
    shared, values = (
        2,
        made(
            *(K, L, ListNode((0,)), TupleNode((2,)), DictNode(((0, 2),)), OrderedDictNode(((0, 2),))),
            *(DequeNode((2, 2)), SliceNode((2, 2, 2)), NamedTupleNode((2, 2))),
            *(CellNode(2), FunctionNode((9, 9), (2,), (("x", 2),)), FunctionNode((9,))),
            *(PartialNode(10, (2,), (("y", 2),)), IteratorNode((2,)), SetNode((0, 1)), FrozensetNode((0,))),
        ),
    )
    function, other, part = values[10:13]
    places = [
        *(values[3][0], values[4]["k"], values[5]["k"], *values[6], values[7].start, values[7].stop),
        *(values[7].step, *values[8], values[9].cell_contents, function.__defaults__[0]),
        *(function.__kwdefaults__["x"], part.args[0], part.keywords["y"], next(values[13])),
    ]
    assert len(places) == 16
    assert all(place is values[shared] for place in places)
    assert function.__closure__ == (values[9], values[9])
    assert function.__closure__[0] is function.__closure__[1] is other.__closure__[0] is values[9]
    assert part.func is function


def test_a_set_holds_the_object_of_each_element() -> None:
    graph = Graph()
    nodes = (TensorNode(3), TupleNode((0,)), SetNode((0, 1)), FrozensetNode((1,)))
    values = World(check(Case(nodes, (2, 3))), graph).originals()
    assert {id(element) for element in values[2]} == {id(graph(3)), id(values[1])}
    assert next(iter(values[3])) is values[1]


@pytest.mark.parametrize("over", ["list", "tuple"])
@pytest.mark.parametrize("position", [0, 1, 2, 3])
def test_an_iterator_stands_at_its_position(over: str, position: int) -> None:
    *_, iterator = made(K, L, ListNode(), IteratorNode((0, 1, 2), position, over))
    assert type(iterator) is type(iter([] if over == "list" else ()))
    assert list(iterator) == ["k", "l", []][position:]


def test_an_iterator_is_not_moved_by_the_world() -> None:
    nodes = (K, IteratorNode((0, 0, 0), 1, "tuple", 0))
    world = World(check(Case(nodes, (1, 1), (LocalName("a"),), (("a", 1),))), Graph())
    assert world.originals()[1] is world.locals["a"]
    assert list(world.locals["a"]) == ["k", "k"]


def test_functions_give_back_their_parameters_and_cells() -> None:
    *_, plain, function, part = made(
        *(K, L, ListNode(), CellNode(2), CellNode(1)),
        FunctionNode(),
        FunctionNode((3, 4, 3), (0, 2), (("x", 1), ("y", 2))),
        PartialNode(6, (1,), (("y", 0),)),
    )
    held = function.__defaults__[1]
    assert plain() == ()
    assert function() == ("k", held, "l", held, held, "l", held)
    assert function()[3] is function()[4] is function()[6] is held
    assert function(1, 2, y=4) == (1, 2, "l", 4, held, "l", held)
    assert function("a") == ("a", held, "l", held, held, "l", held)
    assert part() == ("l", held, "l", "k", held, "l", held)
    assert part(5, x=6) == ("l", 5, 6, "k", held, "l", held)
    with pytest.raises(TypeError):
        function(1, 2, 3)


def bound_to(*nodes: Node, **fields: Any) -> World:
    """The world of a case whose nodes at the sources 0, 1, … are the locals `a`, `b`, …."""
    there = [(node.source, at) for at, node in enumerate(nodes) if node.source is not None]
    return World(
        check(
            Case(
                nodes,
                (len(nodes) - 1,),
                tuple(LocalName("abcd"[at]) for at in range(len(there))),
                tuple(("abcd"[source], at) for source, at in there),
                **fields,
            )
        ),
        Graph(),
    )


def test_a_method_is_bound_anew_to_the_object_that_there_is() -> None:
    world = bound_to(ObjectNode((), 0), BoundMethodNode(0, "other"), BoundMethodNode(0, "other", 1))
    anew, there = world.originals()[1:]
    assert anew.__self__ is there.__self__ is world.locals["a"]
    assert anew.__func__ is there.__func__ is Thing.other
    assert there is world.locals["b"] is not anew
    assert world.objects[1] is ABSENT


def test_a_module_comes_back_as_itself_whatever_is_asked() -> None:
    for restore in (True, False):
        for by_key in (True, False):
            nodes = (ModuleNode((), 0), ModuleNode((("x", 0),), 1, by_key))
            world = bound_to(*nodes, options=Options(2, restore))
            assert world.originals()[1] is world.locals["b"]
            assert world.locals["b"].x is world.locals["a"] is world.originals()[0]


def test_a_target_names_the_classes() -> None:
    class Pair(tuple[Any, ...]): ...

    class Manager:
        def __init__(self, mode: bool) -> None:
            self.mode = mode

    classes = Classes(structs={2: Pair}, managers={"mode": Manager}, module=Thing)
    nodes = (ConstantNode(True), StructSequenceNode((0, 0)), ContextManagerNode("mode", (0,)))
    case = Case((*nodes, ModuleNode((), 0)), (1, 2, 3), (LocalName("m"),), (("m", 3),))
    _, pair, manager, module = World(check(case), Graph(), classes).originals()
    assert (type(pair), pair, type(manager), manager.mode, type(module)) == (
        *(Pair, (True, True), Manager, True, Thing),
    )


def test_a_drained_generator_is_an_iterator_over_what_it_had() -> None:
    *_, generator = made(K, L, GeneratorNode((0, 1)))
    assert type(generator) is type(iter(()))
    assert list(generator) == ["k", "l"]


@pytest.mark.parametrize("name", FACTORIES)
def test_defaultdicts_have_their_factory(name: str) -> None:
    _, value = made(K, DefaultDictNode(((0, 0),), name))
    assert (value, value.default_factory) == ({"k": "k"}, FACTORIES[name])


def test_an_empty_cell_is_empty() -> None:
    _, function = made(CellNode(), FunctionNode((0,)))
    assert function.__closure__ == (CellType(),)
    with pytest.raises(NameError):
        function()


def test_a_function_without_defaults_has_none() -> None:
    (plain,) = made(FunctionNode())
    assert (plain.__defaults__, plain.__kwdefaults__) == (None, None)
    assert not plain.__closure__


def test_what_is_set_on_a_function_is_there() -> None:
    _, _, held, function = made(
        *(K, L, ListNode()), FunctionNode((), (), (), None, (("x", 2), ("y", 0)), (("z", 2), ("x", 1)), 2)
    )
    assert list(function.__annotations__.items()) == [("x", held), ("y", "k")]
    assert list(vars(function).items()) == [("z", held), ("x", "l")]
    assert function.__annotations__["x"] is vars(function)["z"] is function.__doc__ is held
    assert function.__code__ is code_of_node(FunctionNode())


def test_functions_of_one_shape_have_one_code_object() -> None:
    values = made(
        *(
            K,
            CellNode(0),
            CellNode(),
            FunctionNode((1,), (0,), (("x", 0),)),
            L,
            FunctionNode((2,), (4,), (("x", 4),)),
        ),
        *(
            FunctionNode((1, 2), (0,), (("x", 0),)),
            FunctionNode((1,), (), (("x", 0),)),
            FunctionNode((1,), (0,)),
        ),
        FunctionNode((1,), (0,), (("y", 0),)),
    )
    assert values[3].__code__ is values[5].__code__ is code_of(1, ("x",), 1)
    functions = [value for value in values if isinstance(value, FunctionType)]
    assert len({id(function.__code__) for function in functions}) == len(functions) - 1
    assert code_of_node(FunctionNode()) is code_of(0, (), 0)


def test_functions_live_in_the_globals_of_their_world() -> None:
    nodes = (FunctionNode(source=0), FunctionNode(), ListNode((), 1))
    case = check(Case(nodes, (0, 1), (LocalName("f"), GlobalName("g")), (("f", 0),), (("g", 2),)))
    world = World(case, Graph())
    assert world.locals["f"].__globals__ is world.originals()[1].__globals__ is world.globals


def test_named_tuples_are_of_the_class_with_as_many_fields() -> None:
    _, *values = made(K, *(NamedTupleNode((0,) * count) for count in range(4)))
    assert [type(value) for value in values] == list(NAMED_TUPLES)
    assert [value._fields for value in values] == [(), ("x",), ("x", "y"), ("x", "y", "z")]


def test_order_and_limits_are_kept() -> None:
    *_, ordered, limited, free, steps = made(
        *(K, L, OrderedDictNode(((1, 0), (0, 1))), DequeNode((1, 0), 2), DequeNode((0,))),
        RangeNode(5, -5, -3),
    )
    assert list(ordered.items()) == [("l", "k"), ("k", "l")]
    assert (limited, limited.maxlen, free.maxlen) == (deque("lk"), 2, None)
    assert steps == range(5, -5, -3)


# --- what a codegen may refuse ------------------------------------------------------------------------


def rebuilt(*nodes: Node, roots: tuple[int, ...], restore: bool = False) -> Case:
    """A case whose nodes at the sources 0, 1, … are locals."""
    bound = tuple((f"a{node.source}", at) for at, node in enumerate(nodes) if node.source is not None)
    sources = tuple(LocalName(f"a{at}") for at in range(len(bound)))
    return check(Case(nodes, roots, sources, bound, (), Options(2, restore)))


@pytest.mark.parametrize(
    ("nodes", "refused"),
    [
        ((ListNode((1,)), TupleNode((0,))), True),
        ((ListNode((1,)), IteratorNode((0,))), True),
        ((DictNode(((1, 2),)), K, NamedTupleNode((0,))), True),
        ((ListNode((0,)),), False),
        ((ListNode((1,)), DequeNode((0,))), False),
        ((CellNode(1), FunctionNode((0,))), False),
        ((OrderedDictNode(((1, 2),)), K, TupleNode((0,))), False),
        ((ListNode((1,)), TupleNode((0,)), OrderedDictNode()), True),
        ((ListNode((1,), 0), ListNode((0,), 1)), False),
    ],
)
def test_a_new_tuple_in_itself_may_be_refused(nodes: tuple[Node, ...], refused: bool) -> None:
    assert may_be_refused(rebuilt(*nodes, roots=(len(nodes) - 1,), restore=True)) is refused


def test_a_change_to_a_deque_of_limited_length_may_be_refused() -> None:
    for limit, refused in ((None, False), (3, True)):
        nodes = (K, DequeNode((0,), limit, 0))
        effects = (Effect("append", 1, value=0),)
        case = check(Case(nodes, (1,), (LocalName("a"),), (("a", 1),), (), Options(), effects))
        assert may_be_refused(case) is refused


REFUSED = GeneratorNode((), None, None, True)


@pytest.mark.parametrize(
    ("nodes", "effects", "must", "may"),
    [
        ((REFUSED,), (), True, True),
        ((REFUSED, ListNode((0,))), (), True, True),
        ((REFUSED, CellNode(0), FunctionNode((1,))), (), True, True),
        ((REFUSED, FunctionNode(attributes=(("x", 0),))), (), True, True),
        ((REFUSED, GeneratorNode((0,))), (), True, True),
        # nobody asks for what an iterator gave before, or for what nothing names
        ((REFUSED, IteratorNode((0,), 1)), (), False, True),
        ((REFUSED, IteratorNode((0,), 0)), (), True, True),
        ((REFUSED, K), (), False, True),
        ((GeneratorNode(),), (), False, False),
        ((REFUSED, ListNode((), 0)), (Effect("append", 1, value=0),), True, True),
        ((REFUSED, ListNode((), 0)), (Effect("append", 1, value=0), Effect("clear", 1)), False, True),
    ],
)
def test_what_a_contextmanager_function_returns_must_be_refused(
    nodes: tuple[Node, ...], effects: tuple[Effect, ...], must: bool, may: bool
) -> None:
    case = bound_to(*nodes, effects=effects).case
    assert must_be_refused(case) is must
    assert may_be_refused(case) is may


@pytest.mark.parametrize(
    ("nodes", "refused"),
    [
        ((DefaultDictNode((), "none", 0),), True),
        ((ContextManagerNode("null", (), 0),), True),
        ((ListNode((), 0), BoundMethodNode(0, "append", 1)), True),
        ((ListNode((), 0), BoundMethodNode(0, "append")), False),
        ((ObjectNode((), 0), BoundMethodNode(0, "method")), True),
        ((FunctionNode(source=0), GeneratorNode((), None, 0)), False),
        ((FunctionNode(source=0), GeneratorNode((0,))), True),
        ((ModuleNode((), 0),), False),
        ((K, StructSequenceNode((0, 0), 0)), False),
        ((ObjectNode((), 0),), True),
        ((OrderedDictNode((), 0),), True),
        ((FunctionNode(source=0),), True),
        ((FunctionNode(source=0), AliasNode(0, 1)), True),
        ((FunctionNode(source=0), PartialNode(0, (), (), 1)), True),
        ((ObjectNode((), 0), TupleNode((0,), 1)), True),
        ((ObjectNode((), 0), ListNode((0,))), True),
        ((ObjectNode((), 0), ListNode((0,), 1)), False),
        ((FunctionNode(source=0), DequeNode((0,), None, 1)), False),
        ((FunctionNode(),), False),
        ((TupleNode((), 0), AliasNode(0, 1)), False),
        ((NamedTupleNode((), 0), RangeNode(0, 1, 1, 1), ListNode((0, 1))), False),
    ],
)
def test_what_can_only_be_loaded_may_be_refused(nodes: tuple[Node, ...], refused: bool) -> None:
    assert may_be_refused(rebuilt(*nodes, roots=(len(nodes) - 1,))) is refused
    assert not may_be_refused(rebuilt(*nodes, roots=(len(nodes) - 1,), restore=True))


# --- sources ------------------------------------------------------------------------------------------


def reached(*nodes: Node, sources: tuple[Source, ...], roots: tuple[int, ...], **fields: Any) -> World:
    return World(check(Case(nodes, roots, sources, **fields)), Graph())


def test_a_slice_is_a_new_list_of_the_same_items_and_a_whole_tuple_is_itself() -> None:
    world = reached(
        *(ConstantNode(1), TupleNode((), 1), ListNode((0, 1, 0), 0), ListNode((1, 0), 2)),
        *(TupleNode((0,), 3), TupleNode((0,), 4)),
        sources=(LocalName("a"), Item(0, 1), SliceItem(0, 1, None, None), LocalName("b"), SliceItem(3, *ALL)),
        roots=(3, 5),
        locals=(("a", 2), ("b", 4)),
    )
    values = world.originals()
    assert world.objects[3] is ABSENT
    assert values[3] == values[2][1:]
    assert values[3][0] is values[1]
    assert values[5] is world.objects[4]


ALL = (None, None, None)


@pytest.mark.parametrize("passes", [1, 2])
def test_a_slice_of_a_slice_is_loaded_and_in_one_pass_each_time(passes: int) -> None:
    world = reached(
        *(ListNode((), 1), ListNode((0, 0, 0), 0), ListNode((0, 0), 2), ListNode((0,), 3)),
        sources=(LocalName("a"), Item(0, 0), SliceItem(0, 1, None, None), SliceItem(2, None, None, -2)),
        roots=(3, 3),
        locals=(("a", 1),),
        options=Options(passes),
    )
    assert len(world.originals()[3]) == 1
    assert (3 in unpromised(world.case)) is (passes == 1)


def test_what_is_in_a_cell_and_what_a_weak_reference_refers_to() -> None:
    world = reached(
        *(ObjectNode((), 1), WeakRefNode(0, 0), CellNode(0, 3), FunctionNode((2,), (0,), (("x", 0),), 2)),
        sources=(CellName("m"), WeakRefCall(0), FreeName("p"), ClosureCell(2, 0)),
        roots=(0, 1, 3),
        cells=(("m", 1),),
        free=(("p", 3),),
    )
    thing, reference, cell, function = world.originals()
    assert reference() is thing
    assert function.__closure__ == (cell,)
    assert cell.cell_contents is function.__defaults__[0] is function.__kwdefaults__["x"] is thing
    assert world.parameter("m") is reference
    assert world.free["p"].cell_contents is function
    assert (world.free["p"], world.free["p"]) in list(pairs(world, world))
