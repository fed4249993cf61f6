"""`stackproof fuzz`: a campaign on each target, its causes shrunk, saved and shown.

Claim: a finding is on disk as soon as it is seen, and every cause is reported whatever becomes of the others:
of its file, of the next target, of the harness.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generators.cases import CASE_KINDS
from harness.cli_common import (
    FINDINGS,
    OUT,
    corpus_option,
    emit_json,
    load_target,
    make_console,
    read_corpus,
    save_case,
)
from harness.targets import TARGETS

if TYPE_CHECKING:
    from rich.console import Console

    from harness.campaign import Campaign
    from harness.chunks import Bucket, Plan
    from harness.corpus import Corpus, Known
    from harness.targets.base import Target


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


@click.command()
@click.option(
    "--target", "names", multiple=True, type=click.Choice(list(TARGETS)), help="Repeatable.  [default: own]"
)
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Budget of time for each target.")
@click.option("--examples", type=click.IntRange(min=1), help="Budget of cases for each target.")
@click.option("--seed", type=SeedType(), default=0, show_default=True, help="A number, or `random`.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(CASE_KINDS),
    help="Kind of case to draw. Repeatable.  [default: all]",
)
@click.option(
    "--watch-every",
    type=click.IntRange(min=1),
    help="Hold each call of the codegen against its contract in one case of so many.  [default: 32]",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Forked processes.  [default: one a core]")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=OUT, show_default=True)
@corpus_option()
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
def fuzz(
    names: tuple[str, ...],
    seconds: float | None,
    examples: int | None,
    seed: int,
    kinds: tuple[str, ...],
    watch_every: int | None,
    workers: int | None,
    out: Path,
    folder: Path,
    machine: bool,
) -> None:
    """Draw cases until a budget is used up.

    With --examples the same seed gives the same cases and findings whatever the number of workers. Without
    a budget, 60 seconds. Failures that the corpus describes are counted as known.
    """
    from harness.chunks import WATCHED, Plan

    if seconds is None and examples is None:
        seconds = 60.0
    if seconds is not None and seconds != seconds:
        raise click.BadParameter("nan is no budget", param_hint="--seconds")
    chosen = tuple(kind for kind in CASE_KINDS if kind in kinds) or CASE_KINDS
    plan = Plan(
        *(seed, examples, seconds, workers or len(os.sched_getaffinity(0))),
        kinds=chosen,
        watch_every=watch_every or WATCHED,
    )
    console = make_console(machine)
    corpus = read_corpus(folder)
    # all of them first: a target that is missing must not be found out after an hour of another's campaign
    targets = [load_target(name) for name in dict.fromkeys(names or ("own",))]
    found = False
    for target in targets:
        session = _Session(console, target, plan, out, machine)
        found |= session.run(corpus)
        if session.interrupted:
            break
    sys.exit(FINDINGS if found else 0)


class _Session:
    """One target's campaign, shown and saved."""

    def __init__(self, console: Console, target: Target, plan: Plan, out: Path, machine: bool) -> None:
        self.console = console
        self.target = target
        self.plan = plan
        self.out = out
        self.machine = machine
        self.interrupted = False
        self.unshrunk: dict[str, Path] = {}
        self.unsaved: list[str] = []

    def run(self, corpus: Corpus) -> bool:
        """True if there are findings. Raises, after all is reported, what ended the campaign early or kept
        a case from being saved."""
        from harness.campaign import Campaign
        from harness.report.console import Progress, print_summary, summary_data

        versions = {"python": sys.version.split()[0], **self.target.versions()}
        known = corpus.known_of(self.target.name, versions)
        with self.target:
            with Progress(self.console, self.target.name, self.plan, quiet=self.machine) as progress:
                campaign = Campaign(self.target, self.plan, progress, known, self._seen)
                statistics = campaign.run()
            self.interrupted = campaign.interrupted
            if not self.machine:
                print_summary(self.console, self.target.name, self.plan, statistics, versions)
            for name in sorted(statistics.buckets):
                self._report(statistics.buckets[name])
            self._report_fixed(known)
        if self.machine:
            summary = summary_data(self.target.name, self.plan, statistics, versions)
            emit_json({**summary, "interrupted": self.interrupted})
        else:
            self._print_end(campaign)
        if campaign.failure is not None:
            raise campaign.failure
        if not statistics.drawn and not self.interrupted:
            raise click.ClickException("the budget was over before a case was drawn: nothing was checked")
        if self.unsaved:
            why = self.unsaved[0]
            raise click.ClickException(f"cannot save a case under {self.out}: {why}; the cases are above")
        return bool(statistics.buckets)

    def _seen(self, bucket: Bucket) -> None:
        """A bucket, or a better example of one, was found: on disk before anything else happens."""
        slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{self.target.name}-{bucket.name}").strip("-").lower()[:80]
        path = self.out / f"{slug}-unshrunk.json"
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            path.write_text(bucket.case)
        except OSError:
            # told with the cause, when it is reported
            return
        self.unshrunk[bucket.name] = path

    def _report(self, bucket: Bucket) -> None:
        """Shrink, save and show one cause."""
        from generators.codec import dumps, loads
        from harness.report.console import print_bucket
        from harness.report.replay import finding_data
        from harness.triage import shrink

        shrunk = shrink(self.target, bucket.name, loads(bucket.case))
        text = dumps(shrunk.case)
        finding = shrunk.finding or bucket.finding
        try:
            path = str(save_case(self.out, self.target.name, bucket.name, text))
            if bucket.name in self.unshrunk:
                self.unshrunk[bucket.name].unlink(missing_ok=True)
        except OSError as error:
            # the finding is worth more than the file: it goes to stderr whole
            click.echo(text, err=True)
            self.unsaved.append(error.strerror or str(error))
            path = "CASE"
        command = shlex.join(["stackproof", "repro", "--target", self.target.name, path])
        if self.machine:
            emit_json(
                {
                    "type": "finding",
                    "target": self.target.name,
                    **finding_data(finding),
                    "count": bucket.count,
                    "index": bucket.index,
                    "nodes": len(shrunk.case.nodes),
                    "confirmed": shrunk.confirmed,
                    "case": path,
                    "command": command,
                }
            )
        else:
            note = "" if shrunk.confirmed else " (not seen again in a fresh process: not shrunk)"
            print_bucket(self.console, bucket, finding, len(shrunk.case.nodes), command, note)

    def _report_fixed(self, known: Sequence[Known]) -> None:
        """Say which known failures fire no more: of these, the corpus would excuse something else."""
        from harness.triage import probe

        for each in known:
            if each.fires(probe(self.target, each.case)):
                continue
            if self.machine:
                emit_json(
                    {"type": "fixed?", "target": self.target.name, "name": each.name, "cause": each.cause}
                )
            else:
                told = f"\nfixed? known/{each.name} fires no more: {each.cause}"
                self.console.print(told, style="yellow", markup=False)

    def _print_end(self, campaign: Campaign) -> None:
        if campaign.interrupted:
            self.console.print("\ninterrupted: the figures are of what ran until then", style="yellow")
        causes = len(campaign.statistics.buckets)
        if causes:
            self.console.print(f"\n{causes} {'cause' if causes == 1 else 'causes'} found", style="bold red")
        else:
            self.console.print("\nnothing found", style="bold green")
