"""The campaign's own side of a cluster: what comes back is taken in as it comes, as from forked workers.

Claim: nothing of Ray is in this process, which forks; what its driver told is counted even if that dies.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO

import click

from harness.campaign import ENDING_SIGNALS
from harness.chunks import Bucket, Part, Past, Plan, Statistics
from harness.cluster.wire import Begun, Done, End, Joined, Lost, Messages, NoCluster, Order, Seen, send
from harness.corpus import Known
from harness.isolation import HarnessFailure
from harness.journal import StateError
from harness.state import versions_here
from harness.targets.base import Target

TICK = 0.2
"""Seconds between two reports of progress."""

JOIN_SECONDS = 60
"""Seconds to wait until the cluster took this campaign in: Ray itself tries for many minutes."""


def is_available() -> bool:
    """Is the optional extra installed?"""
    return importlib.util.find_spec("ray") is not None


class ClusterCampaign:
    """As `Campaign`, on the cluster at an address: the same hooks are called with the same things.

    `nodes` are those on which a shard has begun, `lost` those that were lost under a shard, once for each
    shard. `plan.workers` becomes the number of the cluster's cores.
    """

    def __init__(
        self,
        address: str,
        target: Target,
        plan: Plan,
        progress: Callable[[Statistics], None] = lambda statistics: None,
        known: Sequence[Known] = (),
        seen: Callable[[Bucket], None] = lambda bucket: None,
        done: Callable[[Part], None] = lambda part: None,
        past: Past | None = None,
    ) -> None:
        past = past or Past()
        self.address = address
        self.target = target
        self.plan = plan
        self.progress = progress
        self.known = tuple(known)
        self.seen = seen
        self.done = done
        self.past = past
        self.statistics = past.statistics
        self.before = past.statistics.seconds
        self.best = dict(past.statistics.buckets)
        self.failure: HarnessFailure | StateError | click.ClickException | None = None
        self.interrupted = False
        self.over = False
        self.joined = False
        self.killed = 0
        self.nodes: set[str] = set()
        self.lost: list[str] = []
        self.began = time.monotonic()

    def run(self) -> Statistics:
        """Run to the end of the budget, or until interrupted."""
        self.began = time.monotonic()
        previous = {number: signal.signal(number, self._interrupt) for number in ENDING_SIGNALS}
        command = [sys.executable, "-m", "harness.cluster.driver", self.address]
        try:
            # Ctrl-C is for this process to see
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            ) as driver:
                assert driver.stdin is not None
                assert driver.stdout is not None
                send(driver.stdin, self._order())
                driver.stdin.close()
                self._listen(driver.stdout)
                driver.kill()  # what it started ends with it
            if not (self.over or self.interrupted or self.failure):
                self.failure = HarnessFailure(f"the cluster's driver ended with {driver.returncode}")
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        for part in self.past.parts.values():
            self.statistics.add(part.statistics)
        self.statistics.seconds = self.seconds()
        return self.statistics

    def seconds(self) -> float:
        """What the campaign took until now."""
        return self.before + time.monotonic() - self.began

    def _interrupt(self, number: int, frame: object) -> None:
        self.interrupted = True

    def _order(self) -> Order:
        versions = versions_here(self.target.versions())
        return Order(self.target.name, self.plan, self.known, self.past.chunks, self.before, versions)

    def _listen(self, answers: IO[bytes]) -> None:
        messages = Messages()
        while not (self.over or self.interrupted or self.failure):
            ready, _, _ = select.select([answers], [], [], TICK)
            if ready:
                data = os.read(answers.fileno(), 1 << 16)
                if not data:
                    return
                for told in messages.taken(data):
                    self._take(told)
            if not self.joined and time.monotonic() > self.began + JOIN_SECONDS:
                told = (
                    f"nothing that answers at {self.address} let this campaign join within {JOIN_SECONDS} s"
                )
                self.failure = click.ClickException(f"{told}: is it a Ray cluster's head (`ray status`)?")
            self.progress(self._so_far())

    def _so_far(self) -> Statistics:
        """The statistics with the buckets of chunks that are not done, of which one case each is known."""
        done = self.statistics.buckets
        buckets = {
            name: done[name].joined(dataclasses.replace(best, count=0)) if name in done else best
            for name, best in self.best.items()
        }
        return dataclasses.replace(self.statistics, seconds=self.seconds(), buckets=buckets)

    def _take(self, told: object) -> None:
        match told:
            case Joined(cores):
                self.joined = True
                self.plan = dataclasses.replace(self.plan, workers=cores)
            case Begun(node):
                self.nodes.add(node)
            case Lost(node):
                self.lost.append(node)
            case Seen(bucket):
                best = self.best.get(bucket.name)
                if best is None or bucket.order() < best.order():
                    self.best[bucket.name] = bucket
                    self.seen(bucket)
            case Done(part):
                self._count(part)
            case NoCluster(why):
                self.failure = click.ClickException(f"no Ray cluster answers at {self.address}: {why}")
            case End(failure):
                self.over = True
                self.failure = None if failure is None else HarnessFailure(failure)

    def _count(self, part: Part) -> None:
        self.past.add(part, self.plan)
        self.statistics.seconds = self.seconds()
        try:
            self.done(part)
        except StateError as error:
            self.failure = error
