"""Judging what an emission gave back, on emissions written by hand as Python functions."""

from __future__ import annotations

import builtins
import dis
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from generators import Case, Options
from generators.case import Attribute, GlobalName, LocalName
from generators.nodes import ConstantNode, DictNode, ListNode, ObjectNode, TensorNode, TupleNode
from oracles.execution import judge, node_at, raised
from oracles.run import PASSED, Emission, Finding, Run, Verdict
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
    case = Case((ConstantNode(frozenset()),), (0,))  # type: ignore[arg-type]
    verdict = judged(case, lambda out: (frozenset(),))
    assert verdict == Verdict("inconclusive", reason="values cannot compare frozenset")


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
