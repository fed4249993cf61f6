"""What `stackproof verify` shows: each rejected code object with its violations and its annotated listing.

Claim: of long code nothing near a violation is left out, and what is left out is counted.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from oracles.stack.__main__ import Result, Tally, counted, label
from oracles.stack.sources import CodeData, Problem, RowData, ViolationData, explain

ROWS_AROUND = 8
"""Instructions shown on either side of a violation, in code of more than ROWS_WHOLE."""
ROWS_WHOLE = 40

GREY = "bright_black"


def print_code(console: Console, result: Result, code: CodeData, whole: bool) -> None:
    """A code object of an input: see `print_listing`."""
    print_listing(console, label(result, code), code, whole)


def print_listing(console: Console, label: str, code: CodeData, whole: bool) -> None:
    """A code object: its verdict, each violation with the stack before it, and the listing, `whole` or around
    the violations."""
    rejected = bool(code["violations"])
    mark = Text("✗ ", style="bold red") if rejected else Text("✓ ", style="green")
    depth = f"  deepest {code['max_depth']}, co_stacksize {code['stacksize']}"
    console.print()
    console.print(mark + Text(label, style="bold") + Text(depth, style=GREY), soft_wrap=True)
    for violation in code["violations"]:
        _print_violation(console, violation)
    if code["rows"]:
        console.print(_listing(code, whole))


def _print_violation(console: Console, violation: ViolationData) -> None:
    at = f"  at {violation['offset']} {violation['opcode']}"
    line = f", line {violation['line']}" if violation["line"] else ""
    console.print(Text.assemble("  ", (violation["invariant"], "bold red"), at, (line, GREY)), soft_wrap=True)
    facts = {
        "why": violation["message"].partition("; stack: [")[0],
        "stack": ", ".join(violation["stack"]) or "empty",
        "way": violation["path"],
        "or": violation["other_path"] or "",
        "source": violation["source"],
    }
    for name, fact in facts.items():
        if fact:
            console.print(Text.assemble((f"    {name:<7}", GREY), fact), soft_wrap=True)


def _listing(code: CodeData, whole: bool) -> Table:
    wrong: dict[int, list[str]] = {}
    for violation in code["violations"]:
        wrong.setdefault(violation["offset"], []).append(violation["invariant"])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2), collapse_padding=True)
    table.add_column("line", justify="right", style=GREY)
    table.add_column("at", justify="right")
    table.add_column("instruction", overflow="fold")
    table.add_column("stack before, bottom first", overflow="fold")
    last: int | None = None
    for row in _shown(code["rows"], wrong, whole):
        if isinstance(row, int):
            table.add_row("", "", Text(f"⋯ {counted(row, 'instruction')}", style=GREY), "")
            continue
        number = str(row["line"] or "") if row["line"] != last else ""
        last = row["line"]
        if row["source"]:
            table.add_row(number, "", Text(row["source"], style="cyan"), "")
            number = ""
        names = wrong.get(row["offset"])
        style = "bold red" if names else ""
        table.add_row(
            number,
            Text(f"✗ {row['offset']}" if names else str(row["offset"]), style=style),
            Text(row["instruction"], style=style),
            _stack(row, style),
        )
        if names:
            table.add_row("", "", Text(f"↑ {', '.join(names)}", style="red"), "")
    return table


def _stack(row: RowData, style: str) -> Text:
    if row["stack"] is None:
        return Text("never reached", style=GREY)
    return Text(row["stack"] or "empty", style=style or ("" if row["stack"] else GREY))


def _shown(rows: list[RowData], wrong: dict[int, list[str]], whole: bool) -> Iterator[RowData | int]:
    """The rows to show, and in the place of others their number."""
    near = [at for at, row in enumerate(rows) if row["offset"] in wrong]
    left = 0
    for at, row in enumerate(rows):
        if whole or len(rows) <= ROWS_WHOLE or any(abs(at - other) <= ROWS_AROUND for other in near):
            if left:
                yield left
            left = 0
            yield row
        else:
            left += 1
    if left:
        yield left


def print_problem(console: Console, problem: Problem) -> None:
    """An input that could not be verified."""
    console.print(Text.assemble(("– ", "yellow"), explain(problem)), soft_wrap=True)


def print_verdict(console: Console, tally: Tally, hidden: int) -> None:
    """The counts; `hidden` is how many rejected code objects were not listed."""
    counts = tally.counts
    if hidden:
        more = counted(hidden, "more rejected code object")
        console.print(Text(f"\n… {more}; --json has all", style=GREY))
    verdict = {
        0: ("accepted", "bold green"),
        1: (f"{counted(counts['rejected'], 'code object')} rejected", "bold red"),
    }.get(tally.exit_code, ("not all verified", "bold yellow"))
    seen = f"  {counted(counts['codes'], 'code object')} of {counted(tally.files, 'file')}"
    console.print()
    console.print(Text.assemble(verdict, seen, (f", Python {platform.python_version()}", GREY)))
    if counts["codes"]:
        told = {"tight": "equals co_stacksize", "below": "is below it", "above": "is above it"}
        parts = [f"{words} in {counts[name]:,}" for name, words in told.items() if counts[name]]
        console.print(Text(f"the depth found {', '.join(parts)}", style=GREY))
    if tally.problems:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(tally.problems.items()))
        unread = counted(sum(tally.problems.values()), "file")
        console.print(Text(f"not verified: {unread} ({kinds})", style="yellow"))
