"""The steps of a script, each with the stack that it has to leave; and the nodes that they are about."""

from __future__ import annotations

import dataclasses

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from generators.case import Case
from generators.stacks import Model
from generators.steps import Step
from generators.taking import take


def print_script(console: Console, case: Case, bad_step: int | None) -> None:
    """The nodes and the steps; the step numbered `bad_step` is where the stack went wrong first."""
    from harness.report.replay import node_text

    marks = ", ".join(f"node {at}" for at in case.options.temporaries)
    told = f"  temporaries for {marks}" if marks else ""
    console.print(Text("\nscript", style="bold") + Text(told, style="bright_black"))
    for at in range(len(case.nodes)):
        console.print(Text(f"  node {at} ", style="bright_black") + node_text(case, at))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2), collapse_padding=True)
    for column in ("step", "does", "leaves, bottom first"):
        table.add_column(column, overflow="fold")
    for at, (does, leaves) in enumerate(script_rows(case)):
        wrong = at == bad_step
        style = "bold red" if wrong else ""
        table.add_row(
            f"{'✗ ' if wrong else ''}{at}",
            Text(does, style=style),
            Text(leaves + ("  ← from here on it is not so" if wrong else ""), style=style or "bright_black"),
        )
    console.print(table)


def script_rows(case: Case) -> list[tuple[str, str]]:
    """For each step what it does, and the stack that it leaves, in words."""
    model = Model(case.nodes, dict(case.locals))
    rows = []
    for step in case.steps:
        take(model, step)
        rows.append((step_text(step), ", ".join(entry.spell() for entry in model.stack) or "empty"))
    return rows


def step_text(step: Step) -> str:
    """A step as a reader would say it: `rot_n  count 3`."""
    parts = [step.operation]
    for field in dataclasses.fields(step)[1:]:
        value = getattr(step, field.name)
        if value is None or value == ():
            continue
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        parts.append(f"{field.name} {shown}")
    return "  ".join(parts)
