"""The tree of a case on the screen, and where a difference is marked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rich.console import Console

from generators import Case, Options, check, seeded_case
from generators.case import Attribute, DictItem, Effect, FreeName, GlobalName, Item, LocalName
from generators.links import NODE_KINDS
from generators.nodes import (
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
from harness.describe import source_text
from harness.report.replay import _print_tree, _row_of

K = ConstantNode("k")

# one node of each kind
ALL = Case(
    nodes=(
        *(ConstantNode(0), TensorNode(2), ListNode((0, 2)), TupleNode((1,)), DictNode(((0, 2),))),
        *(SetNode((0,)), FrozensetNode((0,)), SliceNode((0, 0, 2)), RangeNode(0, 5, 2)),
        *(NamedTupleNode((0, 1)), OrderedDictNode(((0, 1),)), DequeNode((0,), 3)),
        *(CellNode(), CellNode(2), FunctionNode((12, 13), (0,), (("x", 1),))),
        *(PartialNode(14, (0,), (("y", 1),)), IteratorNode((0, 1), 1, "tuple")),
        *(ObjectNode((("x", 18),), 0), TupleNode((), 1), AliasNode(18, 2)),
        TupleNode(tuple(range(3, 12))),
        TupleNode((15, 16, 17, 19)),
        *(DefaultDictNode(((0, 1),), "list"), StructSequenceNode((0, 1)), BoundMethodNode(17, "method")),
        *(
            GeneratorNode((0,)),
            ConstantNode(True),
            ContextManagerNode("mode", (26,)),
            ModuleNode((), 3, True),
        ),
        TupleNode((22, 23, 24, 25, 27, 28)),
        *(SymbolicNode(4, "float"), ArrayNode(2), NumberNode(2, False), NumberNode(1), SubclassNode(35)),
        *(LibraryNode("Thing"), WeakRefNode(17, 4), MadeNode("keys", (4,))),
        InstanceNode("SubList", (0, 1), (), (("x", 0),)),
    ),
    roots=(20, 21, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38),
    sources=(LocalName("a"), Attribute(0, "x"), GlobalName("g"), LocalName("m"), FreeName("f")),
    free=(("f", 36),),
    locals=(("a", 17), ("m", 28)),
    globals=(("g", 19),),
    options=Options(1, True, (2,), ((2, 1),), True, True),
)


def printed(case: Case) -> list[str]:
    console = Console(width=150, color_system=None)
    with console.capture() as capture:
        _print_tree(console, case)
    return [line.strip() for line in capture.get().splitlines() if line]


def test_tree_shows_every_kind_with_what_it_names() -> None:
    lines = printed(check(ALL))
    assert {node.kind for node in ALL.nodes} == set(NODE_KINDS)
    for line in (
        "case  1 pass, temporaries for node 2, override global g -> a.x, inlined, export",
        "roots[8]: node 35 library Thing",
        "roots[10]: node 37 made keys",
        "roots[9]: node 36 weakref of node 17  exists as free f",
        "roots[3]: node 30 symbolic float of proxy 4",
        "roots[4]: node 31 ndarray of proxy 2",
        "roots[5]: node 32 number of proxy 2, not unwrapped",
        "roots[6]: node 33 number of proxy 1",
        "roots[7]: node 34 tensor_subclass, plain, of proxy 35 (complex64 [2] conjugate)",
        "[0]: node 3 tuple",
        "[0]: node 1 tensor of proxy 2",
        "key: node 0 constant 0",
        "[1]: node 2 list  (again)",
        "element: node 0 constant 0",
        "[5]: node 8 range 0:5:2",
        ".step: node 2 list  (again)",
        ".y: node 1 tensor of proxy 2",
        "[8]: node 11 deque of maxlen 3",
        "function: node 14 function",
        "cell 0: node 12 cell, empty",
        "cell 1: node 13 cell",
        "contents: node 2 list  (again)",
        "default 0: node 0 constant 0",
        "default x=: node 1 tensor of proxy 2",
        "argument 0: node 0 constant 0",
        "argument y=: node 1 tensor of proxy 2",
        "[1]: node 16 iterator over a tuple, 1 of 2 taken",
        "[2]: node 17 object  exists as a",
        ".x: node 18 tuple  exists as a.x",
        "[3]: node 19 alias of node 18  exists as global g",
        "of: node 18 tuple  exists as a.x",
        "[0]: node 22 defaultdict of list",
        "[1]: node 23 structseq",
        "[2]: node 24 bound_method method",
        "of: node 17 object  exists as a  (again)",
        "[3]: node 25 generator",
        "[4]: node 27 context_manager mode",
        "argument 0: node 26 constant True",
        "[5]: node 28 module, by its key  exists as m",
    ):
        assert line in lines, line


def test_tree_of_drawn_cases_ends() -> None:
    for case in (seeded_case(23, index) for index in range(400)):
        assert 2 <= len(printed(case)) < 400


def test_what_is_on_a_cycle_is_shown_once() -> None:
    nodes = (CellNode(2), ListNode((2, 1)), FunctionNode((0,), (1,)))
    assert printed(check(Case(nodes, (2,))))[1:] == [
        "roots[0]: node 2 function",
        "cell 0: node 0 cell",
        "contents: node 2 function  (again)",
        "default 0: node 1 list",
        "[0]: node 2 function  (again)",
        "[1]: node 1 list  (again)",
    ]


def test_effects_show_what_they_store() -> None:
    case = Case(
        (K, DequeNode((), None, 0)),
        (0,),
        (LocalName("a"),),
        (("a", 1),),
        effects=(Effect("append_left", 1, value=0),),
    )
    assert "effects[0]: append_left  on a  value node 0" in printed(check(case))


def test_sources_read_as_python() -> None:
    sources = (GlobalName("g"), Item(0, 2), Attribute(1, "x"), DictItem(2, 0))
    assert source_text(Case((K,), (0,), sources), 3) == "global g[2].x['k']"


def test_a_long_chain_of_sources_is_shown() -> None:
    sources = (LocalName("a"), *(Item(at, 0) for at in range(100)))
    case = check(Case((ListNode((0,), 100),), (0,), sources, (("a", 0),)))
    assert source_text(case, 100) == "a" + "[0]" * 100


def test_row_of_a_difference_is_its_own_or_that_of_what_is_around_it() -> None:
    rows: Any = tuple([SimpleNamespace(path=path) for path in ("roots[0]", "roots[0].x", "roots[0].x[1]")])
    assert _row_of("roots[0].x[1]", rows) == "roots[0].x[1]"
    assert _row_of("roots[0].x.<element>", rows) == "roots[0].x"
    assert _row_of("local a", rows) == "local a"
