"""Torch's trackers where the harness once made others than tracing does: each of these cases passes."""

from __future__ import annotations

import pytest

from generators import Case, Options, check
from generators.case import CellName, Effect, GlobalName, LocalName
from generators.nodes import (
    CellNode,
    ConstantNode,
    DictNode,
    FunctionNode,
    ListNode,
    MadeNode,
    ModuleNode,
    SubclassNode,
    TupleNode,
)
from harness.runner import Runner
from harness.targets.base import Target

A, B, C = LocalName("a"), LocalName("b"), LocalName("c")
REBUILT = Options(value_from_source=False)

CASES = {
    "a mode that is rebuilt is loaded": Case(
        (MadeNode("user_mode", (), 0),), (0,), (A,), (("a", 0),), options=REBUILT
    ),
    "so is the list of a method": Case(
        (ListNode((), 0), MadeNode("list_method", (0,), 1)),
        (1, 0),
        (A, B),
        (("a", 0), ("b", 1)),
        options=REBUILT,
    ),
    "looking into a list marks its parameters": Case(
        (
            *(SubclassNode(0, 0, "parameter"), ListNode((0,), 1), MadeNode("list_method", (1,), 2)),
            *(ConstantNode("__str__"), ListNode((2,))),
        ),
        (4,),
        (A, B, C),
        (("a", 0), ("b", 1), ("c", 2)),
        options=Options(passes=1),
    ),
    "no module has the name of a global": Case(
        (ModuleNode((), 0, by_key=True),), (0,), (GlobalName("type"),), globals=(("type", 0),)
    ),
    "what nobody sees is not made": Case(
        (
            *(ConstantNode(0), ListNode((5,)), CellNode(0), FunctionNode((2,)), ListNode((3,))),
            MadeNode("user_error_noted", (4,)),
        ),
        (0,),
        effects=(Effect("delete_item", 1, index=0),),
    ),
    "what wraps a function has the module of that one": Case(
        (
            *(ConstantNode(True), MadeNode("grad_mode", (0,)), FunctionNode((), source=0)),
            FunctionNode(attributes=(("__wrapped__", 2),)),
            MadeNode("decorated", (1, 3)),
        ),
        (4,),
        (A,),
        (("a", 2),),
    ),
    "a default of a called function may be a part of a constant": Case(
        (
            *(ConstantNode(0), CellNode(3), TupleNode((0,), 0)),
            FunctionNode((1,), (2,), (("x", 2),)),
        ),
        (3,),
        (CellName("m"),),
        cells=(("m", 2),),
        options=Options(called=True),
    ),
    "a variable of the frame has something in it from the first": Case(
        (
            *(ConstantNode(0), CellNode(0, variable="p"), FunctionNode((1,)), DictNode(((0, 2),))),
            MadeNode("mapping_proxy", (3,)),
        ),
        (4,),
        free=(("p", 0),),
    ),
    "export of a module that Dynamo reaches by itself": Case(
        (
            *(ModuleNode((), 2), ListNode((0,), 1), MadeNode("list_method", (1,), 0)),
            ListNode((2,)),
        ),
        (3,),
        (A, B, C),
        (("a", 2), ("b", 1), ("c", 0)),
        options=Options(export=True),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_given_back(name: str, targets: dict[str, Target]) -> None:
    outcome = Runner(targets["torch"]).run(check(CASES[name]))
    assert outcome.status == "passed", outcome.findings
