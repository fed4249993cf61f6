"""What a campaign shows: the panel and the summary fit a terminal, and a file gets plain lines."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from generators.cases import CASE_KINDS
from harness.chunks import Bucket, Plan, Statistics
from harness.report import progress
from harness.report.console import print_summary, summary_data, suspects
from harness.report.progress import Progress, Rate, panel
from oracles.run import Finding

COLUMNS, LINES = 80, 24
PLAN = Plan(seed=7, examples=20_000, seconds=None, workers=2)


def statistics(buckets: int = 0, reasons: int = 30) -> Statistics:
    counted = Statistics(seconds=20.0)
    counted.statuses.update(passed=9_500, failed=buckets, known=400, rejected=100 - buckets)
    for kind in CASE_KINDS:
        counted.by_kind[f"case:{kind}"].update(passed=3_000, known=300)
    counted.by_kind["list"].update(passed=4_000)
    counted.by_kind["dict"].update(passed=10, failed=buckets)
    counted.spent.update(dict.fromkeys(counted.spent, 5.0))
    for at in range(reasons):
        counted.reasons[f"known: {'a-cause-with-a-long-name-' * 2}{at}"] = reasons - at
    for at in range(buckets):
        name = f"values · identity-gained · named_tuple · SomeTracker.reconstruct_{at}"
        counted.found(
            Bucket(name, Finding("values", "identity-gained", "named_tuple", "told"), 3, at, at + 1)
        )
    return counted


def shown(*things: object, terminal: bool = True) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=COLUMNS, height=LINES, force_terminal=terminal, color_system=None)
    for thing in things:
        console.print(thing)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("buckets", [0, 1, 90])
def test_the_panel_fits_a_terminal(buckets: int) -> None:
    lines = shown(panel("torch", PLAN, statistics(buckets), 512.0))
    assert len(lines) <= LINES - 2
    assert max(map(len, lines)) <= COLUMNS
    text = "\n".join(lines)
    for told in ("50 %  20 s left", "10,000 of 20,000 cases", "512 cases a second now, 500 overall"):
        assert told in text
    for kind in CASE_KINDS:
        assert f"\n {kind} " in text
    assert "draw 14%" in text
    assert text.count("×") == min(buckets, progress.NEWEST)
    assert ("SomeTracker.reconstruct_" in text or "SomeTracker.recons…" in text) == bool(buckets)


def test_a_budget_of_time_is_shown_as_such() -> None:
    plan = Plan(seed=7, examples=None, seconds=3_700.0, workers=1)
    text = "\n".join(shown(panel("own", plan, statistics(), 1.0)))
    assert "20 of 3700 s" in text
    assert "1 h 1 min left" in text


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.of(100.0, 0) == 0.0
    assert rate.of(105.0, 1_000) == 200.0
    assert rate.of(112.0, 1_000) == 0.0


def test_a_file_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_EVERY", 0.0)
    out = io.StringIO()
    with Progress(Console(file=out, width=COLUMNS), "torch", PLAN, quiet=False) as told:
        told(statistics(2))
    lines = out.getvalue().splitlines()
    assert lines[0] == "torch: seed 7"
    assert " ".join(lines[1:]).startswith("torch  10,000 of 20,000 cases  500 cases/s · passed 9,500")
    assert "\x1b" not in out.getvalue()


def test_the_summary_fits_a_terminal_and_the_machines_has_all() -> None:
    out = io.StringIO()
    console = Console(file=out, width=COLUMNS, force_terminal=True, color_system=None)
    counted = statistics()
    print_summary(console, "torch", PLAN, counted, {"python": "3.11.7", "torch": "2.13.0"})
    # the terminal wraps what is told as one line
    lines = [
        line[at : at + COLUMNS]
        for line in out.getvalue().splitlines()
        for at in range(0, len(line) or 1, COLUMNS)
    ]
    assert len(lines) <= LINES - 2
    assert "and 25 more, of 325 cases (all with --json)" in out.getvalue()
    assert "2 of " in out.getvalue()
    assert "dict least (0.10 %)" in out.getvalue()
    machine = summary_data("torch", PLAN, counted, {})
    assert len(machine["reasons"]) == 30
    assert machine["kinds"] == counted.by_kind


def test_kinds_that_fail_more_often_than_others_are_named() -> None:
    counted = statistics(buckets=5)
    assert suspects(counted) == ["dict"]
    out = io.StringIO()
    print_summary(Console(file=out, width=COLUMNS), "torch", PLAN, counted, {})
    assert "with dict" in out.getvalue()
    assert "33 %" in out.getvalue()
