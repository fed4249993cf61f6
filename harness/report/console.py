"""What a campaign looks like: live on a terminal, plain lines elsewhere, and the summary at its end."""

from __future__ import annotations

import time
from typing import Any

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.chunks import Bucket, Plan, Statistics
from harness.runner import STATUSES
from oracles.run import Finding

COLOURS = {
    "passed": "green",
    "failed": "bold red",
    "known": "yellow",
    "inconclusive": "magenta",
    "rejected": "cyan",
    "absent": "bright_black",
}
PLAIN_EVERY = 10.0
"""Seconds between two progress lines where there is no terminal."""


def share(part: float, whole: float) -> str:
    """A share in percent, as short as it can be said."""
    if not whole or not part:
        return "–"
    percent = 100 * part / whole
    # never rounded up to all, or down to nothing
    return f"{percent:.2f} %" if percent < 1 or 99 < percent < 100 else f"{percent:.0f} %"


class Progress:
    """Shows a campaign as it runs; use as a context manager and as the campaign's `progress`."""

    def __init__(self, console: Console, target: str, plan: Plan, quiet: bool) -> None:
        self.console = console
        self.target = target
        self.plan = plan
        self.quiet = quiet
        self.live: Live | None = None
        self.next_line = time.monotonic() + PLAIN_EVERY

    def __enter__(self) -> Progress:
        if not self.quiet:
            # first of all: whatever ends this run, it can be repeated
            self.console.print(Text(f"{self.target}: seed {self.plan.seed}", style="bright_black"))
        if not self.quiet and self.console.is_terminal:
            # no refresh thread: the campaign forks, and calls back ten times a second anyway
            self.live = Live(console=self.console, auto_refresh=False, transient=True)
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.live is not None:
            self.live.stop()

    def __call__(self, statistics: Statistics) -> None:
        if self.live is not None:
            self.live.update(self._view(statistics), refresh=True)
        elif not self.quiet and time.monotonic() >= self.next_line:
            self.next_line = time.monotonic() + PLAIN_EVERY
            self.console.print(self._line(statistics))

    def _rate(self, statistics: Statistics) -> float:
        return statistics.drawn / statistics.seconds if statistics.seconds else 0.0

    def _line(self, statistics: Statistics) -> Text:
        parts = [f"{self.target}  {self._done(statistics)}  {self._rate(statistics):,.0f} cases/s"]
        parts += [f"{status} {count:,}" for status, count in statistics.statuses.items() if count]
        parts.append(f"buckets {len(statistics.buckets)}")
        return Text(" · ".join(parts))

    def _done(self, statistics: Statistics) -> str:
        if self.plan.cases is not None:
            return f"{statistics.drawn:,} of {self.plan.cases:,} cases"
        return f"{min(statistics.seconds, self.plan.seconds or 0):.0f} of {self.plan.seconds:.0f} s"

    def _view(self, statistics: Statistics) -> Group:
        if self.plan.cases is not None:
            part = statistics.drawn / max(1, self.plan.cases)
        else:
            part = statistics.seconds / (self.plan.seconds or 1.0)
        width = 30
        filled = min(width, int(part * width))
        bar = Text("━" * filled, style="green") + Text("━" * (width - filled), style="bright_black")
        head = Text(f"{self.target:<6}", style="bold") + bar
        head.append(f" {self._done(statistics)}   {self._rate(statistics):,.0f} cases/s")
        counts = Text("       ")
        for status in STATUSES:
            count = statistics.statuses[status]
            if count or status in ("passed", "failed"):
                counts.append(f"{status} ", style="bright_black")
                counts.append(f"{count:,}   ", style=COLOURS[status] if count else "")
        counts.append("buckets ", style="bright_black")
        counts.append(str(len(statistics.buckets)), style="bold red" if statistics.buckets else "")
        return Group(head, counts)


def summary_data(target: str, plan: Plan, statistics: Statistics, versions: dict[str, str]) -> dict[str, Any]:
    """The machine's summary line of a campaign."""
    return {
        "type": "summary",
        "target": target,
        "cases": statistics.cases,
        **{status: statistics.statuses[status] for status in STATUSES},
        "proved": None,
        "buckets": sorted(statistics.buckets),
        "seconds": round(statistics.seconds, 3),
        "cases_per_second_per_core": round(
            statistics.drawn / statistics.seconds / plan.workers if statistics.seconds else 0.0, 1
        ),
        "seed": plan.seed,
        "versions": versions,
        "kinds": statistics.by_kind,
        "reasons": dict(sorted(statistics.reasons.items())),
        "seconds_by_stage": {stage: round(spent, 3) for stage, spent in statistics.spent.items()},
    }


def print_summary(
    console: Console, target: str, plan: Plan, statistics: Statistics, versions: dict[str, str]
) -> None:
    """The summary for a person: what was run, how it ended, by kind, and where the time went."""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    rate = statistics.drawn / statistics.seconds / plan.workers if statistics.seconds else 0.0
    console.print()
    head = f"  {statistics.drawn:,} cases in {statistics.seconds:.1f} s, {rate:,.0f} a second a core"
    console.print(Text.assemble((target, "bold"), head))
    workers = "1 worker" if plan.workers == 1 else f"{plan.workers} workers"
    console.print(Text(f"seed {plan.seed}, {workers}, {named}", style="bright_black"), soft_wrap=True)
    console.print(_kinds_table(statistics))
    for reason, count in sorted(statistics.reasons.items(), key=lambda each: (-each[1], each[0])):
        console.print(Text(f"  {count:>8,} × {reason}"))
    spent = sum(statistics.spent.values())
    stages = "  ".join(f"{stage} {share(time, spent)}" for stage, time in statistics.spent.items())
    console.print(f"  time by stage: {stages}", style="bright_black", highlight=False)


def _kinds_table(statistics: Statistics) -> Table:
    shown = [status for status in STATUSES if statistics.statuses[status] or status in ("passed", "failed")]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2))
    table.add_column("of the cases with")
    table.add_column("in", justify="right")
    for status in shown:
        table.add_column(
            status, justify="right", style=COLOURS[status] if statistics.statuses[status] else ""
        )
    totals = [f"{statistics.statuses[status]:,}" for status in shown]
    table.add_row("all", f"{statistics.drawn:,}", *totals, end_section=True)
    for kind, counts in statistics.by_kind.items():
        total = sum(counts.values())
        if total:
            cells = [share(counts[status], total) for status in shown]
            table.add_row(kind.replace(":", " "), share(total, statistics.drawn), *cells)
    return table


def print_bucket(
    console: Console, bucket: Bucket, finding: Finding, nodes: int, command: str, note: str
) -> None:
    """One cause: its name, what went wrong, how often it was seen, and the command that replays it."""
    console.print()
    console.print(Text("✗ ", style="bold red") + Text(bucket.name, style="bold"), soft_wrap=True)
    console.print(Text(f"  {finding.message}"), soft_wrap=True)
    times = "once" if bucket.count == 1 else f"{bucket.count:,} times"
    told = f"seen {times}; the smallest case had {bucket.nodes} nodes, shrunk to {nodes}{note}"
    console.print(Text(f"  {told}"), soft_wrap=True)
    console.print(Text(f"  {command}", style="bold cyan"), soft_wrap=True)
