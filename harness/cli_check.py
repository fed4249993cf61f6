"""`stackproof check`: somebody's own program, as it is beside compiled.

Claim: the program runs in a child process, so that whatever it does there is told; a file that is no program
is bad input and never a finding.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import click

from harness.cli_common import FINDINGS, OUT, emit_json, make_console


class SettingType(click.ParamType[tuple[str, Any]]):
    """NAME=VALUE."""

    name = "NAME=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        if isinstance(value, tuple):
            return value
        path, equals, written = str(value).partition("=")
        if not equals or not path.startswith("torch."):
            self.fail(f"{value!r} is not torch.….NAME=VALUE", param, ctx)
        try:
            return path, ast.literal_eval(written)
        except (ValueError, SyntaxError):
            return path, written


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--backend", default="eager", show_default=True, help="Of torch.compile.")
@click.option("--fullgraph", is_flag=True, help="A graph break is an error.")
@click.option("--dynamic/--static", default=None, help="Shapes are dynamic, or never; else as torch decides.")
@click.option(
    "--calls", type=click.IntRange(min=1), default=1, show_default=True, help="All calls so many times over."
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    type=SettingType(),
    help="Bind torch._dynamo.config.NAME, or another name below torch, to VALUE. Repeatable.",
)
@click.option(
    "--trace", is_flag=True, help="Hold the real stack of generated code against the predicted one."
)
@click.option("--seconds", type=click.FloatRange(min=1), default=300, show_default=True, help="Longer hangs.")
@click.option("--maker", default="make", show_default=True, help="The function that makes what is run.")
@click.option("--minimise", is_flag=True, help="Shrink FILE while the finding stays, and write a script.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(OUT),
    show_default=True,
    help="Where --minimise writes.",
)
@click.option("--json", "machine", is_flag=True, help="One JSON object on stdout.")
def check(
    file: Path,
    backend: str,
    fullgraph: bool,
    dynamic: bool | None,
    calls: int,
    sets: tuple[tuple[str, Any], ...],
    trace: bool,
    seconds: float,
    maker: str,
    minimise: bool,
    out: Path,
    machine: bool,
) -> None:
    """Run the program in FILE as it is and compiled, and compare all that it leaves.

    FILE defines make(), which returns (function, args) or (function, args, observe): args is a tuple, or a
    list of tuples for several calls one after the other; observe() returns more to compare. make is called
    anew for either run, in a load of FILE of its own.
    """
    from harness.programs import Options, check_file, data
    from harness.programs.loading import ProgramError
    from harness.report.check import print_checked

    options = Options(backend, fullgraph, dynamic, calls, sets, trace)
    console = make_console(machine)
    try:
        done = check_file(file, options, seconds, maker)
    except ProgramError as error:
        raise click.ClickException(str(error)) from None
    if machine:
        emit_json({"type": "check", "file": str(file), **data(done)})
    else:
        print_checked(console, file, done)
    if minimise and done.status == "failed":
        _minimise(file, options, maker, out, machine)
    sys.exit(FINDINGS if done.status == "failed" else 0)


def _minimise(file: Path, options: Any, maker: str, out: Path, machine: bool) -> None:
    from harness.programs.minimise import minimised
    from harness.report.check import print_minimised

    small = minimised(file, options, maker, out)
    if machine:
        emit_json({"type": "minimised", **small.data()})
    else:
        print_minimised(make_console(False), small)
