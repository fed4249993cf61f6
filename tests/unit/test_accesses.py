"""What is noted while a call's code runs, and how it is held against what is due, on code written by hand."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any

import pytest

from generators import Case, check
from generators.case import Attribute, DictItem, DictItemByKey, DictKey, GlobalName, Item, LocalName
from generators.nodes import (
    ConstantNode,
    DequeNode,
    DictNode,
    FunctionNode,
    InstanceNode,
    ListNode,
    NamedTupleNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    SliceNode,
    TensorNode,
    TupleNode,
)
from harness.targets.base import compiled
from oracles import accesses, execution, noting, temporaries
from oracles.accesses import Access, due, seen
from oracles.making import Converted, converted
from oracles.run import PASSED, Emission, Run
from oracles.world import GraphValue, World

a: Any = None
convert: Any = converted
"""Globals of the code written by hand."""

VALUES = [GraphValue(proxy) for proxy in range(4)]


def run_of(case: Case, emitted: Callable[..., Any], **changes: Any) -> Run:
    """The run of a function that takes no graph outputs, then the case's locals by name."""
    check(case)
    world, twin = World(case, VALUES.__getitem__), World(case, VALUES.__getitem__)
    namespace = {"compiled": compiled, "convert": converted, **world.globals}
    parameters = tuple(name for name, _ in case.locals)
    emission = Emission("hand", emitted.__code__, namespace, parameters, (), **changes)
    return Run(case, world, twin, emission)


def case_of(*roots: int, **changes: Any) -> Case:
    # a.x is (tensor, [1.5], {True: tensor}); b is a.x[1]
    return Case(
        nodes=(
            TensorNode(0, 2),
            ConstantNode(1.5, 4),
            ListNode((1,), 3),
            TensorNode(1, 6),
            ConstantNode(True),
            DictNode(((4, 3),), 5),
            TupleNode((0, 2, 5), 1),
            ObjectNode((("x", 6),), 0),
        ),
        roots=roots,
        sources=(
            *(LocalName("a"), Attribute(0, "x"), Item(1, 0), Item(1, 1), Item(3, 0), Item(1, 2)),
            DictItem(5, 4),
        ),
        locals=(("a", 7), ("b", 2)),
        kind="call",
        **changes,
    )


def judged(case: Case, emitted: Callable[..., Any]) -> tuple[Run, list[tuple[str, str, int | None]]]:
    run = run_of(case, emitted)
    found = [*execution.judge(run).findings, *accesses.judge(run).findings]
    return run, [(finding.invariant, finding.subject, finding.node) for finding in found]


# what every one of these has to do: compiled(a.x[0], a.x[1], a.x[1][0], a)
ARGUMENTS = case_of(0, 2, 1, 7)


def right(outputs: Any, a: Any, b: Any) -> Any:
    x = a.x
    item = x[1]
    return compiled(x[0], item, item[0], a)


def test_each_computed_once_in_order_passes() -> None:
    def in_order(outputs: Any, a: Any, b: Any) -> Any:
        x = a.x
        first = x[0]
        item = x[1]
        return compiled(first, item, item[0], a)

    run, found = judged(ARGUMENTS, in_order)
    assert found == []
    assert due(run.case) == seen(run.world) == [Access(7, "x"), Access(6, 0), Access(6, 1), Access(2, 0)]


def test_an_order_other_than_that_of_the_arguments_is_found() -> None:
    _, found = judged(ARGUMENTS, right)
    assert found == [("computed out of order", "item", 0)]


def test_a_shared_source_computed_twice_is_found() -> None:
    def twice(outputs: Any, a: Any, b: Any) -> Any:
        return compiled(a.x[0], a.x[1], a.x[1][0], a)

    _, found = judged(ARGUMENTS, twice)
    assert found == [("computed twice", "attribute", 6)]


@pytest.mark.parametrize("users", [True, False])
def test_what_the_key_of_a_users_mapping_is_reached_through_is_no_business_of_the_oracle(users: bool) -> None:
    pairs = ((0, 1),)
    mapping = InstanceNode("SubDict", (), pairs, (), 1) if users else DictNode(pairs, 1)
    case = Case(
        nodes=(ConstantNode(0), ConstantNode(1.5, 3), mapping, ObjectNode((("x", 2),), 0)),
        roots=(1,),
        sources=(LocalName("a"), Attribute(0, "x"), DictKey(1, 0), DictItemByKey(1, 2)),
        locals=(("a", 3),),
        kind="call",
    )

    def twice(outputs: Any, a: Any) -> Any:
        return compiled(dict.__getitem__(a.x, next(iter(a.x))))

    run = run_of(case, twice)
    assert execution.judge(run) == PASSED
    verdict = accesses.judge(run)
    assert verdict.status == ("inconclusive" if users else "failed")


def test_what_is_got_in_another_way_is_not_computed() -> None:
    def by_another_local(outputs: Any, a: Any, b: Any) -> Any:
        x = a.x
        return compiled(x[0], b, b[0], a)

    _, found = judged(ARGUMENTS, by_another_local)
    assert found == [("not computed", "item", 2)]


def test_what_no_argument_needs_is_found() -> None:
    def too_much(outputs: Any, a: Any, b: Any) -> Any:
        x = a.x
        first, item = x[0], x[1]
        x[2][1]  # the key True
        return compiled(first, item, item[0], a)

    run, found = judged(ARGUMENTS, too_much)
    assert found == [("computed twice", "unknown", None)]
    (finding,) = accesses.judge(run).findings
    assert finding.message == "item 2 of node 6, a tuple was read 1 times, and should be 0 times"
    # a key is found as the dict finds it
    assert seen(run.world)[-2] == Access(5, 4)


def test_a_raise_leaves_accesses_unjudged_and_the_next_run_as_it_was() -> None:
    def raising(outputs: Any, a: Any, b: Any) -> Any:
        return a.x[9]

    run = run_of(ARGUMENTS, raising)
    assert execution.judge(run).findings[0].invariant == "raised"
    verdict = accesses.judge(run)
    assert (verdict.status, verdict.reason) == ("inconclusive", "accesses: the code did not run to its end")
    assert judged(case_of(7), lambda outputs, a, b: compiled(a))[1] == []


def two_ways(through: int) -> list[Access]:
    """What is due for a[0] and then a[0].x, where the latter's first two steps are sources of their own."""
    case = Case(
        nodes=(TensorNode(0, 5), ObjectNode((("x", 0),), 2), ListNode((1,), 0)),
        roots=(1, 0),
        sources=(
            *(LocalName("a"), LocalName("a"), Item(1, 0)),
            *((LocalName("a"), LocalName("b"))[through], Item(3, 0), Attribute(4, "x")),
        ),
        locals=(("a", 2), ("b", 2)),
        kind="call",
    )
    return due(check(case))


def test_equal_sources_are_one() -> None:
    assert two_ways(0) == [Access(2, 0), Access(1, "x")]


def test_an_object_reached_in_two_ways_is_read_in_both() -> None:
    assert two_ways(1) == [Access(2, 0), Access(2, 0), Access(1, "x")]


# --- what notes ------------------------------------------------------------------------------------------


def of_every_kind() -> Case:
    """A value of each kind that a source leads through, in a list `a`, and the first that is in each."""
    leads = (Item, Item, DictItem, DictItem, Attribute, Item, Attribute, Attribute, Attribute)
    links: tuple[Any, ...] = (0, 0, 9, 9, "x", 0, "x", "start", "func")
    inner = [ConstantNode(at, 10 + at) for at in range(8)]
    return Case(
        nodes=(
            *(*inner, FunctionNode(source=18), ConstantNode("k")),
            *(ListNode((0,), 1), TupleNode((1,), 2), DictNode(((9, 2),), 3), OrderedDictNode(((9, 3),), 4)),
            *(NamedTupleNode((4,), 5), DequeNode((5,), 3, 6), ObjectNode((("x", 6),), 7)),
            *(SliceNode((7, 9, 9), 8), PartialNode(8, (9,), (), 9)),
            ListNode(tuple(range(10, 19)), 0),
        ),
        roots=tuple(range(9)),
        sources=(
            *(GlobalName("a"), *(Item(0, at) for at in range(9))),
            *(lead(at + 1, link) for at, (lead, link) in enumerate(zip(leads, links, strict=True))),
        ),
        globals=(("a", 19),),
        kind="call",
    )


def test_every_kind_notes_what_a_source_reads_of_it() -> None:
    def emitted(outputs: Any) -> Any:
        values = (a[0][0], a[1][0], a[2]["k"], a[3]["k"], a[4].x, a[5][0], a[6].x)
        return compiled(*values, a[7].start, a[8].func)

    run = run_of(of_every_kind(), emitted)
    assert execution.judge(run) == accesses.judge(run) == PASSED
    assert len(seen(run.world)) == 18
    plain = [noting.plain_type(value).__name__ for value in run.world.globals["a"]]
    wanted = ["list", "tuple", "dict", "OrderedDict", "Named1", "deque", "Thing", "slice", "partial"]
    assert plain == wanted


def test_nothing_is_noted_but_while_code_runs() -> None:
    world = World(of_every_kind(), VALUES.__getitem__)
    with noting.started() as log:
        repr([list(world.globals["a"]), world.globals["a"]])
        before = len(log)
        world.globals["a"][0]
    assert [(what, link) for _, what, link in log[before:]] == [("item", 0)]
    world.globals["a"][0]
    assert len(log) == before + 1


def test_the_values_behave_like_plain_ones() -> None:
    world = World(of_every_kind(), VALUES.__getitem__)
    for value in world.globals["a"]:
        kind = noting.plain_type(value)
        if kind is not slice:
            assert isinstance(value, kind)
        if kind in (list, tuple, dict, collections.OrderedDict, collections.deque):
            assert value == kind(value)
    assert isinstance(world.globals["a"][8], functools.partial)
    assert world.globals["a"][5].maxlen == 3


def test_a_tree_is_made_of_plain_values() -> None:
    case = Case((ListNode((), 0),), (0,), (LocalName("a"),), (("a", 0),))
    assert type(World(check(case), VALUES.__getitem__).locals["a"]) is list


# --- what arrives -----------------------------------------------------------------------------------------


def findings(emitted: Callable[..., Any], case: Case) -> list[tuple[str, str | None]]:
    found = execution.judge(run_of(case, emitted)).findings
    return [(finding.invariant, finding.path) for finding in found]


def test_a_converted_number_arrives_as_its_conversion() -> None:
    case = case_of(1, 1, as_tensor=(1,))
    assert findings(lambda outputs, a, b: compiled(b[0], convert(b[0])), case) == []
    left_out = findings(lambda outputs, a, b: compiled(b[0], b[0]), case)
    assert left_out == [("type", "roots[1]")]
    also = findings(lambda outputs, a, b: compiled(convert(b[0]), convert(b[0])), case)
    assert also == [("type", "roots[0]")]
    other = findings(lambda outputs, a, b: compiled(b[0], convert(b[0] + 1)), case)
    assert other == [("bits", "roots[1].value")]
    whole = findings(lambda outputs, a, b: compiled(b[0], convert(1)), case)
    assert whole == [("bits", "roots[1].dtype")]


def test_the_target_says_what_is_a_conversion() -> None:
    case = case_of(1, as_tensor=(0,))
    run = run_of(
        case,
        lambda outputs, a, b: compiled([b[0]]),
        arrived=lambda value: Converted("float64", value[0]),
    )
    assert execution.judge(run) == PASSED


def test_arguments_are_the_very_objects_in_order() -> None:
    assert findings(lambda outputs, a, b: compiled(b, a), case_of(2, 7)) == []
    assert findings(lambda outputs, a, b: compiled(a, b), case_of(2, 7)) == [("type", "roots[0]")]
    # a list of the same kind and contents
    assert findings(lambda outputs, a, b: compiled(type(b)(b)), case_of(2)) == [("identity-lost", "roots[0]")]
    assert findings(lambda outputs, a, b: compiled(b), case_of(2, 7)) == [("type", "roots")]


# --- temporaries ------------------------------------------------------------------------------------------


def deleting(outputs: Any, a: Any, b: Any) -> Any:
    kept = b
    value = compiled(kept)
    del kept
    return value


def keeping(outputs: Any, a: Any, b: Any) -> Any:
    kept = b
    del kept
    kept = b
    return compiled(kept)


@pytest.mark.parametrize(
    ("emitted", "names", "deletes", "found"),
    [
        (deleting, {"kept"}, True, []),
        (keeping, {"kept"}, True, ["left bound"]),
        (keeping, {"kept"}, False, []),
        # a local that holds no value of the codegen's: the profiler's mark
        (keeping, set(), True, []),
    ],
)
def test_a_temporary_left_bound_is_found(
    emitted: Callable[..., Any], names: set[str], deletes: bool, found: list[str]
) -> None:
    run = run_of(case_of(2), emitted, temporaries=frozenset(names), deletes=deletes)
    verdict = temporaries.judge(run)
    assert [finding.invariant for finding in verdict.findings] == found
