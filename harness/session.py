"""One target's campaign for its user: run, kept, shrunk, saved and shown.

Claim: a finding is on disk as soon as it is seen, and every cause is reported whatever becomes of the others:
of its file, of the campaign's state, of the harness.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generators.codec import dumps
from harness.campaign import Campaign
from harness.chunks import Bucket, Past, Plan, Statistics
from harness.cli_common import emit_json, save_case, write_whole
from harness.corpus import Known
from harness.journal import Journal, StateError
from harness.report.console import print_bucket, print_end, print_summary, summary_data
from harness.report.progress import Progress, waiting
from harness.report.replay import finding_data
from harness.targets.base import Target
from harness.triage import Shrunk, probe, shrink

if TYPE_CHECKING:
    from rich.console import Console

    from harness.cluster.campaign import ClusterCampaign

    AnyCampaign = Campaign | ClusterCampaign


class Session:
    """A campaign on one target whose state is in a journal, from its beginning or from where it was.

    `plan` says the budget and the workers of now. With `past` nothing is run any more: that is what was
    found.
    """

    def __init__(
        self,
        console: Console,
        target: Target,
        plan: Plan,
        journal: Journal,
        known: Sequence[Known],
        machine: bool,
        past: Past | None = None,
        make: Callable[..., AnyCampaign] = Campaign,
    ) -> None:
        self.console = console
        self.target = target
        self.plan = plan
        self.journal = journal
        self.known = known
        self.machine = machine
        self.past = past
        self.make = make
        self.out = journal.path.parent
        self.interrupted = False
        self.hurried = False
        """Was the shrinking interrupted?"""
        self.killed = 0
        self.lost: Sequence[str] = ()
        self.failure: Exception | None = None
        self.unsaved: list[str] = []

    def run(self) -> bool:
        """True if there are findings. Raises, after all is reported, what ended the campaign early or kept
        a case from being saved."""
        versions = {"python": sys.version.split()[0], **self.target.versions()}
        with self.target:
            statistics = self._campaign() if self.past is None else _total(self.past)
            if not self.machine:
                print_summary(self.console, self.target.name, self.plan, statistics, versions)
            self._report_all(statistics)
        safe = self.journal.safe()
        self.journal.close()
        if self.machine:
            summary = summary_data(self.target.name, self.plan, statistics, versions)
            state = {"shard": f"{self.plan.shard}/{self.plan.shards}", "state": str(self.journal.path)}
            emit_json({**summary, "interrupted": self.interrupted, **state})
        else:
            self._print_end(statistics)
        self._raise(statistics, safe)
        return bool(statistics.buckets)

    def _campaign(self) -> Statistics:
        journal = self.journal
        with Progress(self.console, self.target.name, self.plan, quiet=self.machine) as progress:
            campaign: AnyCampaign = self.make(
                *(self.target, self.plan, progress, self.known, self._seen),
                done=lambda part: journal.add(part, campaign.seconds()),
                past=journal.content.past,
            )
            statistics = campaign.run()
        self.interrupted = campaign.interrupted
        self.killed = campaign.killed
        self.lost = campaign.lost
        self.plan = campaign.plan
        self.failure = campaign.failure
        if not isinstance(self.failure, StateError):
            how = "failed" if self.failure else "interrupted" if self.interrupted else "finished"
            try:
                journal.end(how, statistics.seconds)
            except StateError as error:
                self.failure = self.failure or error
        return statistics

    def _raise(self, statistics: Statistics, safe: int) -> None:
        if isinstance(self.failure, StateError):
            told = f"{self.failure}. The campaign ended before its time; what it found is above. "
            if safe:
                again = shlex.join(["stackproof", "fuzz", "--resume", str(self.out)])
                told += (
                    f"Safe in the state are {safe:,} of its {statistics.drawn:,} cases: {again} goes on there"
                )
            else:
                told += "Of its state nothing is left to go on from"
            raise click.ClickException(told)
        if self.failure is not None:
            raise self.failure
        if not statistics.drawn and not self.interrupted and self.plan.cases != 0:
            raise click.ClickException("the budget was over before a case was drawn: nothing was checked")
        if self.unsaved:
            why = self.unsaved[0]
            raise click.ClickException(f"cannot save a case under {self.out}: {why}; the cases are above")

    # --- one cause -----------------------------------------------------------------------------------

    def _unshrunk(self, bucket: Bucket) -> Path:
        slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{self.target.name}-{bucket.name}").strip("-").lower()[:80]
        # the slugs of two causes may be one
        digest = hashlib.sha256(bucket.name.encode()).hexdigest()[:4]
        return self.out / f"{slug}-{digest}-unshrunk.json"

    def _seen(self, bucket: Bucket) -> None:
        """A bucket, or a better example of one, was found: on disk before anything else happens."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            write_whole(self._unshrunk(bucket), dumps(self.plan.case(bucket.index)))
        except OSError:
            # told with the cause, when it is reported
            return

    def _report_all(self, statistics: Statistics) -> None:
        """Every cause, and what fires no more. After Ctrl-C the causes that are left are told as they were
        found, at once."""
        for at, name in enumerate(sorted(statistics.buckets), 1):
            bucket = statistics.buckets[name]
            told = f"shrinking {at} of {len(statistics.buckets)}: {name}"
            self._report(bucket, self._shrunk(bucket, told))
        with self._hurrying(), waiting(self.console, "running the known causes", self.machine):
            if not self.hurried:
                self._report_fixed()
        self.interrupted |= self.hurried

    @contextmanager
    def _hurrying(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            self.hurried = True

    def _shrunk(self, bucket: Bucket, told: str) -> Shrunk:
        case = self.plan.case(bucket.index)
        if not self.hurried:
            with self._hurrying(), waiting(self.console, told, self.machine):
                return shrink(self.target, bucket.name, case, self.known)
        return Shrunk(case, 0, 0, 0)

    def _report(self, bucket: Bucket, shrunk: Shrunk) -> None:
        """Save and show one cause."""
        text = dumps(shrunk.case)
        finding = shrunk.finding or bucket.finding
        try:
            path = str(save_case(self.out, self.target.name, bucket.name, text))
            self._unshrunk(bucket).unlink(missing_ok=True)
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
                    "flaky": shrunk.shown < shrunk.runs,
                    "shown": shrunk.shown,
                    "runs": shrunk.runs,
                    "case": path,
                    "command": command,
                }
            )
        else:
            print_bucket(self.console, bucket, finding, shrunk, command)

    def _report_fixed(self) -> None:
        """Say which known failures fire no more: of these, the corpus would excuse something else.

        Those of the target alone: what torch's codegen does wrong, ours in its place may do right.
        """
        for each in self.known:
            if each.target != self.target.name or not each.is_fixed(probe(self.target, each.case)):
                continue
            if self.machine:
                emit_json(
                    {"type": "fixed?", "target": self.target.name, "name": each.name, "cause": each.cause}
                )
            else:
                told = f"\nfixed? known/{each.name} fires no more: {each.cause}"
                self.console.print(told, style="yellow", markup=False)

    def _print_end(self, statistics: Statistics) -> None:
        print_end(self.console, statistics, self.out)
        if self.interrupted:
            again = shlex.join(["stackproof", "fuzz", "--resume", str(self.out)])
            what = (
                "not all of the cases are shrunk"
                if self.hurried
                else "the figures are of what ran until then"
            )
            told = f"\ninterrupted: {what}; {again} goes on"
            self.console.print(told, style="yellow", markup=False, soft_wrap=True)
        if self.killed:
            workers = "1 worker was" if self.killed == 1 else f"{self.killed} workers were"
            self.console.print(
                f"\n{workers} killed from outside, and the case in hand run again", style="yellow"
            )
        if self.lost:
            shards = "1 shard was" if len(self.lost) == 1 else f"{len(self.lost)} shards were"
            told = f"\n{shards} lost with a node of the cluster, and the rest of it run elsewhere"
            self.console.print(told, style="yellow")


def _total(past: Past) -> Statistics:
    for part in past.parts.values():
        past.statistics.add(part.statistics)
    return past.statistics
