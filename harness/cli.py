"""The command line: `stackproof VERB …`, and `python -m harness`.

Claim: exit code 0 means that nothing was found, 1 findings, 2 bad usage or bad input, 3 that the harness
itself failed; bad input never gives a traceback. Torch is imported only by verbs that need it.
"""

from __future__ import annotations

import dataclasses
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli_check import check
from harness.cli_common import (
    BAD_INPUT,
    FINDINGS,
    HARNESS_FAILED,
    ChangeError,
    emit_json,
    load_changed,
    load_target,
    make_console,
    read_case,
    replace_option,
)
from harness.cli_corpus import corpus
from harness.cli_fuzz import fuzz
from harness.cli_gate import gate
from harness.cli_verify import verify
from harness.overlay import Replacement
from harness.targets import TARGETS

if TYPE_CHECKING:
    pass


def main() -> None:
    """The console script: runs the command and turns every end into one of the four exit codes."""
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(FINDINGS if isinstance(error, ChangeError) else BAD_INPUT)
    except click.Abort:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the end of the program: told as the harness's own failure
        traceback.print_exc()
        print(f"stackproof itself failed: {type(error).__name__}. This is no finding.", file=sys.stderr)
        sys.exit(HARNESS_FAILED)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(package_name="stackproof")
def cli() -> None:
    """Proves that generated CPython bytecode gives back the values it should.

    Exit codes: 0 nothing found, 1 findings, 2 bad usage or input, 3 stackproof itself failed.
    """


# --- repro --------------------------------------------------------------------------------------------


@cli.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--target",
    "name",
    type=click.Choice(list(TARGETS)),
    help="[default: own; for a known failure, the target that it is one of]",
)
@replace_option()
@click.option("--json", "machine", is_flag=True, help="One JSON object on stdout.")
def repro(case: Path, name: str | None, replacements: tuple[Replacement, ...], machine: bool) -> None:
    """Replay the case in the file CASE, and explain it. CASE may be a known failure of the corpus, too.

    Shows the tree, the code with the abstract stack before each instruction and the codegen call that
    emitted it, and the original value beside the reconstructed one.
    """
    from harness.corpus import CorpusError, known_in
    from harness.report.replay import print_replay, replay_data
    from harness.repro import replay

    try:
        known = known_in(case)
    except CorpusError as error:
        raise click.ClickException(str(error)) from None
    read = read_case(case) if known is None else known.case
    with load_changed(name or (known.target if known else "own"), replacements) as target:
        told = replay(target, read)
    if machine:
        emit_json(replay_data(told))
    else:
        console = make_console(False)
        print_replay(console, told)
        if known is not None:
            console.print(f"\n{known.name}, known of {known.target}: {known.cause}", markup=False)
    sys.exit(FINDINGS if told.outcome.status == "failed" else 0)


# --- doctor -------------------------------------------------------------------------------------------


@cli.command()
@click.option(
    "--coverage",
    is_flag=True,
    help="What the installed torch can rebuild, and how many of the drawn cases ask for each of it.",
)
@click.option(
    "--cases", type=click.IntRange(min=1), default=20_000, show_default=True, help="Cases for --coverage."
)
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
def doctor(coverage: bool, cases: int, machine: bool) -> None:
    """What can run here, and what not; with --coverage, what is asked for and what is not."""
    from rich.markup import escape

    from harness.doctor import examine

    if coverage:
        _coverage(cases, machine)
        return
    checks = examine()
    marks = {True: "[green]✓[/]", False: "[bold red]✗[/]", None: "[yellow]–[/]"}
    console = make_console(machine)
    for each in checks:
        if machine:
            emit_json({"type": "check", **dataclasses.asdict(each)})
        else:
            told = escape(f"{each.what:<15} {each.told}")
            console.print(f"{marks[each.ok]} {told}", soft_wrap=True)
    sys.exit(FINDINGS if any(each.ok is False for each in checks) else 0)


def _coverage(cases: int, machine: bool) -> None:
    from harness.reach import reach
    from harness.report.reach import print_reach

    load_target("torch")
    rows = reach(cases)
    if not machine:
        print_reach(make_console(machine), rows, cases)
        return
    for row in rows:
        emit_json(
            {"type": "reach", **dataclasses.asdict(row.thing), "share": row.share, "verdict": row.verdict}
        )


cli.add_command(check)
cli.add_command(corpus)
cli.add_command(fuzz)
cli.add_command(gate)
cli.add_command(verify)
