"""What the installed torch lacks: how it is asked for, and how a case ends that asks for it."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

from generators.cases import drawn_case
from harness.reach import Reached
from harness.runner import judge_refusal
from harness.targets import dynamo_here as here
from harness.targets import dynamo_reach as reach
from oracles.run import Refused

NOWHERE = "torch._dynamo.variables.user_defined"


class _Lacking:
    """A target that lacks one thing."""

    def lacking(self) -> frozenset[str]:
        return frozenset({"a thing"})


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "_LACKING", {})


def test_what_is_there_is_given_and_nothing_is_noted() -> None:
    from torch._dynamo.codegen import PyCodegen

    assert here.there("torch._dynamo.codegen", "PyCodegen.add_cache") is PyCodegen.add_cache
    assert here.one_of(("torch._dynamo.nowhere", "x"), ("torch._dynamo.codegen", "PyCodegen")) is PyCodegen
    assert here.lacking() == frozenset()


@pytest.mark.parametrize("module", [NOWHERE, "torch.no_such.module"])
def test_what_is_not_there_is_false_noted_and_refuses_when_it_is_used(module: str) -> None:
    missing = here.there(module, "NoSuchVariable")
    whole = f"{module}.NoSuchVariable"
    assert not missing
    assert not isinstance(1, missing)
    assert here.there(module, "NoSuchVariable") is missing
    for use in (missing, lambda: missing.create, lambda: here.needs(len, missing)([])):
        with pytest.raises(Refused) as refused:
            use()
        assert (refused.value.reason, refused.value.absent) == (f"absent: {whole}", whole)
    assert here.needs(len, here.there("torch._dynamo.codegen", "PyCodegen")) is len
    assert here.lacking() == {whole}


@pytest.mark.parametrize(
    ("reason", "status"),
    [("absent: a thing", "absent"), ("absent: another thing", "failed"), ("some graph break", "failed")],
)
def test_a_case_is_absent_only_where_its_target_says_that_it_lacks_something(
    reason: str, status: str
) -> None:
    lacking: Any = _Lacking()
    outcome = judge_refusal(lacking, drawn_case(0, 0, ("call",)), Refused(reason))
    assert outcome.status == status
    assert (outcome.reason == "a thing") is (status == "absent")


def test_what_is_lacking_has_a_row_of_its_own_by_family() -> None:
    here.there("torch._dynamo.source", "NoSuchSource")
    here.lacks("a thing that no class stands for")
    rows = [Reached(thing, 0.0) for thing in reach.lacking()]
    assert [(row.thing.family, row.thing.name) for row in rows] == [
        ("other", "a thing that no class stands for"),
        ("source", "NoSuchSource"),
    ]
    assert {row.verdict for row in rows} == {"absent"}


def test_the_torch_of_the_constraints_lacks_no_method_of_the_codegen() -> None:
    assert all(hasattr(here.codegen.PyCodegen, name) for name in here.METHODS), (
        "2.13 is the version that all cases were drawn for"
    )
