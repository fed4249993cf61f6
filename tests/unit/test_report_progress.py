"""What a campaign shows: the panel and the summary fit a terminal, and a file gets plain lines."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

from generators.cases import CASE_KINDS
from harness.chunks import Bucket, Plan, Statistics
from harness.cli_common import make_console
from harness.report import progress
from harness.report.console import MANY, OFTEN, print_end, print_summary, summary_data, suspects
from harness.report.progress import Progress, Rate, panel, waiting
from harness.runner import STATUSES
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
        counted.reasons[f"known: {'a-cause-with-a-long-name-' * 4}{at}"] = reasons - at
        counted.reasons[f"rejected: {'For a long reason ' * 6}{at}"] = reasons - at
    for at in range(buckets):
        name = f"values · identity-gained · named_tuple · SomeTracker.reconstruct_{at}"
        counted.found(
            Bucket(name, Finding("values", "identity-gained", "named_tuple", "told"), 3, at, at + 1)
        )
    return counted


def widest() -> Statistics:
    """All that takes a column or a place, as wide as it gets in a million cases."""
    counted = statistics()
    counted.statuses.update(passed=1_000_000, failed=9_999, known=100_000, inconclusive=99_999)
    counted.statuses.update(rejected=99_999, absent=100_000)
    for kind in CASE_KINDS:
        counted.by_kind[f"case:{kind}"].update(counted.statuses)
    counted.by_kind["effect:symmetric_difference_update"].update(failed=9_999)
    counted.spent.update(zip(counted.spent, (20.0, 10.0, 40.0, 10.0, 10.0, 0.1, 10.0), strict=True))
    counted.replaced = 123_456
    return counted


def terminal() -> Console:
    return Console(file=io.StringIO(), width=COLUMNS, height=LINES, force_terminal=True, color_system=None)


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def rows_of(console: Console) -> list[str]:
    """The rows of the terminal: it wraps what is too long for one."""
    return [
        line[at : at + COLUMNS]
        for line in text_of(console).splitlines()
        for at in range(0, len(line) or 1, COLUMNS)
    ]


def of_panel(counted: Statistics, plan: Plan = PLAN, recent: float = 512.0) -> str:
    console = terminal()
    console.print(panel("torch", plan, counted, recent))
    assert len(rows_of(console)) <= LINES - 2
    return text_of(console)


def of_summary(counted: Statistics, console: Console | None = None) -> str:
    console = console or terminal()
    print_summary(console, "torch", PLAN, counted, {"python": "3.11.7", "torch": "2.13.0"})
    return text_of(console)


@pytest.mark.parametrize("buckets", [0, 1, 90])
def test_the_panel_fits_a_terminal(buckets: int) -> None:
    text = of_panel(statistics(buckets))
    for told in ("50 %  20 s left", "10,000 of 20,000 cases", "512 cases a second now, 500 overall"):
        assert told in text
    for kind in CASE_KINDS:
        assert re.search(rf"^{kind} +33 % +91 % ", text, re.MULTILINE)
    assert "draw 14%" in text
    assert text.count("×") == min(buckets, progress.NEWEST)
    assert ("SomeTracker.reconstruct_" in text or "SomeTracker.recons…" in text) == bool(buckets)


def test_nothing_is_cut_off_in_the_widest_campaign() -> None:
    counted = widest()
    for text in (of_panel(counted, recent=12_345.0), of_summary(counted)):
        head = next(row for row in text.splitlines() if row.startswith("of the cases"))
        assert head.split()[3:] == ["in", *STATUSES]
        every = next(row for row in text.splitlines() if row.startswith("all "))
        assert every.split()[1:] == [f"{n:,}" for n in (counted.drawn, *counted.statuses.values())]
        assert "2 workers (123,456 replaced)" in text
        assert "draw 20% world 10% emit 40% stack 10% values 10% trace <1% contracts 10%" in text


def test_a_budget_of_time_is_shown_as_such() -> None:
    text = of_panel(statistics(), Plan(seed=7, examples=None, seconds=3_700.0, workers=1), 1.0)
    assert "20 of 3,700 s" in text
    assert "1 h 1 min left" in text


@pytest.mark.parametrize(("seconds", "told"), [(25.0, "80 %  5 s left"), (900.0, "50 %  20 s left")])
def test_of_two_budgets_the_one_that_ends_first_counts(seconds: float, told: str) -> None:
    text = of_panel(statistics(), Plan(seed=7, examples=20_000, seconds=seconds, workers=1), 500.0)
    assert told in text
    assert f"10,000 of 20,000 cases, 20 of {seconds:.0f} s" in text


def test_how_far_it_is_shows_without_colours() -> None:
    bar = of_panel(statistics()).splitlines()[1]
    assert bar.count("━") == bar.count("─") == progress.BAR // 2


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.of(100.0, 0) == 0.0
    assert rate.of(105.0, 1_000) == 200.0
    assert rate.of(112.0, 1_000) == 0.0


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_file_and_a_dumb_terminal_get_a_line_now_and_then(
    term: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PLAIN_EVERY", 0.0)
    out = io.StringIO()
    console = Console(file=out, width=COLUMNS, force_terminal=bool(term), _environ={"TERM": term})
    with Progress(console, "torch", PLAN, quiet=False) as told:
        told(statistics(2))
    with waiting(console, "shrinking", quiet=False):
        of_summary(statistics(2), console)
    lines = out.getvalue().splitlines()
    assert lines[0] == "torch: seed 7"
    assert lines[1] == (
        "torch  10,000 of 20,000 cases  500 cases/s · passed 9,500 · failed 2 · known 400 · rejected 98"
        " · buckets 2"
    )
    assert "shrinking" not in out.getvalue()
    assert not set(map(chr, range(32))) & set(out.getvalue()) - {"\n"}


def test_a_log_of_another_encoding_gets_the_whole_report(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii", write_through=True))
    console = make_console(machine=False)
    print_summary(console, "torch", PLAN, statistics(2), {"python": "3.11.7"})
    print_end(console, statistics(MANY), Path("OUT"))
    lines = raw.getvalue().decode("ascii").splitlines()
    assert "torch  2 causes found in 10,000 cases, 9,902 of them judged" in lines
    assert "       6 ? values ? identity-gained ? named_tuple ? SomeTracker.reconstruct_5" in lines


def test_the_panel_goes_when_the_campaign_ends_and_is_not_drawn_too_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = iter(range(10_000))
    monkeypatch.setattr(progress.time, "monotonic", lambda: 100.0 + next(now) * progress.REDRAWN_EVERY / 10)
    console = terminal()
    with Progress(console, "torch", PLAN, quiet=False) as told:
        for _ in range(100):
            told(statistics())
    # one at the end too, which is taken away
    assert text_of(console).count("cases a second now") == 10 + 1
    assert text_of(console).rstrip().endswith("\x1b[1A\x1b[2K")


def test_what_is_waited_for_is_shown_where_it_can_be_taken_away() -> None:
    console = terminal()
    with waiting(console, "shrinking 1 of 2: NAME", quiet=False):
        assert "shrinking 1 of 2: NAME" in text_of(console)
    assert text_of(console).endswith("\x1b[2K")
    quiet = terminal()
    with waiting(quiet, "shrinking", quiet=True):
        pass
    assert not text_of(quiet)


def test_the_summary_fits_a_terminal_and_the_machines_has_all() -> None:
    console, counted = terminal(), statistics()
    text = of_summary(counted, console)
    # the line with the seed before it, and the prompt after it
    assert len(rows_of(console)) <= LINES - 2
    assert text.startswith("\ntorch  nothing found in 10,000 cases, 9,900 of them judged\n")
    assert "20.0 s, 250 cases a second a core, seed 7, 2 workers\npython 3.11.7, torch 2.13.0\n" in text
    assert f"{sum(range(1, 28)):>8} × 27 more known causes (--json tells all)" in text
    assert f"{sum(range(1, 28)):>8} × 27 more reasons (--json tells all)" in text
    assert "2 of " in text
    assert "least: dict 0.10 %" in text
    machine = summary_data("torch", PLAN, counted, {})
    assert len(machine["reasons"]) == 60
    assert machine["kinds"] == counted.by_kind


def test_few_reasons_are_all_told() -> None:
    text = of_summary(statistics(reasons=4))
    assert text.count("×") == 8
    assert "more" not in text


def test_kinds_that_fail_more_often_than_others_are_named() -> None:
    counted = statistics(buckets=5)
    assert suspects(counted) == ["dict"]
    text = of_summary(counted)
    assert "5 causes found in 10,000 cases" in text
    assert re.search(r"^with dict .* 33 %", text, re.MULTILINE)


def test_who_judged_nothing_found_nothing_out() -> None:
    counted = Statistics(seconds=1.0)
    assert "nothing judged in 0 cases" in of_summary(counted)
    counted.statuses["absent"] = 5
    assert "nothing judged in 5 cases, 0 of them judged" in of_summary(counted)


@pytest.mark.parametrize(("buckets", "rows"), [(MANY - 1, 0), (MANY, 6), (90, OFTEN)])
def test_many_causes_are_told_once_more_in_short(buckets: int, rows: int) -> None:
    console = terminal()
    print_end(console, statistics(buckets), Path("OUT"))
    assert len(rows_of(console)) <= LINES - 4
    assert text_of(console).count("×") == rows
    assert ("more; the cases are in OUT" in text_of(console)) == (buckets > OFTEN)
    assert ("      90 × " in text_of(console)) == ("and 78 more; the cases are in OUT" in text_of(console))
    assert ("and 78 more" in text_of(console)) == (buckets == 90)
