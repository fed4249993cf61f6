"""`stackproof fuzz`: a campaign on each target, begun, gone on with, or joined from its shards.

Claim: all that can be wrong with what a user asks for is told before anything runs.
"""

from __future__ import annotations

import dataclasses
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from generators.cases import CASE_KINDS
from harness.cli_common import (
    FINDINGS,
    OUT,
    corpus_option,
    load_target,
    make_console,
    read_corpus,
)
from harness.targets import TARGETS

if TYPE_CHECKING:
    from harness.chunks import Plan
    from harness.corpus import Corpus, Known
    from harness.session import AnyCampaign, Session
    from harness.state import Aside
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


class ShardType(click.ParamType[tuple[int, int]]):
    """`I/N`: part I of N, counted from 1."""

    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        read = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", value)
        if read is None or not 1 <= int(read[1]) <= int(read[2]):
            self.fail(f"{value!r} is no part of a whole, such as 1/4 to 4/4", param, ctx)
        return int(read[1]), int(read[2])


CONNECT_SECONDS = 5.0
"""In which the head of a cluster has to answer."""

USES = {
    "--resume": ("names", "seconds", "workers", "cluster", "folder", "machine", "resume"),
    "--merge": ("names", "out", "folder", "machine", "merge", "directories"),
}
"""What may be said beside an option that takes the plan from a state."""


@click.command()
@click.argument("directories", metavar="[DIR]...", nargs=-1, type=click.Path(file_okay=False, path_type=Path))
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
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Run on the Ray cluster at HOST:PORT (or `auto`), on all of its cores.",
)
@click.option("--shard", type=ShardType(), default="1/1", help="Run part I of N of the campaign alone.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default=True,
    help="Where findings and the state of the campaign go.",
)
@click.option(
    "--resume",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Go on with the campaign in DIR. --seconds is then the budget of the whole.",
)
@click.option(
    "--merge", is_flag=True, help="Join the states of shards, those in each DIR, and report on the whole."
)
@corpus_option()
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
@click.pass_context
def fuzz(
    context: click.Context,
    directories: tuple[Path, ...],
    names: tuple[str, ...],
    seconds: float | None,
    examples: int | None,
    seed: int,
    kinds: tuple[str, ...],
    watch_every: int | None,
    workers: int | None,
    cluster: str | None,
    shard: tuple[int, int],
    out: Path,
    resume: Path | None,
    merge: bool,
    folder: Path,
    machine: bool,
) -> None:
    """Draw cases until a budget is used up.

    With --examples the same seed gives the same cases and findings whatever the number of workers. Without a
    budget, 60 seconds. Failures that the corpus describes are counted as known. What a campaign did is kept
    under --out as it goes: --resume goes on where it was stopped, --merge joins the shards of one.
    """
    _check_usage(context, directories, merge=merge, resume=resume is not None)
    if seconds is not None and seconds != seconds:
        raise click.BadParameter("nan is no budget", param_hint="--seconds")
    cores = len(os.sched_getaffinity(0))
    if cluster is not None:
        _check_cluster(cluster, workers)
    making = _Making(read_corpus(folder), machine, cluster)
    with _state_errors():
        if merge:
            sessions = making.merged(directories, names, out)
        elif resume is not None:
            sessions = making.resumed(resume, names, seconds, workers or cores)
        else:
            from harness.chunks import WATCHED, Plan

            if seconds is None and examples is None:
                seconds = 60.0
            plan = Plan(
                *(seed, examples, seconds, workers or cores),
                kinds=tuple(kind for kind in CASE_KINDS if kind in kinds) or CASE_KINDS,
                watch_every=watch_every or WATCHED,
                shard=shard[0],
                shards=shard[1],
            )
            sessions = making.begun(plan, list(dict.fromkeys(names or ("own",))), out)
    found = False
    for at, session in enumerate(sessions, 1):
        found |= session.run()
        if session.interrupted:
            for left in sessions[at:]:
                click.echo(f"{left.target.name}: interrupted before it began", err=True)
            break
    sys.exit(FINDINGS if found else 0)


def _check_usage(context: click.Context, directories: Sequence[Path], *, merge: bool, resume: bool) -> None:
    if merge and resume:
        raise click.UsageError("--merge and --resume are two things: join first, then go on")
    if merge != bool(directories):
        raise click.UsageError("--merge needs a DIR for each shard" if merge else "a DIR goes with --merge")
    for option, asked in (("--resume", resume), ("--merge", merge)):
        for parameter in context.command.params if asked else ():
            given = context.get_parameter_source(parameter.name or "") == ParameterSource.COMMANDLINE
            if given and parameter.name not in USES[option]:
                raise click.UsageError(
                    f"{parameter.opts[0]} says what a new campaign is: {option} reads that from DIR"
                )


def _check_cluster(address: str, workers: int | None) -> None:
    from harness.cluster.campaign import is_available

    if workers is not None:
        raise click.UsageError("--workers is of this machine: with --cluster it is the cores that Ray has")
    if not is_available():
        raise click.ClickException("--cluster needs Ray: pip install 'stackproof[cluster]' on every machine")
    host, colon, port = address.rpartition(":")
    if address == "auto":
        return
    if not (host and colon and port.isdecimal()):
        raise click.BadParameter(f"{address!r} is neither HOST:PORT nor `auto`", param_hint="--cluster")
    # Ray itself tries for minutes
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise click.ClickException(f"no Ray cluster answers at {address}: {error}") from None


@contextmanager
def _state_errors() -> Iterator[None]:
    from harness.journal import StateError

    try:
        yield
    except StateError as error:
        raise click.ClickException(str(error)) from None


class _Making:
    """Makes the sessions, all of them before any runs: a target that is missing, or a directory that cannot
    be written, must not be found out after an hour of another's campaign."""

    def __init__(self, corpus: Corpus, machine: bool, cluster: str | None) -> None:
        self.corpus = corpus
        self.cluster = cluster
        self.machine = machine
        self.console = make_console(machine)

    def _known(self, target: Target) -> tuple[Known, ...]:
        return self.corpus.known_of(target.name, target.versions())

    def _campaign(self) -> Callable[..., AnyCampaign]:
        """What makes a campaign: on this machine, or on the cluster."""
        from harness.campaign import Campaign

        if self.cluster is None:
            return Campaign
        from harness.cluster.campaign import ClusterCampaign

        return partial(ClusterCampaign, self.cluster)

    def begun(self, plan: Plan, names: Sequence[str], out: Path) -> list[Session]:
        """New campaigns."""
        from harness.session import Session
        from harness.state import begin, header_of

        sessions = []
        for target in [load_target(name) for name in names]:
            known = self._known(target)
            journal, aside = begin(out, header_of(target.name, plan, target.versions(), known))
            _tell_aside(aside)
            make = self._campaign()
            sessions.append(Session(self.console, target, plan, journal, known, self.machine, make=make))
        return sessions

    def resumed(
        self, directory: Path, names: Sequence[str], seconds: float | None, workers: int
    ) -> list[Session]:
        """The campaigns in a directory, gone on with."""
        from harness.session import Session
        from harness.state import resume, targets_in, told_of

        sessions = []
        for target in [load_target(name) for name in names or targets_in(directory)]:
            known = self._known(target)
            journal = resume(directory, target.name, target.versions(), known)
            plan = dataclasses.replace(journal.content.header.plan, workers=workers)
            if seconds is not None:
                plan = dataclasses.replace(plan, seconds=seconds)
            is_over = journal.content.is_finished(plan)
            how = "finished: nothing is left to run" if is_over else "gone on with"
            click.echo(f"{told_of(journal.content)}: {how}", err=True)
            past = journal.content.past if is_over else None
            make = self._campaign()
            sessions.append(
                Session(self.console, target, plan, journal, known, self.machine, past, make=make)
            )
        return sessions

    def merged(self, directories: Sequence[Path], names: Sequence[str], out: Path) -> list[Session]:
        """The states in the directories, joined target by target in `out`."""
        from harness.merging import merge
        from harness.session import Session
        from harness.state import targets_in

        there = dict.fromkeys(name for directory in directories for name in targets_in(directory))
        sessions = []
        for target in [load_target(name) for name in names or there]:
            known = self._known(target)
            merged = merge(directories, target.name, target.versions(), known, out)
            _tell_aside(merged.aside)
            for note in merged.notes:
                click.echo(f"{target.name}: {note}", err=True)
            plan = merged.journal.content.header.plan
            sessions.append(
                Session(self.console, target, plan, merged.journal, known, self.machine, merged.past)
            )
        return sessions


def _tell_aside(aside: Aside | None) -> None:
    if aside is not None:
        told = f"a campaign that was not finished is now in {aside.directory}: {aside.what}"
        click.echo(told, err=True)
