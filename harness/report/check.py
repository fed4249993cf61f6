"""How the check of somebody's program ended, on one screen.

Claim: who reads it knows what was compiled, what differs and where, and what to do next.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from harness.report.verify import print_listing

if TYPE_CHECKING:
    from rich.console import Console

    from harness.programs import Checked
    from harness.programs.minimise import Minimised

GREY = "bright_black"

MARKS: dict[str, tuple[str, str, str]] = {
    "passed": ("✓", "green", "gives the same compiled"),
    "failed": ("✗", "bold red", "does not give the same compiled"),
    "rejected": ("–", "yellow", "was refused"),
    "inconclusive": ("?", "yellow", "proves nothing"),
}

SHOWN = 5
"""Reasons and names that are listed of each sort."""


def print_checked(console: Console, file: Path, done: Checked) -> None:
    """The verdict, the first difference, and what was compiled."""
    mark, style, said = MARKS[done.status]
    reason = f": {done.reason}" if done.reason else ""
    console.print(Text.assemble((f"{mark} ", style), (str(file), "bold"), f" {said}{reason}"), soft_wrap=True)
    if done.told is not None:
        _print_told(console, done)
    for bad in done.bad:
        console.print()
        told = f"{bad['what']} of {bad['function']}, {bad['file']}:{bad['line']}"
        print_listing(console, told, bad["data"], False)
    _print_compiled(console, done)


def _print_told(console: Console, done: Checked) -> None:
    told = done.told
    assert told is not None
    console.print()
    head = Text.assemble("  ", (f"{told.oracle} · {told.kind}", "bold red"), f"  {told.path}")
    console.print(head, soft_wrap=True)
    rows = {"why": told.message, "eager": told.eager, "compiled": told.compiled}
    for name, text in rows.items():
        if text:
            console.print(Text.assemble((f"    {name:<9}", GREY), text), soft_wrap=True)


def _print_compiled(console: Console, done: Checked) -> None:
    seen = done.compiled
    if not seen:
        return
    console.print()
    counts = (
        f"{seen['codes']} code objects and {seen['resume functions']} resume functions verified, "
        f"{seen['graphs']} graphs with {seen['operations']} operations, "
        f"{sum(seen['breaks'].values())} graph breaks"
    )
    if seen["not verified"]:
        counts = f"not verified: {seen['not verified']}; {seen['codes']} code objects"
    console.print(Text(f"  {counts}", style=GREY), soft_wrap=True)
    if "traced" in seen:
        traced = (
            f"{seen['traced']} code objects traced: {seen['traced instructions']} instructions "
            f"in {seen['traced frames']} frames had the stack that was predicted"
        )
        told = f"not traced: {seen['not traced']}" if seen["not traced"] else traced
        console.print(Text(f"  {told}", style=GREY), soft_wrap=True)
    rows: dict[str, dict[str, Any]] = {
        "compiled": seen["functions"],
        "not compiled": seen["skipped"],
        "break": seen["breaks"],
        "not looked into": done.unjudged,
        "allowed": done.allowed,
    }
    for name, counted in rows.items():
        listed = [f"{each} ×{count}" if count > 1 else each for each, count in counted.items()]
        more = f", and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
        if listed:
            told = ", ".join(listed[:SHOWN]) + more
            console.print(Text(f"    {name:<16}{told}", style=GREY), soft_wrap=True)


def print_minimised(console: Console, small: Minimised) -> None:
    """What is left of the program, and where the script is."""
    console.print()
    head = f"  {small.lines_before} lines became {small.lines} in {small.candidates} candidates"
    console.print(Text(head, style=GREY), soft_wrap=True)
    for line in small.source.splitlines():
        console.print(Text(f"    {line}"), soft_wrap=True)
    if small.proved:
        console.print(Text(f"  {small.script} shows it with torch alone (exit code 1)"), soft_wrap=True)
    else:
        told = f"  {small.script} runs with torch alone and does not show it: {small.why}"
        console.print(Text(told, style="yellow"), soft_wrap=True)
