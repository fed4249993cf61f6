"""What a campaign looks like at its end: the summary for a person, and the one for a machine.

Claim: without findings the summary fits a terminal of 80 columns and 24 lines; all of it is in the machine's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.chunks import Bucket, Plan, Statistics
from harness.runner import STATUSES
from harness.triage import Shrunk
from oracles.run import Finding

COLOURS = {
    "passed": "green",
    "failed": "bold red",
    "known": "yellow",
    "inconclusive": "magenta",
    "rejected": "cyan",
    "absent": "bright_black",
}
CASES = "case:"
"""What the kinds of cases are called by, among all kinds that are counted."""

REASONS = 5
"""Reasons that the summary has room for."""

SUSPECTS = 5
"""Kinds that the summary names because the cases with them fail most often."""


def share(part: float, whole: float) -> str:
    """A share in percent, as short as it can be said."""
    if not whole or not part:
        return "–"
    percent = 100 * part / whole
    # never rounded up to all, or down to nothing
    return f"{percent:.2f} %" if percent < 1 or 99 < percent < 100 else f"{percent:.0f} %"


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
    console.print(cases_table(statistics, suspects(statistics)))
    for told in _reasons(statistics):
        console.print(Text(told, style="" if "×" in told else "bright_black"), soft_wrap=True)
    console.print(Text(f"  {_drawn(statistics)}", style="bright_black"), soft_wrap=True)
    console.print(Text(f"  time by stage: {stages(statistics)}", style="bright_black"), soft_wrap=True)


def stages(statistics: Statistics) -> str:
    """The share of each stage in the time of the workers."""
    spent = sum(statistics.spent.values())
    shares = ((stage, share(time, spent)) for stage, time in statistics.spent.items())
    return " · ".join(f"{stage} {told.replace(' ', '')}" for stage, told in shares)


def suspects(statistics: Statistics) -> list[str]:
    """The kinds of what cases are made of whose cases fail most often, where that is more than all do."""
    failed, drawn = statistics.statuses["failed"], statistics.drawn
    often = {
        kind: counts["failed"] / sum(counts.values())
        for kind, counts in statistics.by_kind.items()
        if counts["failed"] and not kind.startswith(CASES)
    }
    above = [kind for kind, part in often.items() if part > failed / drawn]
    return sorted(above, key=lambda kind: (-often[kind], kind))[:SUSPECTS]


def _reasons(statistics: Statistics) -> list[str]:
    ordered = sorted(statistics.reasons.items(), key=lambda each: (-each[1], each[0]))
    told = [f"  {count:>8,} × {reason}" for reason, count in ordered[:REASONS]]
    if rest := ordered[REASONS:]:
        told.append(f"  and {len(rest)} more, of {sum(count for _, count in rest):,} cases (all with --json)")
    return told


def _drawn(statistics: Statistics) -> str:
    """How many kinds of what cases are made of came up, and which of them least often."""
    counted = {
        kind: sum(counts.values())
        for kind, counts in statistics.by_kind.items()
        if not kind.startswith(CASES)
    }
    met = {kind: count for kind, count in counted.items() if count}
    told = f"{len(met)} of {len(counted)} kinds of nodes, sources, effects and steps drawn"
    if not met:
        return told
    rarest = min(met, key=lambda kind: (met[kind], kind))
    return f"{told}, {rarest.replace(':', ' ')} least ({share(met[rarest], statistics.drawn)})"


def cases_table(statistics: Statistics, more: Sequence[str] = ()) -> Table:
    """How the cases ended: all, those of each kind of case, and those with some more kinds."""
    shown = [status for status in STATUSES if statistics.statuses[status] or status in ("passed", "failed")]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("of the cases", max_width=22, overflow="ellipsis", no_wrap=True)
    table.add_column("in", justify="right")
    for status in shown:
        table.add_column(
            status, justify="right", style=COLOURS[status] if statistics.statuses[status] else ""
        )
    totals = [f"{statistics.statuses[status]:,}" for status in shown]
    table.add_row("all", f"{statistics.drawn:,}", *totals, end_section=True)
    kinds = [kind for kind in statistics.by_kind if kind.startswith(CASES)]
    # while a chunk runs, its cases are counted by how they end alone
    by_kind = sum(sum(statistics.by_kind[kind].values()) for kind in kinds)
    for kind in (*kinds, *more):
        counts = statistics.by_kind[kind]
        total = sum(counts.values())
        if total:
            cells = [share(counts[status], total) for status in shown]
            name = kind.removeprefix(CASES) if kind in kinds else f"with {kind.replace(':', ' ')}"
            table.add_row(name, share(total, by_kind), *cells, end_section=kind == kinds[-1])
    return table


def print_bucket(console: Console, bucket: Bucket, finding: Finding, shrunk: Shrunk, command: str) -> None:
    """One cause: its name, what went wrong, how often it was seen, and the command that replays it."""
    console.print()
    console.print(Text("✗ ", style="bold red") + Text(bucket.name, style="bold"), soft_wrap=True)
    console.print(Text(f"  {finding.message}"), soft_wrap=True)
    times = "once" if bucket.count == 1 else f"{bucket.count:,} times"
    told = f"seen {times}; the smallest case had {bucket.nodes} nodes, "
    if shrunk.confirmed:
        told += f"shrunk to {len(shrunk.case.nodes)}"
    elif shrunk.shown < shrunk.runs:
        told += f"not shrunk. Flaky: shown in {shrunk.shown} of {shrunk.runs} fresh processes"
    else:
        told += "not shrunk: what is left of it does not always show it"
    console.print(Text(f"  {told}"), soft_wrap=True)
    console.print(Text(f"  {command}", style="bold cyan"), soft_wrap=True)
