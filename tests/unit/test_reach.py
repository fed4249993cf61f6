"""What torch's codegen can be asked for, and what a case reaches of it."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest
from click.testing import CliRunner

from generators import Case
from generators.case import Attribute, Effect, LocalName
from generators.nodes import ConstantNode, ListNode, ObjectNode, TensorNode
from harness.cli import cli
from harness.isolation import isolated
from harness.reach import ENOUGH, Reachable, Reached, reach

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch")

LIST = Case(nodes=(ConstantNode(1), ListNode((0,))), roots=(1,))
APPENDED = Case(
    nodes=(ConstantNode(1), TensorNode(0, 2), ListNode((0,), 0), ObjectNode((("x", 1),), 1)),
    roots=(1,),
    sources=(LocalName("a"), LocalName("b"), Attribute(1, "x")),
    locals=(("a", 2), ("b", 3)),
    effects=(Effect("append", 2, value=1), Effect("set_attribute", 3, name="y", value=0)),
)


def reached_by(*cases: Case) -> Any:
    """For each case the set of what it reaches, in a process of its own: the probe stays in place."""

    def child() -> list[set[tuple[str, str]]]:
        from harness.targets import load
        from harness.targets.base import world_of
        from harness.targets.dynamo_reach import Probe

        found = []
        with load("torch") as target:
            probe = Probe()
            for case in cases:
                probe.reached.clear()
                target.emit(case, world_of(target, case))
                found.append(set(probe.reached))
        return found

    return isolated(child, 120.0).value  # type: ignore[union-attr]


@needs_torch
def test_a_case_reaches_what_it_is_made_of_and_nothing_else() -> None:
    alone, changed = reached_by(LIST, APPENDED)
    assert {name for family, name in alone if family == "tracker"} == {"ListVariable", "ConstantVariable"}
    assert not [name for family, name in alone if family in ("source", "handler")]
    assert {name for family, name in changed if family == "source"} == {
        *("LocalSource", "AttrSource"),
        "GlobalSource",  # of the helper that sets the attribute
    }
    handlers = {name for family, name in changed if family == "handler"}
    assert any("ListVariable" in name and name.startswith("codegen_update_mutated") for name in handlers)
    assert not any("DequeVariable" in name for name in handlers)
    assert ("method", "restore_stack") in changed
    assert ("method", "make_call_generated_code") not in changed


@needs_torch
def test_all_that_can_be_asked_for_is_listed() -> None:
    from harness.targets.dynamo_reach import OUT_OF_REACH, everything

    things = everything()
    listed = {(thing.family, thing.name) for thing in things}
    assert len(listed) == len(things)
    for thing in (
        *(("tracker", name) for name in ("ListVariable", "TensorVariable", "ConstantVariable")),
        *(("tracker", name) for name in ("GradModeVariable", "NNModuleVariable")),
        *(("source", name) for name in ("LocalSource", "ClosureSource", "WeakRefCallSource")),
        *(("method", name) for name in ("__call__", "pop_null", "make_call_generated_code")),
    ):
        assert thing in listed
    # these raise whatever they are asked
    assert listed.isdisjoint({("tracker", "VariableTracker"), ("source", "ShapeEnvSource")})
    # and these call a method of theirs that raises: one that a subclass has, or one that refuses
    bases = (
        "ContextWrappingVariable",
        "VmapIncrementNestingCtxManagerVariable",
        "FxTracebackAnnotateVariable",
    )
    assert listed.isdisjoint({("tracker", name) for name in bases})
    assert len([each for each in listed if each[0] == "handler"]) >= 20
    reasoned = [thing for thing in things if thing.reason]
    assert {(thing.family, thing.name) for thing in reasoned} == set(OUT_OF_REACH)
    assert len(reasoned) <= len(things) / 10


def test_a_row_says_how_well_it_is_covered() -> None:
    thing, other = Reachable("tracker", "A"), Reachable("tracker", "B", "needs an accelerator")
    assert Reached(thing, ENOUGH).verdict == "covered"
    assert Reached(thing, ENOUGH / 2).verdict == "rare"
    assert Reached(thing, 0.0).verdict == "uncovered"
    assert Reached(other, 0.0).verdict == "out of reach"
    # a reason that is not true shows
    assert Reached(other, 1.0).verdict == "covered"


@needs_torch
def test_shares_are_of_all_cases() -> None:
    rows = {(row.thing.family, row.thing.name): row.share for row in reach(60)}
    assert rows["method", "restore_stack"] > 0.5
    assert 0 < rows["tracker", "ListVariable"] < 1


@needs_torch
def test_the_table_can_be_read_by_machines_and_by_people() -> None:
    told = CliRunner().invoke(cli, ["doctor", "--coverage", "--cases", "40", "--json"])
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert {line["type"] for line in lines} == {"reach"}
    assert {line["family"] for line in lines} == {"tracker", "source", "method", "handler"}
    told = CliRunner().invoke(cli, ["doctor", "--coverage", "--cases", "40"])
    assert told.exit_code == 0
    covered = sum(line["verdict"] == "covered" for line in lines)
    within = sum(line["verdict"] not in ("out of reach", "absent") for line in lines)
    assert f"{covered} of {within} covered" in told.stdout
    assert "needs an accelerator" in told.stdout
