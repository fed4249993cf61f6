"""Judging what an emission gave back, on emissions written by hand as Python functions."""

from __future__ import annotations

import builtins
import collections
import dataclasses
import dis
import os
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from generators import Case, Options, check
from generators.case import Attribute, Effect, GlobalName, LocalName
from generators.nodes import (
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
    IteratorNode,
    ListNode,
    MadeNode,
    ModuleNode,
    NamedTupleNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    TensorNode,
    TupleNode,
)
from oracles import execution
from oracles.blame import node_at
from oracles.execution import held_by, judge, raised
from oracles.making import NAMED_TUPLES, Mode, Module, code_of
from oracles.run import PASSED, Emission, Finding, Run, Verdict
from oracles.values import Difference
from oracles.world import GraphValue, World

VALUES = [GraphValue(proxy) for proxy in range(4)]


def run_of(case: Case, emitted: Callable[..., Any], outputs: tuple[int, ...] = (), **names: Any) -> Run:
    """The run of a function that takes the graph outputs, then the case's locals by name."""
    assert isinstance(emitted, FunctionType)
    world, twin = World(case, VALUES.__getitem__), World(case, VALUES.__getitem__)
    code = emitted.__code__
    namespace = {"__builtins__": builtins, **names, **world.globals}
    parameters = code.co_varnames[1 : code.co_argcount]
    emission = Emission("hand", code, namespace, parameters, outputs, emitted.__closure__)
    return Run(case, world, twin, emission)


def judged(case: Case, emitted: Callable[..., Any], outputs: tuple[int, ...] = (), **names: Any) -> Verdict:
    return judge(run_of(case, emitted, outputs, **names))


def finding(verdict: Verdict) -> Finding:
    assert verdict.status == "failed"
    (only,) = verdict.findings
    assert only.oracle == "values"
    assert only.message
    return only


# a list of a new tuple, a tensor and the tuple again; then the tensor; then an existing dict
MIXED = Case(
    nodes=(
        ConstantNode("k"),
        TensorNode(2),
        TensorNode(0),
        TupleNode((0, 2)),
        ListNode((3, 1, 3)),
        ConstantNode(1),
        DictNode(((0, 5),), source=0),
    ),
    roots=(4, 1, 6),
    sources=(LocalName("a"),),
    locals=(("a", 6),),
)


def test_right_value_passes() -> None:
    def emitted(graph_out_0: Any, a: Any) -> Any:
        pair = ("k", graph_out_0[1])
        return [pair, graph_out_0[0], pair], graph_out_0[0], a

    assert judged(MIXED, emitted, (2, 0)) == PASSED


def test_graph_outputs_are_given_in_the_order_asked() -> None:
    def emitted(graph_out_0: Any, a: Any) -> Any:
        assert graph_out_0 == (VALUES[1], VALUES[3], VALUES[2], VALUES[0])
        pair = ("k", graph_out_0[3])
        return [pair, graph_out_0[2], pair], graph_out_0[2], a

    assert judged(MIXED, emitted, (1, 3, 2, 0), VALUES=VALUES) == PASSED
    assert judged(MIXED, emitted, (1, 2, 3, 0), VALUES=VALUES).status == "failed"


def test_a_graph_output_asked_for_twice_is_found() -> None:
    wrong = finding(judged(MIXED, lambda out, a: ([], out[0], a), (2, 0, 2)))
    assert (wrong.invariant, wrong.subject) == ("output-asked-twice", "tensor")


def test_wrong_graph_output() -> None:
    def emitted(graph_out_0: Any, a: Any) -> Any:
        pair = ("k", graph_out_0[0])
        return [pair, graph_out_0[1], pair], graph_out_0[1], a

    wrong = finding(judged(MIXED, emitted, (2, 0)))
    assert (wrong.invariant, wrong.subject, wrong.path, wrong.node) == (
        "identity-lost",
        "tensor",
        "roots[0][0][1]",
        2,
    )


# what the code returns for MIXED, the invariant, the path, the node and its kind
WRONG: dict[str, tuple[Callable[..., Any], str, str, int, str]] = {
    "another constant": (
        lambda out, a: (lambda pair: ([pair, out[0], pair], out[0], a))(("l", out[1])),
        *("bits", "roots[0][0][0]", 0, "constant"),
    ),
    "a tuple for the list": (
        lambda out, a: (lambda pair: ((pair, out[0], pair), out[0], a))(("k", out[1])),
        *("type", "roots[0]", 4, "list"),
    ),
    "an item too few": (
        lambda out, a: (lambda pair: ([pair, out[0]], out[0], a))(("k", out[1])),
        *("length", "roots[0]", 4, "list"),
    ),
    "the tuple built twice": (
        lambda out, a: ([("k", out[1]), out[0], ("k", out[1])], out[0], a),
        *("sharing-lost", "roots[0][2]", 3, "tuple"),
    ),
    "a copy of the dict": (
        lambda out, a: (lambda pair: ([pair, out[0], pair], out[0], dict(a)))(("k", out[1])),
        *("identity-lost", "roots[2]", 6, "dict"),
    ),
    "roots in another order": (
        lambda out, a: (lambda pair: ([pair, out[0], pair], a, out[0]))(("k", out[1])),
        *("type", "roots[1]", 1, "tensor"),
    ),
}


@pytest.mark.parametrize(("emitted", "invariant", "path", "node", "kind"), WRONG.values(), ids=WRONG)
def test_wrong_value_is_found_at_its_place(
    emitted: Callable[..., Any], invariant: str, path: str, node: int, kind: str
) -> None:
    wrong = finding(judged(MIXED, emitted, (2, 0)))
    assert (wrong.invariant, wrong.path, wrong.node, wrong.subject) == (invariant, path, node, kind)
    assert wrong.message.startswith(path)
    assert wrong.offset is None
    assert wrong.bucket == f"values · {invariant} · {kind}"


def test_wrong_integer_too_long_to_be_printed() -> None:
    case = Case((ConstantNode(1 << 50_000),), (0,))
    assert finding(judged(case, lambda out: (1,))).invariant == "bits"


@pytest.mark.parametrize(
    "returned", [None, [], (), (1, 2), [0], {0: 0}, "x"], ids=lambda value: type(value).__name__
)
def test_what_is_no_tuple_of_the_roots(returned: Any) -> None:
    case = Case((ConstantNode(0),), (0,))
    wrong = finding(judged(case, lambda out: returned))
    assert (wrong.invariant, wrong.subject, wrong.path) == ("type", "roots", "roots")
    assert type(returned).__name__ in wrong.message
    assert "1 roots" in wrong.message


def test_subclass_of_tuple_is_no_tuple() -> None:
    class Row(tuple):  # type: ignore[type-arg]
        __slots__ = ()

    wrong = finding(judged(Case((ConstantNode(0),), (0,)), lambda out: Row((0,))))
    assert (wrong.invariant, wrong.subject) == ("type", "roots")


# --- raising ------------------------------------------------------------------------------------------


def offsets_of(emitted: Any, *opnames: str) -> set[int]:
    return {entry.offset for entry in dis.get_instructions(emitted) if entry.opname in opnames}


def test_raising_is_a_finding_at_the_instruction() -> None:
    def emitted(graph_out_0: Any, a: Any) -> Any:
        return a["missing"]

    verdict = judged(MIXED, emitted)
    wrong = finding(verdict)
    assert (wrong.invariant, wrong.subject) == ("raised", "KeyError")
    assert wrong.message == "the emitted code raised KeyError: 'missing'"
    assert wrong.offset in offsets_of(emitted, "BINARY_SUBSCR", "BINARY_OP")
    assert (wrong.path, wrong.node) == (None, None)
    assert wrong.bucket == "values · raised · KeyError"


def test_raising_below_the_code_is_found_in_the_code() -> None:
    def helper() -> Any:
        raise LookupError("below")

    def emitted(graph_out_0: Any, a: Any) -> Any:
        return helper_of_test()  # type: ignore[name-defined]  # noqa: F821

    wrong = finding(judged(MIXED, emitted, (), helper_of_test=helper))
    assert wrong.subject == "LookupError"
    assert wrong.offset in offsets_of(emitted, "CALL", "CALL_FUNCTION")


@pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, AssertionError, StopIteration, RecursionError])
def test_whatever_is_raised_is_a_finding(kind: type[BaseException]) -> None:
    def emitted(graph_out_0: Any, a: Any) -> Any:
        raise kind_of_test("so")  # type: ignore[name-defined]  # noqa: F821

    wrong = finding(judged(MIXED, emitted, (), kind_of_test=kind))
    assert (wrong.invariant, wrong.subject) == ("raised", kind.__name__)
    assert wrong.offset in offsets_of(emitted, "RAISE_VARARGS")


def test_interrupt_by_the_user_is_none() -> None:
    def emitted(graph_out_0: Any, a: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged(MIXED, emitted)


def test_raised_before_the_code_has_no_offset() -> None:
    run = run_of(MIXED, lambda out, a: None)
    assert finding(raised(run, ValueError("x"))).offset is None


def test_unbound_local_of_the_world_is_none() -> None:
    """A parameter that is no local of the case, as a target may have one, is given None."""
    assert judged(Case((ConstantNode(None),), (0,)), lambda out, spare: (spare,)) == PASSED


# --- what the code leaves behind ----------------------------------------------------------------------

HELD = Case(
    nodes=(
        ConstantNode(1),
        ListNode((0,), source=1),
        ObjectNode((("x", 1), ("y", 0)), source=0),
        DictNode(((0, 1),), source=2),
        ConstantNode(None),
    ),
    roots=(0,),
    sources=(LocalName("a"), Attribute(0, "x"), GlobalName("g")),
    locals=(("a", 2), ("b", 0)),
    globals=(("g", 3), ("h", 4)),
)


def right(graph_out_0: Any, a: Any, b: Any) -> Any:
    return (1,)


def test_world_left_alone_passes() -> None:
    assert judged(HELD, right) == PASSED


def append_to_local(graph_out_0: Any, a: Any, b: Any) -> Any:
    a.x.append(2)
    return (1,)


def replace_in_local(graph_out_0: Any, a: Any, b: Any) -> Any:
    a.x[0] = True
    return (1,)


def copy_in_local(graph_out_0: Any, a: Any, b: Any) -> Any:
    a.x = a.x[:]
    return (1,)


def add_attribute(graph_out_0: Any, a: Any, b: Any) -> Any:
    a.z = 1
    return (1,)


def reorder_attributes(graph_out_0: Any, a: Any, b: Any) -> Any:
    x = a.x
    del a.x
    a.x = x
    return (1,)


def empty_global(graph_out_0: Any, a: Any, b: Any) -> Any:
    g.clear()  # type: ignore[name-defined]
    return (1,)


def copy_in_global(graph_out_0: Any, a: Any, b: Any) -> Any:
    g[1] = [1]  # type: ignore[name-defined]
    return (1,)


def rebind_global(graph_out_0: Any, a: Any, b: Any) -> Any:
    global g
    g = {1: a.x}
    return (1,)


def delete_global(graph_out_0: Any, a: Any, b: Any) -> Any:
    global g
    del g
    return (1,)


def delete_global_none(graph_out_0: Any, a: Any, b: Any) -> Any:
    global h
    del h
    return (1,)


# the code, the invariant, the path, the node and its kind; None where nothing is said of it
LEFT: list[tuple[Callable[..., Any], str, str, int, str]] = [
    (append_to_local, "length", "local a.x", 1, "list"),
    (replace_in_local, "type", "local a.x[0]", 0, "constant"),
    (copy_in_local, "identity-lost", "local a.x", 1, "list"),
    (add_attribute, "names", "local a", 2, "object"),
    (reorder_attributes, "names", "local a", 2, "object"),
    (empty_global, "length", "global g", 3, "dict"),
    (copy_in_global, "identity-lost", "global g.values[0]", 1, "list"),
    (rebind_global, "identity-lost", "global g", 3, "dict"),
    (delete_global, "type", "global g", 3, "dict"),
]


@pytest.mark.parametrize(
    ("emitted", "invariant", "path", "node", "kind"), LEFT, ids=[emitted.__name__ for emitted, *_ in LEFT]
)
def test_change_of_the_world_is_found(
    emitted: Callable[..., Any], invariant: str, path: str, node: int, kind: str
) -> None:
    wrong = finding(judged(HELD, emitted))
    assert (wrong.invariant, wrong.path, wrong.node, wrong.subject) == (invariant, path, node, kind)


def test_deleted_global_that_held_none_is_found() -> None:
    wrong = finding(judged(HELD, delete_global_none))
    assert (wrong.path, wrong.node) == ("global h", 4)


def test_a_global_that_the_code_leaves_behind_is_found() -> None:
    def emitted(graph_out_0: Any, a: Any, b: Any) -> Any:
        global __installed
        __installed = [a]
        return (1,)

    wrong = finding(judged(HELD, emitted))
    assert (wrong.invariant, wrong.subject, wrong.path) == ("globals", "namespace", "global __installed")


def test_a_new_list_that_the_namespace_holds_is_found() -> None:
    case = Case((ListNode(()),), (0,))
    world, twin = World(case, GraphValue), World(case, GraphValue)
    code = compile("lambda graph_out_0: (held,)", "", "eval").co_consts[0]
    emission = Emission("test", code, {"held": []}, (), ())
    wrong = finding(judge(Run(case, world, twin, emission)))
    assert wrong.invariant == "identity-gained"


def test_existing_object_and_root_are_one() -> None:
    case = Case(HELD.nodes, (1, 2), HELD.sources, HELD.locals, HELD.globals)
    assert judged(case, lambda out, a, b: (a.x, a)) == PASSED
    wrong = finding(judged(case, lambda out, a, b: (a.x[:], a)))
    assert (wrong.invariant, wrong.path, wrong.node) == ("identity-lost", "roots[0]", 1)


# --- options ------------------------------------------------------------------------------------------


def twice(options: Options) -> Case:
    return Case((TensorNode(0), ListNode((0,)), TupleNode((1, 1))), (2,), options=options)


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        (Options(2), False),
        (Options(1), True),
        (Options(1, True, (1,)), False),
        (Options(1, True, (2,)), True),
        (Options(2, True, (2,)), False),
    ],
)
def test_list_built_twice_passes_where_one_was_not_promised(options: Options, passes: bool) -> None:
    verdict = judged(twice(options), lambda out: (([out[0]], [out[0]]),), (0,))
    if passes:
        assert verdict == PASSED
    else:
        assert finding(verdict).invariant == "sharing-lost"


def test_existing_tuple_is_rebuilt_where_values_are_not_loaded() -> None:
    nodes = (ListNode((), 1), TupleNode((0,), 0))
    sources = (LocalName("a"), GlobalName("g"))
    for restore, same, new in ((True, None, "identity-lost"), (False, "identity-gained", None)):
        case = Case(nodes, (1,), sources, (("a", 1),), (("g", 0),), Options(2, restore))
        for emitted, invariant in ((lambda out, a: (a,), same), (lambda out, a: ((a[0],),), new)):
            verdict = judged(case, emitted)
            assert (finding(verdict).invariant if invariant else verdict) == (invariant or PASSED)


# --- the rest -----------------------------------------------------------------------------------------


def test_closure_is_given() -> None:
    value = [1]

    def emitted(graph_out_0: Any) -> Any:
        return (value,)

    verdict = judged(Case((ConstantNode(1), ListNode((0,))), (1,)), emitted)
    assert verdict == PASSED
    assert judged(Case((ConstantNode(1), ListNode((0, 0))), (1,)), emitted).status == "failed"


def test_value_of_unknown_type_is_inconclusive() -> None:
    case = Case((ConstantNode(bytearray()),), (0,))  # type: ignore[arg-type]
    verdict = judged(case, lambda out: (bytearray(),))
    assert verdict == Verdict("inconclusive", reason="values cannot compare bytearray")


@pytest.mark.parametrize(
    ("path", "node"),
    [
        ((("root", 0),), 4),
        ((("root", 0), ("item", 2)), 3),
        ((("root", 0), ("item", 0), ("item", 1)), 2),
        ((("root", 2), ("key", 0)), 0),
        ((("root", 2), ("value", 0)), 5),
        ((("local", "a"), ("value", 0)), 5),
        ((("root", 3),), None),
        ((("root", 0), ("item", 3)), None),
        ((("root", 0), ("item", 1), ("item", 0)), None),
        ((("root", 2), ("value", 1)), None),
        ((("root", 0), ("attribute", "x")), None),
        ((("global", "a"),), None),
    ],
)
def test_node_at_a_path(path: Any, node: int | None) -> None:
    assert node_at(MIXED, path) == node


def test_node_at_an_attribute() -> None:
    assert node_at(HELD, (("local", "a"), ("attribute", "x"), ("item", 0))) == 0
    assert node_at(HELD, (("local", "a"), ("attribute", "z"))) is None


def test_node_at_an_annotation_of_what_wraps_a_function() -> None:
    function = FunctionNode(annotations=(("x", 1),))
    nodes = (ConstantNode(True), ListNode((0,)), MadeNode("grad_mode", (0,)), function)
    case = Case((*nodes, MadeNode("decorated", (2, 3))), (4,))
    assert node_at(case, (("root", 0), ("annotation", "x"))) == 1
    assert node_at(case, (("root", 0), ("annotation", "x"), ("item", 0))) == 0
    # the wrapper's own
    assert node_at(case, (("root", 0), ("default", 0))) == 4


def test_node_at_a_cell_of_a_frame_that_goes_on() -> None:
    case = Case(
        (ConstantNode(1), ListNode((0,)), ConstantNode(2)),
        (0,),
        cells=(("m", 0),),
        free=(("a", 2),),
        effects=(Effect("rebind_cell", 0, name="m", value=1),),
        options=Options(resumed=True),
    )
    cells = (("cells", 0), ("item", 0))
    # in the order of their names
    assert node_at(case, (*cells, ("item", 0), ("contents", 0))) == 2
    assert node_at(case, (*cells, ("item", 1), ("contents", 0))) == 1
    assert node_at(case, (*cells, ("item", 1), ("contents", 0), ("item", 0))) == 0
    assert node_at(case, (*cells, ("item", 1))) is None
    assert node_at(case, (*cells, ("item", 2), ("contents", 0))) is None
    as_it_was = dataclasses.replace(case, options=Options(resumed=True, replay=False))
    assert node_at(as_it_was, (*cells, ("item", 1), ("contents", 0))) == 0


def test_node_at_what_a_called_function_gives_back_of_a_rebound_variable() -> None:
    case = Case(
        (ConstantNode(1), ListNode((0,)), CellNode(0, variable="m"), FunctionNode((2,))),
        (3,),
        cells=(("m", 0),),
        effects=(Effect("rebind_cell", 0, name="m", value=1),),
        options=Options(called=True),
    )
    assert node_at(case, (("root", 0), ("item", 0))) == 1
    assert node_at(case, (("root", 0), ("item", 0), ("item", 0))) == 0


# --- a case of every kind -----------------------------------------------------------------------------

EVERY = check(
    Case(
        nodes=(
            *(ConstantNode("k"), ConstantNode(2), ListNode((0,)), TupleNode((2, 1)), DictNode(((0, 2),))),
            *(SetNode((0, 1)), FrozensetNode((0,)), SliceNode((0, 2, 1)), NamedTupleNode((0, 2))),
            *(OrderedDictNode(((0, 1), (1, 2))), DequeNode((0, 2), 3), CellNode(2), CellNode()),
            FunctionNode((12, 11), (0, 2), (("x", 2), ("y", 1)), None, (("y", 2),), (("z", 2),), 2),
            PartialNode(13, (0, 2), (("z", 2),)),
            *(IteratorNode((0, 1, 2), 1, "tuple"), TupleNode((0, 1), 0), AliasNode(16, 1)),
            *(ListNode((0,), 2), ObjectNode((("x", 18),), 3), DequeNode((0,), 1, 4), SetNode((0,), 5)),
            *(OrderedDictNode(((0, 0), (1, 1)), 6), DictNode(((0, 0),), 7)),
            *(DefaultDictNode(((0, 2),), "int"), StructSequenceNode((0, 2)), BoundMethodNode(2, "append")),
            *(GeneratorNode((0, 2)), ConstantNode(True), ContextManagerNode("mode", (28,))),
            ModuleNode((), 8),
        ),
        roots=(3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 17, 20, 21, 22, 24, 25, 26, 27, 29, 30),
        sources=tuple(map(LocalName, "abcdefghm")),
        locals=tuple(zip("abcdefghm", (16, 17, 18, 19, 20, 21, 22, 23, 30), strict=True)),
        effects=(
            Effect("append", 18, value=2),
            Effect("set_attribute", 19, name="y", value=2),
            Effect("append", 20, value=1),
            Effect("add", 21, value=1),
            Effect("move_to_end", 22, key=0),
            Effect("set_key", 23, key=1, value=2),
        ),
    )
)


@pytest.mark.parametrize(
    ("path", "node"),
    [
        ((("root", 0), ("item", 0), ("item", 0)), 0),
        ((("root", 0), ("item", 1)), 1),
        ((("root", 1), ("key", 0)), 0),
        ((("root", 1), ("value", 0)), 2),
        # elements have no place: the set itself is told
        ((("root", 2), ("element", 0)), 5),
        ((("root", 3), ("element", 0), ("item", 0)), 6),
        ((("root", 4), ("attribute", "start")), 0),
        ((("root", 4), ("attribute", "stop"), ("item", 0)), 0),
        ((("root", 4), ("attribute", "step")), 1),
        ((("root", 4), ("item", 0)), None),
        ((("root", 5), ("item", 1)), 2),
        ((("root", 5), ("item", 2)), None),
        ((("root", 6), ("key", 1)), 1),
        ((("root", 6), ("value", 1), ("item", 0)), 0),
        ((("root", 6), ("value", 2)), None),
        ((("root", 7), ("item", 1)), 2),
        ((("root", 8), ("cell", 0)), 12),
        ((("root", 8), ("cell", 0), ("contents", 0)), None),
        ((("root", 8), ("cell", 1)), 11),
        ((("root", 8), ("cell", 1), ("contents", 0)), 2),
        ((("root", 8), ("default", 0)), 0),
        ((("root", 8), ("default", 1)), 2),
        ((("root", 8), ("keyword default", "y")), 1),
        ((("root", 8), ("keyword default", "z")), None),
        ((("root", 8), ("annotation", "y")), 2),
        ((("root", 8), ("attribute", "z")), 2),
        ((("root", 8), ("doc", 0), ("item", 0)), 0),
        ((("root", 9), ("function", 0)), 13),
        ((("root", 9), ("function", 0), ("default", 1), ("item", 0)), 0),
        ((("root", 9), ("argument", 1)), 2),
        ((("root", 9), ("keyword", "z")), 2),
        ((("root", 9), ("keyword", "x")), None),
        ((("root", 10), ("remaining", 0)), 1),
        ((("root", 10), ("remaining", 1)), 2),
        ((("root", 10), ("remaining", 2)), None),
        ((("root", 15), ("value", 0), ("item", 0)), 0),
        ((("root", 16), ("item", 1)), 2),
        ((("root", 17), ("self", 0)), 2),
        ((("root", 18), ("remaining", 1)), 2),
        ((("root", 18), ("remaining", 2)), None),
        ((("root", 20),), 30),
        ((("root", 11),), 17),
        ((("root", 11), ("item", 1)), 1),
        ((("local", "b"), ("item", 0)), 0),
        # after the effects
        ((("local", "c"), ("item", 1)), 2),
        ((("local", "d"), ("attribute", "x"), ("item", 1)), 2),
        ((("local", "d"), ("attribute", "y")), 2),
        ((("local", "e"), ("item", 0)), 1),
        ((("local", "e"), ("item", 1)), None),
        ((("local", "f"), ("element", 0)), 21),
        ((("local", "g"), ("key", 0)), 1),
        ((("local", "g"), ("key", 1)), 0),
        ((("local", "h"), ("value", 1)), 2),
    ],
)
def test_node_at_every_kind_of_step(path: Any, node: int | None) -> None:
    assert node_at(EVERY, path) == node


NESTED = check(
    Case(
        nodes=(
            *(ConstantNode("k"), ConstantNode(2), FunctionNode(), PartialNode(2, (0,), (("y", 1), ("z", 1)))),
            *(MadeNode("partial_of", (3, 1)), PartialNode(2, (), ())),
        ),
        roots=(4,),
    )
)
"""A partial of a partial: it has the function of the inner one, whose arguments come before its own."""


@pytest.mark.parametrize(
    ("step", "node"),
    [
        *((("function", 0), 2), (("argument", 0), 0), (("argument", 1), 1), (("argument", 2), None)),
        *((("keyword", "z"), 1), (("keyword", "x"), None)),
    ],
)
def test_node_at_a_step_into_a_partial_of_a_partial(step: Any, node: int | None) -> None:
    assert node_at(NESTED, (("root", 0), step)) == node


@pytest.mark.parametrize(
    ("node", "step", "leads_to"),
    [
        (MadeNode("user_error", (0, 1)), ("part", 4), 1),
        (MadeNode("user_error_noted", (0, 1)), ("part", 3), 1),
        (MadeNode("user_error_noted", (0, 1)), ("part", 5), 0),
        (MadeNode("user_error_noted", (0, 1)), ("part", 2), 2),
        (MadeNode("pair", (0, 1)), ("item", 1), 1),
        (MadeNode("pair_noted", (0, 1)), ("item", 0), 1),
        (MadeNode("pair_noted", (0, 1)), ("attribute", "note"), 0),
    ],
)
def test_node_at_a_step_into_what_a_class_was_called_with(node: Any, step: Any, leads_to: int) -> None:
    case = check(Case((ConstantNode(1), ConstantNode(2), node), (2,)))
    assert node_at(case, (("root", 0), step)) == leads_to


def nested(defaults: tuple[Any, ...], closure: tuple[Any, ...], **keywords: Any) -> FunctionType:
    """What the emitted code makes where the case has a function, in the namespace of the caller's caller."""
    code = code_of(len(defaults), tuple(keywords), len(closure))
    made = FunctionType(code, SPACE[0], "nested", defaults, closure)
    made.__kwdefaults__ = keywords
    made.__annotations__ = {"y": defaults[1]}
    made.__doc__ = defaults[1]
    made.z = defaults[1]  # type: ignore[attr-defined]
    return made


SPACE: list[dict[str, Any]] = []


def every(graph_out_0: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, m: Any) -> Any:
    import functools
    import types

    k = ["k"]
    c.append(k)
    d.y = k
    e.append(2)
    f.add(2)
    g.move_to_end("k")
    h[2] = k
    SPACE[:] = [globals()]
    function = nested(("k", k), (types.CellType(), types.CellType(k)), x=k, y=2)
    iterator = iter(("k", 2, k))
    next(iterator)
    return (
        *((k, 2), {"k": k}, {2, "k"}, frozenset("k"), slice("k", k, 2), NAMED_TUPLES[2]("k", k)),
        *(OrderedDict([("k", 2), (2, k)]), deque(["k", k], 3), function),
        *(functools.partial(function, "k", k, z=k), iterator, b, e, f, g),
        *(defaultdict(int, k=k), os.terminal_size(("k", k)), k.append, iter(("k", k)), Mode(True), m),
    )


NAMES: dict[str, Any] = {
    "SPACE": SPACE,
    "nested": nested,
    "Mode": Mode,
    "defaultdict": defaultdict,
    "os": os,
    "NAMED_TUPLES": NAMED_TUPLES,
    "OrderedDict": OrderedDict,
    "deque": deque,
}


def test_right_values_of_every_kind_pass() -> None:
    assert judged(EVERY, every, **NAMES) == PASSED


def test_a_function_of_another_namespace_is_found() -> None:
    case = Case((FunctionNode(),), (0,))
    make = FunctionType
    code = code_of(0, (), 0)

    def right(graph_out_0: Any) -> Any:
        return (make(code, globals(), "nested"),)

    def wrong(graph_out_0: Any) -> Any:
        return (make(code, {}, "nested"),)

    assert judged(case, right) == PASSED
    found = finding(judged(case, wrong))
    assert (found.invariant, found.path, found.subject) == ("code", "roots[0]", "function")


def changing(change: Callable[[list[Any], dict[str, Any]], object]) -> Verdict:
    """The verdict where something is changed in what `every` returns, or in the locals."""

    def emitted(
        graph_out_0: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, m: Any
    ) -> Any:
        bound = {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g, "h": h}
        roots = list(every(graph_out_0, a, b, c, d, e, f, g, h, m))
        change(roots, bound)
        return tuple(roots)

    run = run_of(EVERY, emitted, (), **NAMES)
    here = FunctionType(every.__code__, run.emission.namespace)
    run.emission.namespace["every"] = here
    return judge(run)


# a change to the roots and locals, the invariant, the path, the node
CHANGES: dict[str, tuple[Callable[[list[Any], dict[str, Any]], object], str, str, int]] = {
    "element": (lambda roots, bound: roots[2].remove("k") or roots[2].add("l"), "elements", "roots[2]", 5),
    "deque": (lambda roots, bound: roots[7].pop(), "length", "roots[7]", 10),
    "order": (lambda roots, bound: roots[6].move_to_end("k"), "type", "roots[6].keys[0]", 0),
    "defaultdict": (lambda roots, bound: roots[15].clear(), "length", "roots[15]", 24),
    "factory": (
        lambda roots, bound: setattr(roots[15], "default_factory", list),
        *("bits", "roots[15]", 24),
    ),
    "struct sequence": (
        lambda roots, bound: roots.__setitem__(16, os.terminal_size(("k", 2))),
        *("type", "roots[16][1]", 2),
    ),
    "method": (
        lambda roots, bound: roots.__setitem__(17, [].append),
        "sharing-lost",
        "roots[17].__self__",
        2,
    ),
    "generator": (lambda roots, bound: next(roots[18]), "length", "roots[18]", 27),
    "context manager": (lambda roots, bound: setattr(roots[19], "mode", False), "bits", "roots[19].mode", 29),
    "module": (lambda roots, bound: roots.__setitem__(20, Module()), "identity-lost", "roots[20]", 30),
    "closure": (
        lambda roots, bound: setattr(roots[8].__closure__[1], "cell_contents", 3),
        *("type", "roots[8].__closure__[1].cell_contents", 2),
    ),
    "empty cell": (
        lambda roots, bound: setattr(roots[8].__closure__[0], "cell_contents", 3),
        *("length", "roots[8].__closure__[0]", 12),
    ),
    "default": (
        lambda roots, bound: setattr(roots[8], "__defaults__", ("l", ["k"])),
        *("bits", "roots[8].__defaults__[0]", 0),
    ),
    "keyword": (
        lambda roots, bound: roots[9].keywords.update(z=0),
        *("type", "roots[9].keywords['z']", 2),
    ),
    "iterator": (lambda roots, bound: next(roots[10]), "length", "roots[10]", 15),
    "limited deque": (lambda roots, bound: bound["e"].append("k"), "type", "roots[12][0]", 1),
    "set in a local": (lambda roots, bound: bound["f"].discard(2), "length", "roots[13]", 21),
    "dict in a local": (lambda roots, bound: bound["h"].pop("k"), "length", "local h", 23),
    "ordered dict": (lambda roots, bound: bound["g"].move_to_end(2), "type", "roots[14].keys[0]", 1),
    "copy of a local": (
        lambda roots, bound: roots.__setitem__(12, roots[12].copy()),
        *("identity-lost", "roots[12]", 20),
    ),
}


def test_the_unchanged_scene_passes() -> None:
    assert changing(lambda roots, bound: None) == PASSED


@pytest.mark.parametrize(("change", "invariant", "path", "node"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_every_kind_is_found_at_its_node(
    change: Callable[[list[Any], dict[str, Any]], object], invariant: str, path: str, node: int
) -> None:
    wrong = finding(changing(change))
    assert (wrong.invariant, wrong.path, wrong.node) == (invariant, path, node)
    assert wrong.subject == EVERY.nodes[node].kind


# --- what the code holds ------------------------------------------------------------------------------


def holding(*constants: Any, **names: Any) -> Run:
    """The run of code with these constants, which returns the first of them, in a namespace of these."""
    case = Case((ListNode(),), (0,))
    world, twin = World(case, GraphValue), World(case, GraphValue)
    code = compile("lambda graph_out_0: ('here',)", "", "eval").co_consts[0]
    placed = tuple((constants[0],) if constant == ("here",) else constant for constant in code.co_consts)
    code = code.replace(co_consts=(*placed, *constants[1:]))
    return Run(case, world, twin, Emission("test", code, dict(names), (), ()))


CHANGEABLE: list[Any] = [[], {}, set(), deque(), OrderedDict()]


@pytest.mark.parametrize("value", CHANGEABLE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    "hold",
    [
        lambda value: value,
        lambda value: (1, (value,)),
        lambda value: [value],
        lambda value: slice(value, None),
        lambda value: slice(None, value),
        lambda value: slice(None, None, value),
        lambda value: (slice(None, [(value,)]),),
        lambda value: {0: value},
        lambda value: collections.deque([value]),
        lambda value: collections.OrderedDict(x=value),
    ],
    ids=["itself", "tuple", "list", "start", "stop", "step", "deep", "dict", "deque", "ordered dict"],
)
def test_changeable_values_that_the_code_holds(hold: Callable[[Any], Any], value: Any) -> None:
    for run in (holding(hold(value)), holding(0, held=hold(value))):
        assert any(held is value for held in held_by(run))


def test_a_constant_that_holds_itself_ends() -> None:
    ring: list[Any] = []
    ring.append(ring)
    assert list(held_by(holding(ring))) == [ring]


def test_what_cannot_change_and_what_is_the_world_s_is_not_held() -> None:
    assert list(held_by(holding((1, "a", frozenset([1]), slice(1, (2,)), range(3)), none=None))) == []
    existing = Case((ListNode((), 0),), (0,), (GlobalName("g"),), (), (("g", 0),))
    run = run_of(existing, lambda out: None)
    assert list(held_by(run)) == []


def test_a_list_in_a_constant_slice_is_no_new_list() -> None:
    case = check(Case((ConstantNode(None), ListNode(), SliceNode((1, 0, 0))), (2,)))
    world, twin = World(case, GraphValue), World(case, GraphValue)
    code = holding(slice([], None)).emission.code
    wrong = finding(judge(Run(case, world, twin, Emission("test", code, {}, (), ()))))
    assert (wrong.invariant, wrong.path, wrong.node) == ("identity-gained", "roots[0].start", 1)


@pytest.mark.parametrize("sets", [True, False])
def test_what_the_narrowing_of_history_lets_through_is_counted(
    sets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differing(*arguments: Any, history: bool) -> Difference | None:
        """Two values that differ in their history alone."""
        return Difference("memory", (("root", 0),), 1, 2, "differs") if history else None

    manager = (MadeNode("grad_mode", (0,)),) if sets else ()
    monkeypatch.setattr(execution, "compare", differing)
    verdict = judged(Case((ConstantNode(True), *manager), (0,)), lambda graph_out_0: (True,))
    assert (verdict.status, verdict.reason) == (("passed", execution.HISTORY) if sets else ("failed", ""))
