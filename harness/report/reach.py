"""The table of `doctor --coverage`, for a terminal: what is not covered in full, what is in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.reach import ENOUGH, Reached
from harness.report.console import share

STYLES = {
    "covered": "green",
    "rare": "yellow",
    "uncovered": "bold red",
    "out of reach": "bright_black",
    "absent": "blue",
}
"""Verdict -> its colour, in the order of the columns."""


def print_reach(console: Console, rows: Sequence[Reached], cases: int) -> None:
    """One line a family, then every row that is not covered, the most often reached first."""
    console.print(_totals(rows))
    for row in sorted(rows, key=lambda row: (list(STYLES).index(row.verdict), -row.share)):
        if row.verdict != "covered":
            told = row.thing.reason if row.verdict in ("out of reach", "absent") else share(row.share, 1)
            line = f"{row.verdict:13}{row.thing.family:9}{row.thing.name}"
            console.print(Text(f"{line}  {told}", style=STYLES[row.verdict]), soft_wrap=True)
    counts = Counter(row.verdict for row in rows)
    within = len(rows) - counts["out of reach"] - counts["absent"]
    told = f"\n{counts['covered']} of {within} covered ({share(counts['covered'], within)}): "
    told += f"reached by at least {share(ENOUGH, 1)} of {cases} cases"
    console.print(told, highlight=False)


def _totals(rows: Sequence[Reached]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("family")
    for verdict, style in STYLES.items():
        table.add_column(verdict, justify="right", style=style)
    for family in dict.fromkeys(row.thing.family for row in rows):
        counts = Counter(row.verdict for row in rows if row.thing.family == family)
        table.add_row(family, *(str(counts[verdict]) if counts[verdict] else "–" for verdict in STYLES))
    return table
