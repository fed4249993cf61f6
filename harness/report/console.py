"""What a campaign looks like at its end: the summary for a person, and the one for a machine.

Claim: without findings the summary fits a terminal of 80 columns and 24 lines; all that was counted is in the
machine's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
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
GREY = "bright_black"

CASES = "case:"
"""What the kinds of cases are called by, among all kinds that are counted."""

NAME, NAME_OF_CROWDED = 22, 14
"""Columns for the name of a kind; where more than CROWDED statuses have a column, they take the room."""

CROWDED = 4

REASONS = 8
"""Lines that the summary has room for to say why cases were passed by or not judged."""

SUSPECTS = 5
"""Kinds that the summary names because the cases with them fail most often."""

MANY = 6
"""Causes that are told once more at the end, in short: no screen holds so many in full."""

OFTEN = 12
"""Of these, those that have a line."""


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
        "replaced": statistics.replaced,
        "seconds_by_stage": {stage: round(spent, 3) for stage, spent in statistics.spent.items()},
    }


def print_summary(
    console: Console, target: str, plan: Plan, statistics: Statistics, versions: dict[str, str]
) -> None:
    """The summary for a person: the verdict, how the cases of each kind ended, why some were not judged or
    passed by, and where the time went."""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    rate = statistics.drawn / statistics.seconds / plan.workers if statistics.seconds else 0.0
    told = f"{statistics.seconds:.1f} s, {rate:,.0f} cases a second a core, seed {plan.seed}"
    console.print()
    console.print(Text.assemble((target, "bold"), "  ", verdict(statistics)), soft_wrap=True)
    console.print(Text(f"{told}, {crew(plan, statistics)}\n{named}\n", style=GREY), soft_wrap=True)
    console.print(cases_table(statistics, suspects(statistics)))
    console.print()
    for row in _reasons(statistics):
        print_line(console, Text(row))
    print_line(console, Text(_drawn(statistics), style=GREY))
    print_line(console, stages(statistics))


def print_line(console: Console, told: Text) -> None:
    """One line: on a terminal as much of it as there is room for, elsewhere all."""
    if console.is_terminal:
        console.print(told, no_wrap=True, overflow="ellipsis")
    else:
        console.print(told, soft_wrap=True)


def crew(plan: Plan, statistics: Statistics) -> str:
    """The workers, and how many of them were replaced."""
    told = "1 worker" if plan.workers == 1 else f"{plan.workers:,} workers"
    return f"{told} ({statistics.replaced:,} replaced)" if statistics.replaced else told


def verdict(statistics: Statistics) -> Text:
    """What was found, and in how many cases."""
    causes = len(statistics.buckets)
    if causes:
        told = Text("1 cause found" if causes == 1 else f"{causes:,} causes found", style="bold red")
    elif statistics.cases:
        told = Text("nothing found", style="bold green")
    else:
        told = Text("nothing judged", style="bold yellow")
    return told.append(f" in {statistics.drawn:,} cases, {statistics.cases:,} of them judged", style="none")


def stages(statistics: Statistics) -> Text:
    """The share of each stage in the time of the workers: one line of 80 columns."""
    told = Text("time:", style=GREY)
    spent = sum(statistics.spent.values())
    for stage, part in statistics.spent.items():
        percent = round(100 * part / spent) if spent else 0
        told.append(f" {stage} ")
        told.append(f"{percent}%" if percent or not part else "<1%", style="none")
    return told


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
    """The known causes that were passed by and the other reasons, those that count most: REASONS lines."""
    ordered = sorted(statistics.reasons.items(), key=lambda each: (-each[1], each[0]))
    known = [each for each in ordered if each[0].startswith("known: ")]
    others = _most([each for each in ordered if each not in known], REASONS // 2, "reasons")
    return _most(known, REASONS - len(others), "known causes") + others


def _most(ordered: Sequence[tuple[str, int]], room: int, what: str) -> list[str]:
    rest = ordered[room - 1 :] if len(ordered) > room else []
    told = [f"{count:>8,} × {reason}" for reason, count in ordered[: len(ordered) - len(rest)]]
    if rest:
        told.append(f"{sum(count for _, count in rest):>8,} × {len(rest)} more {what} (--json tells all)")
    return told


def _drawn(statistics: Statistics) -> str:
    """How many kinds of what cases are made of came up, and which of them least often."""
    counted = {
        kind: sum(counts.values())
        for kind, counts in statistics.by_kind.items()
        if not kind.startswith(CASES)
    }
    met = {kind: count for kind, count in counted.items() if count}
    told = f"{len(met)} of {len(counted)} kinds of nodes drawn"
    if not met:
        return told
    rarest = min(met, key=lambda kind: (met[kind], kind))
    return f"{told}, least: {rarest.replace(':', ' ')} {share(met[rarest], statistics.drawn)}"


def cases_table(statistics: Statistics, more: Sequence[str] = ()) -> Table:
    """How the cases ended: all, those of each kind of case, and those with some more kinds."""
    shown = [status for status in STATUSES if statistics.statuses[status] or status in ("passed", "failed")]
    crowded = len(shown) > CROWDED
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    table.padding = (0, 0 if crowded else 1)
    room = NAME_OF_CROWDED if crowded else NAME
    table.add_column("of the cases", max_width=room, overflow="ellipsis", no_wrap=True)
    table.add_column("in", justify="right", no_wrap=True)
    for status in shown:
        style = COLOURS[status] if statistics.statuses[status] else ""
        table.add_column(status, justify="right", style=style, no_wrap=True)
    totals = [f"{statistics.statuses[status]:,}" for status in shown]
    table.add_row("all", f"{statistics.drawn:,}", *totals)
    kinds = [kind for kind in statistics.by_kind if kind.startswith(CASES)]
    # while a chunk runs, its cases are counted by how they end alone
    by_kind = sum(sum(statistics.by_kind[kind].values()) for kind in kinds)
    for kind in (*kinds, *more):
        counts = statistics.by_kind[kind]
        total = sum(counts.values())
        if total:
            cells = [share(counts[status], total) for status in shown]
            name = kind.removeprefix(CASES) if kind in kinds else f"with {kind.replace(':', ' ')}"
            table.add_row(name, share(total, by_kind), *cells)
    return table


def print_end(console: Console, statistics: Statistics, out: Path) -> None:
    """After many causes, which take some screens: those seen most often, and where all of them are."""
    ordered = sorted(statistics.buckets.values(), key=lambda bucket: (-bucket.count, bucket.name))
    if len(ordered) < MANY:
        return
    console.print()
    console.print(verdict(statistics), soft_wrap=True)
    for bucket in ordered[:OFTEN]:
        print_line(console, Text(f"{bucket.count:>8,} × {bucket.name}"))
    rest = len(ordered) - OFTEN
    told = f"and {rest} more; the cases are in {out}" if rest > 0 else f"the cases are in {out}"
    console.print(Text(told, style=GREY), soft_wrap=True)


def print_bucket(console: Console, bucket: Bucket, finding: Finding, shrunk: Shrunk, command: str) -> None:
    """One cause: its name, what went wrong, how often it was seen, and the command that replays it."""
    console.print()
    console.print(Text("✗ ", style="bold red") + Text(bucket.name, style="bold"), soft_wrap=True)
    console.print(Text(f"  {finding.message}"), soft_wrap=True)
    times = "once" if bucket.count == 1 else f"{bucket.count:,} times"
    told = f"seen {times}; the smallest case had {bucket.nodes} nodes, "
    if shrunk.confirmed:
        told += f"shrunk to {len(shrunk.case.nodes)}"
    elif not shrunk.runs:
        told += "not shrunk: interrupted"
    elif shrunk.shown < shrunk.runs:
        told += f"not shrunk. Flaky: shown in {shrunk.shown} of {shrunk.runs} fresh processes"
    else:
        told += "not shrunk: what is left of it does not always show it"
    console.print(Text(f"  {told}"), soft_wrap=True)
    console.print(Text(f"  {command}", style="bold cyan"), soft_wrap=True)
