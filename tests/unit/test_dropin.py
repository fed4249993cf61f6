"""Our codegen in the place of torch's: the exchange, the profile, the host's answers, and the peers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import torch
import torch._dynamo
from torch._dynamo.codegen import PyCodegen as TorchPyCodegen

from generators.case import Case
from generators.cases import drawn_case
from generators.nodes import ArrayNode, ConstantNode, ListNode, TensorNode
from harness.cli_common import check_replacements
from harness.codegen.profiles import LATER
from harness.overlay import Replacement
from harness.runner import Runner
from harness.targets import dropin, load
from harness.targets.dropin import DropinPyCodegen, installed, profile_of
from harness.targets.peers import PeersTarget, _switched
from oracles.peers import DIFFERENCES

TORCHS = (TorchPyCodegen,)
"""In a tuple: the exchange rebinds the names of this module too."""


def places() -> list[tuple[str, str]]:
    """Where a loaded module has torch's class."""
    return [
        (module, name)
        for module, loaded in list(sys.modules.items())
        for name, value in list(vars(loaded).items() if hasattr(loaded, "__dict__") else ())
        if value is TORCHS[0]
    ]


def test_every_module_of_torchs_has_ours_and_then_its_own_again() -> None:
    before = places()
    with installed():
        assert [place for place in places() if place[0].startswith("torch")] == []
        assert vars(sys.modules["torch._dynamo.output_graph"])["PyCodegen"] is DropinPyCodegen
    assert places() == before


def test_torchs_own_is_put_back_on_an_error_too() -> None:
    before = places()
    with pytest.raises(ZeroDivisionError), installed():
        raise ZeroDivisionError
    assert places() == before


def test_a_module_imported_meanwhile_has_torchs_own_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    late: Any = ModuleType("late")
    before = places()
    with installed():
        late.PyCodegen = vars(sys.modules["torch._dynamo.codegen"])["PyCodegen"]
        monkeypatch.setitem(sys.modules, "late", late)
        assert late.PyCodegen is DropinPyCodegen
    assert late.PyCodegen is TORCHS[0]
    assert [place for place in places() if place[0] != "late"] == before
    assert dropin.DropinPyCodegen is DropinPyCodegen


def program(x: torch.Tensor, held: dict[str, Any]) -> Any:
    """Mutation, a closure, a graph break in the middle of a call, a new object and an existing one."""
    y = x + 1
    held["list"] = [y, held]

    def nested(z: Any = y) -> Any:
        return z, y

    print("break", end="")
    return nested, (y * 2, held["list"], {"a": x.sin().numpy()}), frozenset([1])


def shown(value: tuple[Any, ...]) -> list[Any]:
    nested, (doubled, held, named), frozen = value
    one, other = nested()
    return [one is other, doubled.tolist(), held[0] is one, named["a"].tolist(), frozen]


@pytest.mark.usefixtures("torchs_codegen_raises")
def test_no_method_of_torchs_class_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    torch._dynamo.reset()
    mine: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    with installed():
        compiled = torch.compile(program, backend="eager")(torch.ones(2), mine)
    assert shown(compiled) == shown(program(torch.ones(2), theirs))
    assert mine["list"][1] is mine
    torch._dynamo.reset()


@pytest.mark.usefixtures("torchs_codegen_raises")
def test_without_the_exchange_it_would_be() -> None:
    torch._dynamo.reset()
    with pytest.raises(Exception, match="__init__ was called"):
        torch.compile(program, backend="eager")(torch.ones(2), {})
    torch._dynamo.reset()


class _Older:
    """A class with the rules of the other end: all sources kept, none counted, closures made whole."""

    def __init__(self, tx: Any) -> None:
        self.uses: dict[Any, int] = {}
        self.tempvars: dict[Any, Any] = {}

    def __call__(self, value: Any) -> None:
        if value is None:
            raise IncorrectUsage  # noqa: F821 - the name is what is asked for
        self.uses[value] = 0
        self.tempvars[value] = "kept"

    def make_function_with_closure(
        self, name: str, code: Any, push_null: bool, num_on_stack: int = 0
    ) -> None:
        pass

    def make_call_generated_code(self, fn_name: str) -> None:
        pass


class _Newer(_Older):
    """A class that lets the code ask whether a profiler runs."""

    def make_call_generated_code(self, fn_name: str) -> None:
        self("_is_profiler_enabled")


def test_the_profile_is_found_by_probing() -> None:
    assert profile_of(TorchPyCodegen) == DropinPyCodegen.profile
    older = profile_of(_Older)
    assert (older.cached_sources, older.counted_sources, older.closure) == ("all", False, "whole")
    assert (older.context_manager_object, older.delete_temporaries, older.pop_null) == (
        "usage error",
        False,
        False,
    )
    assert (older.profiler_marks, profile_of(_Newer).profiler_marks) == ("always", "under a profiler")


# --- peers -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def peers() -> Iterator[PeersTarget]:
    target = load("peers")
    assert isinstance(target, PeersTarget)
    with target:
        yield target


def test_both_give_the_same_code(peers: PeersTarget) -> None:
    outcomes = [Runner(peers).run(drawn_case(77, at)) for at in range(150)]
    found = [each for outcome in outcomes for each in outcome.findings if each.oracle == "peers"]
    assert found == []
    assert sum(outcome.status == "passed" for outcome in outcomes) > 100


TWICE = Case((ArrayNode(0), ConstantNode(1), ListNode((0, 1, 0))), (2,))


def test_a_difference_on_purpose_is_named(peers: PeersTarget) -> None:
    outcome = Runner(peers).run(TWICE)
    assert (outcome.status, outcome.reason) == ("passed", "differs from torch's on purpose: kept-conversions")


def test_without_its_switch_there_is_none(peers: PeersTarget) -> None:
    (row,) = DIFFERENCES
    with _switched(row.switch, row.theirs):
        outcome = Runner(peers).run(TWICE)
    # torch's fault is ours then
    assert [each.oracle for each in outcome.findings] == ["values"]


@pytest.mark.parametrize("switch", [{"counted_sources": False}, {"cached_sources": "all"}])
def test_another_rule_is_found(peers: PeersTarget, switch: dict[str, Any]) -> None:
    ((name, value),) = switch.items()
    with _switched(name, value):
        found = {each.oracle for at in range(150) for each in Runner(peers).run(drawn_case(77, at)).findings}
    assert "peers" in found


def test_the_profile_is_that_of_the_later_end() -> None:
    assert DropinPyCodegen.profile.closure == LATER.closure


def test_another_end_is_a_finding(peers: PeersTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case((ConstantNode(1), TensorNode(0), ListNode((0, 1))), (2,))

    def raising(self: Any, *args: Any) -> None:
        raise AssertionError("planted")

    monkeypatch.setattr(DropinPyCodegen, "load_graph_output", raising)
    found = Runner(peers).run(case).findings
    assert ("peers", "end") in [(each.oracle, each.invariant) for each in found]


def test_the_gate_takes_changes_of_either_part() -> None:
    changed = [
        Replacement("harness.codegen.pycodegen", Path("ours.py"), Path("installed.py")),
        Replacement("torch._dynamo.side_effects", Path("theirs.py"), Path("installed.py")),
    ]
    check_replacements(changed, "dropin")
    with pytest.raises(click.ClickException, match="no part of the target torch"):
        check_replacements(changed[:1], "torch")
