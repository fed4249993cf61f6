"""Misuses in scripts: refused by the right error, which says all that it has to."""

from __future__ import annotations

from typing import Any

import pytest

from generators.case import Case, Options
from generators.steps import MISUSES, Step
from harness.codegen import CodegenError, GraphBreak, OwnHost
from harness.runner import Runner
from harness.targets.own import OwnTarget
from harness.targets.own_odd import OwnOdd


def script(*steps: Step) -> Case:
    return Case((), (), options=Options(passes=1), kind="script", steps=steps)


@pytest.mark.parametrize("name", [name for name in MISUSES if name in OwnOdd.errors])
def test_a_misuse_that_raises_another_error_is_a_finding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = script(Step("misuse", name=name))
    assert Runner(OwnTarget()).run(case).findings == ()
    monkeypatch.setattr(OwnOdd, "errors", {name: (ZeroDivisionError,)})
    (finding,) = Runner(OwnTarget()).run(case).findings
    assert (finding.oracle, finding.invariant, finding.subject) == ("target", "wrong-error", name)


@pytest.mark.parametrize(
    "missing",
    [{"gb_type": ""}, {"context": ""}, {"explanation": ""}, {"hints": []}],
    ids=lambda given: next(iter(given)),
)
@pytest.mark.parametrize("name", [name for name, kinds in OwnOdd.errors.items() if kinds == (GraphBreak,)])
def test_a_graph_break_that_leaves_out_a_part_is_a_finding(
    name: str, missing: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = OwnHost.graph_break
    monkeypatch.setattr(OwnHost, "graph_break", lambda self, **parts: real(self, **{**parts, **missing}))
    (finding,) = Runner(OwnTarget()).run(script(Step("misuse", name=name))).findings
    assert (finding.oracle, finding.invariant, finding.subject) == ("target", "misuse-untold", name)


def test_an_error_without_a_remedy_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    real = CodegenError.__init__
    monkeypatch.setattr(
        CodegenError,
        "__init__",
        lambda self, what, *, where, remedy: real(self, what, where=where, remedy=""),
    )
    (finding,) = Runner(OwnTarget()).run(script(Step("misuse", name="load of no local"))).findings
    assert (finding.oracle, finding.invariant) == ("target", "misuse-untold")
