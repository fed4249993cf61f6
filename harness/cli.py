"""The command line: `stackproof VERB …`, and `python -m harness`.

Claim: exit code 0 means that nothing was found, 1 findings, 2 bad usage or bad input, 3 that the harness
itself failed; bad input never gives a traceback. Torch is imported only by verbs that need it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shlex
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.targets import TARGETS

if TYPE_CHECKING:
    from rich.console import Console

    from generators.case import Case
    from harness.campaign import Bucket, Plan, Statistics
    from harness.targets.base import Target

FINDINGS, BAD_INPUT, HARNESS_FAILED = 1, 2, 3
OUT = "stackproof-out"


def main() -> None:
    """The console script: runs the command and turns every end into one of the four exit codes."""
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(BAD_INPUT)
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


def _console(machine: bool) -> Console:
    from rich.console import Console

    # progress and tables are for people; with --json stdout belongs to the machine
    return Console(stderr=machine, highlight=False)


def _emit_json(data: dict[str, Any]) -> None:
    click.echo(json.dumps(data))


def _load(name: str) -> Target:
    from harness.targets import MissingTargetError, load

    try:
        return load(name)
    except MissingTargetError as missing:
        raise click.ClickException(str(missing)) from None


# --- fuzz ---------------------------------------------------------------------------------------------


class SeedType(click.ParamType[int]):
    """A whole number from 0 up, or `random`."""

    name = "seed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if value == "random":
            return int.from_bytes(os.urandom(4), "big")
        if not re.fullmatch(r"[0-9]{1,18}", value):
            self.fail(f"{value!r} is neither a whole number from 0 up nor 'random'", param, ctx)
        return int(value)


@cli.command()
@click.option(
    "--target", "names", multiple=True, type=click.Choice(list(TARGETS)), help="Repeatable.  [default: own]"
)
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Budget of time for each target.")
@click.option("--examples", type=click.IntRange(min=1), help="Budget of cases for each target.")
@click.option("--seed", type=SeedType(), default=0, show_default=True, help="A number, or `random`.")
@click.option("--workers", type=click.IntRange(1, 256), help="Forked processes.  [default: one a core]")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=OUT, show_default=True)
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
def fuzz(
    names: tuple[str, ...],
    seconds: float | None,
    examples: int | None,
    seed: int,
    workers: int | None,
    out: Path,
    machine: bool,
) -> None:
    """Draw cases until a budget is used up.

    With --examples the same seed gives the same cases and findings whatever the number of workers. Without
    a budget, 60 seconds.
    """
    from harness.campaign import Plan

    if seconds is None and examples is None:
        seconds = 60.0
    plan = Plan(seed, examples, seconds, workers or os.cpu_count() or 1)
    console = _console(machine)
    # all of them first: a target that is missing must not be found out after an hour of another's campaign
    targets = [_load(name) for name in names or ("own",)]
    found = False
    for target in targets:
        found |= _campaign(console, target, plan, out, machine)
    sys.exit(FINDINGS if found else 0)


def _campaign(console: Console, target: Target, plan: Plan, out: Path, machine: bool) -> bool:
    """One target's campaign, shown and saved; True if there are findings."""
    from harness.campaign import Campaign
    from harness.report.console import Progress, print_summary, summary_data

    with target:
        with Progress(console, target.name, plan, quiet=machine) as progress:
            campaign = Campaign(target, plan, progress)
            statistics = campaign.run()
        versions = {"python": sys.version.split()[0], **target.versions()}
        if not machine:
            print_summary(console, target.name, plan, statistics, versions)
        for name in sorted(statistics.buckets):
            _report(console, target, statistics.buckets[name], out, machine)
    if machine:
        _emit_json(summary_data(target.name, plan, statistics, versions))
    else:
        _print_end(console, statistics, campaign.interrupted)
    return bool(statistics.buckets)


def _report(console: Console, target: Target, bucket: Bucket, out: Path, machine: bool) -> None:
    """Shrink, save and show one cause."""
    from generators.codec import dumps, loads
    from harness.report.console import print_bucket
    from harness.report.replay import finding_data
    from harness.triage import shrink

    shrunk = shrink(target, bucket.name, loads(bucket.case))
    text = dumps(shrunk.case)
    path = _save(out, target.name, bucket.name, text)
    command = shlex.join(["stackproof", "repro", "--target", target.name, str(path)])
    if machine:
        _emit_json(
            {
                "type": "finding",
                "target": target.name,
                **finding_data(bucket.finding),
                "count": bucket.count,
                "index": bucket.index,
                "nodes": len(shrunk.case.nodes),
                "confirmed": shrunk.confirmed,
                "case": str(path),
                "command": command,
            }
        )
    else:
        note = "" if shrunk.confirmed else " (not seen again in a fresh process: not shrunk)"
        print_bucket(console, bucket, len(shrunk.case.nodes), command, note)


def _save(out: Path, target: str, bucket: str, text: str) -> Path:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{target}-{bucket}").strip("-").lower()[:80]
    path = out / f"{slug}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        # the finding is worth more than the file: it goes to stderr whole
        click.echo(text, err=True)
        raise click.ClickException(f"cannot save a case under {out}: {error.strerror}; it is above") from None
    return path


def _print_end(console: Console, statistics: Statistics, interrupted: bool) -> None:
    if interrupted:
        console.print("\ninterrupted: the figures are of what ran until then", style="yellow")
    causes = len(statistics.buckets)
    if causes:
        console.print(f"\n{causes} {'cause' if causes == 1 else 'causes'} found", style="bold red")
    else:
        console.print("\nnothing found", style="bold green")


# --- repro --------------------------------------------------------------------------------------------


@cli.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--target", "name", type=click.Choice(list(TARGETS)), default="own", show_default=True)
@click.option("--json", "machine", is_flag=True, help="One JSON object on stdout.")
def repro(case: Path, name: str, machine: bool) -> None:
    """Replay the case in the file CASE, and explain it.

    Shows the tree, the code with the abstract stack before each instruction and the codegen call that
    emitted it, and the original value beside the reconstructed one.
    """
    from harness.report.replay import print_replay, replay_data
    from harness.repro import replay

    read = read_case(case)
    with _load(name) as target:
        told = replay(target, read)
    if machine:
        _emit_json(replay_data(told))
    else:
        print_replay(_console(False), told)
    sys.exit(FINDINGS if told.outcome.status == "failed" else 0)


def read_case(path: Path) -> Case:
    """The case in a file; raises ClickException that says what is wrong with it and where."""
    from generators.codec import loads
    from generators.limits import FILE_BYTES
    from generators.rules import CaseError

    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES.high + 1)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    try:
        return loads(text)
    except CaseError as error:
        raise click.ClickException(f"{path}: {error}") from None


# --- doctor -------------------------------------------------------------------------------------------


@cli.command()
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
def doctor(machine: bool) -> None:
    """What can run here, and what not."""
    from harness.doctor import examine

    checks = examine()
    marks = {True: "[green]✓[/]", False: "[bold red]✗[/]", None: "[yellow]–[/]"}
    console = _console(machine)
    for check in checks:
        if machine:
            _emit_json({"type": "check", **dataclasses.asdict(check)})
        else:
            console.print(f"{marks[check.ok]} {check.what:<15} {check.told}", soft_wrap=True)
    sys.exit(FINDINGS if any(check.ok is False for check in checks) else 0)
