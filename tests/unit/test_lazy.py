"""Lazy trackers, on both targets: loaded from their source and not realised, unless looked at."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from generators import Case, Options, check
from generators.case import Effect, LocalName
from generators.nodes import ConstantNode, DictNode, FunctionNode, ListNode, ObjectNode, TupleNode
from harness.codegen import (
    ConstantVariable,
    LazyVariableTracker,
    ListVariable,
    LocalSource,
    NNModuleVariable,
    NumpyNdarrayVariable,
    SymNodeVariable,
    TensorVariable,
    TensorWithTFOverrideVariable,
    TupleVariable,
    UnspecializedPythonVariable,
    ValueMutationExisting,
    VariableTracker,
)
from harness.runner import Runner
from harness.targets.base import Target, Trackers
from harness.targets.dynamo_trackers import DynamoTrackers
from harness.targets.own_trackers import OwnTrackers
from tests.unit.test_codegen_values import Frame, Marked, opnames

# --- our own ----------------------------------------------------------------------------------------------


class Counted:
    """Makes a tracker, and counts how often it is asked to."""

    def __init__(self, made: Any) -> None:
        self.made = made
        self.times = 0
        self.lazy = LazyVariableTracker(self, source=LocalSource("a"))

    def __call__(self) -> Any:
        self.times += 1
        return self.made


def a_list() -> ListVariable:
    return ListVariable([], source=LocalSource("a"), mutation_type=ValueMutationExisting())


def test_it_is_loaded_from_its_source_and_not_realised() -> None:
    there: list[Any] = []
    counted = Counted(a_list())
    held = ListVariable([counted.lazy])
    first, second = Frame(there).restore([counted.lazy, held])
    assert first is second[0] is there
    assert (counted.times, counted.lazy.is_realized()) == (0, False)
    assert "not realized" in repr(counted.lazy)


def test_it_is_realised_once_when_something_of_it_is_asked_for() -> None:
    counted = Counted(ConstantVariable(3))
    assert counted.lazy.is_python_constant()
    assert counted.lazy.as_python_constant() == 3
    assert counted.lazy.python_type() is int
    assert (counted.times, counted.lazy.is_realized()) == (1, True)


def test_a_realised_one_is_what_it_stands_for() -> None:
    there: list[Any] = []
    for made, value in ((a_list(), there), (ConstantVariable(7), 7)):
        for restore in (True, False):
            counted = Counted(made)
            counted.lazy.realize()
            (result,) = Frame(there).restore([counted.lazy], value_from_source=restore)
            # what is a constant is loaded from its source like anything else, where that is wanted
            assert result is (there if restore else value)


def test_without_values_from_their_source_it_is_realised() -> None:
    counted = Counted(TupleVariable([ConstantVariable(1)], source=LocalSource("a")))
    assert Frame("the source").restore([counted.lazy], value_from_source=False) == ((1,),)
    assert counted.times == 1


@pytest.mark.parametrize(
    "made",
    [
        NNModuleVariable("part"),
        SymNodeVariable("p", float),
        UnspecializedPythonVariable("p"),
        NumpyNdarrayVariable("p"),
        TensorWithTFOverrideVariable("p", Marked),
        TensorVariable("p"),
    ],
    ids=lambda made: type(made).__name__,
)
def test_what_only_its_kind_has_is_asked_of_what_it_stands_for(made: VariableTracker) -> None:
    wanted, found = Frame().codegen(), Frame().codegen()
    wanted.root = found.root = object()
    counted = Counted(made)
    wanted(made)
    found.restore_stack([counted.lazy], value_from_source=False)
    assert opnames(found) == opnames(wanted)
    assert found.top_of_stack is counted.lazy
    assert counted.times == 1


def test_what_no_tracker_has_the_lazy_one_has_not() -> None:
    lazy = Counted(ListVariable()).lazy
    assert not hasattr(lazy, "module_key")
    assert not hasattr(LazyVariableTracker.__new__(LazyVariableTracker), "_made")


# --- both targets -----------------------------------------------------------------------------------------

K = ConstantNode("k")
LAZY = Options(2, True, lazy=(1,))


def existing(*nodes: Any, root: int, effects: tuple[Effect, ...] = (), options: Options = LAZY) -> Case:
    there = [at for at, node in enumerate(nodes) if node.source is not None]
    names = [f"a{nodes[at].source}" for at in there]
    sources = tuple(map(LocalName, sorted(names)))
    return check(Case(nodes, (root,), sources, tuple(zip(names, there, strict=True)), (), options, effects))


@pytest.fixture(params=["own", "torch"])
def emitted(
    request: pytest.FixtureRequest, targets: dict[str, Target], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Runs a case; for each lazy tracker whether it was realised by the codegen."""
    made: list[Any] = []
    kind: type[Trackers] = {"own": OwnTrackers, "torch": DynamoTrackers}[request.param]
    make = kind.lazy

    def lazy(self: Any, *arguments: Any) -> Any:
        made.append(make(self, *arguments))
        return made[-1]

    monkeypatch.setattr(kind, "lazy", lazy)

    def run(case: Case) -> list[bool]:
        made.clear()
        assert Runner(targets[request.param]).run(case).status == "passed"
        return [tracker.is_realized() for tracker in made]

    run.name = request.param  # type: ignore[attr-defined]
    return run


@pytest.mark.parametrize(
    "node",
    [
        *(ListNode((), 0), TupleNode((), 0), DictNode((), 0), ObjectNode((), 0), FunctionNode(source=0)),
        ConstantNode(3, 0),
    ],
    ids=lambda node: node.kind,
)
def test_nothing_of_what_is_loaded_is_looked_at(node: Any, emitted: Any) -> None:
    assert emitted(existing(K, node, root=1)) == [False]
    # torch asks a container whether it is a constant, and so all that is in it
    asked = emitted.name == "torch"
    assert emitted(existing(K, node, ListNode((1, 0)), root=2)) == [asked]


def test_one_that_was_realised_before_comes_back_too(emitted: Any) -> None:
    realized = dataclasses.replace(LAZY, realized=True)
    assert emitted(existing(K, ListNode((), 0), root=1, options=realized)) == [True]


def test_one_in_what_is_changed(emitted: Any) -> None:
    nodes = (K, ListNode((), 0), ListNode((), 1))
    case = existing(*nodes, root=2, effects=(Effect("append", 2, value=1),))
    assert emitted(case) == [emitted.name == "torch"]


def test_one_that_is_changed_itself(emitted: Any) -> None:
    nodes = (K, ListNode((), 0), TupleNode((1,)))
    emitted(existing(*nodes, root=2, effects=(Effect("append", 1, value=0),)))
