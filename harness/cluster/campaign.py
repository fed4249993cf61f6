"""The campaign's own side of a cluster: shards as Ray tasks, what they tell taken in as it comes.

Claim: a shard whose node is lost is run again elsewhere but for the chunks that have come back; nothing else
is tried twice, so that a case is never given to a second machine because it killed its worker on the first.
"""

from __future__ import annotations

import dataclasses
import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayError

from harness.campaign import ENDING_SIGNALS
from harness.chunks import Bucket, Part, Past, Plan, Statistics
from harness.cluster.wire import Done, End, Order, Seen, Told, received, send
from harness.corpus import Known
from harness.isolation import HarnessFailure
from harness.state import StateError
from harness.targets.base import Target

SHARDS = 4
"""Shards for each core of the cluster: what is run again after a loss, and what waits for the last, is small."""

TICK = 0.2
"""Seconds between two looks."""

LOSSES = 8
"""Times that one shard may be lost; more is no bad luck."""


def shard_on_a_node(order: Order) -> Iterator[object]:
    """On a node: run the order in a process of its own, and pass on what it tells, the node's name first."""
    yield ray.get_runtime_context().get_node_id()
    command = [sys.executable, "-m", "harness.cluster.shard"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        send(process.stdin, order)
        process.stdin.close()
        yield from received(process.stdout)
    if process.returncode:
        yield End(f"the shard's process ended with {process.returncode}")


@dataclass(slots=True)
class Shard:
    """A shard as the campaign sees it: its plan, what has come back, where it runs."""

    plan: Plan
    done: set[int] = field(default_factory=set)
    node: str = ""
    over: bool = False
    losses: int = 0


GIVEN_UP = 30
"""Seconds in which a cluster notices that a node is gone."""


class ClusterCampaign:
    """As `Campaign`, on the cluster at an address: the same hooks are called with the same things.

    `lost` counts the shards that were lost with their node and run again.
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
        self.past = past.chunks
        self.statistics = past.statistics
        self.before = past.statistics.seconds
        self.best = dict(past.statistics.buckets)
        self.failure: HarnessFailure | StateError | None = None
        self.interrupted = False
        self.killed = 0
        self.lost = 0
        self.running: dict[Any, Shard] = {}
        self.began = time.monotonic()

    def run(self) -> Statistics:
        """Run to the end of the budget, or until interrupted."""
        self._join()
        self.began = time.monotonic()
        self.versions = {"python": sys.version.split()[0], **self.target.versions()}
        task = ray.remote(num_cpus=1, max_retries=0)(shard_on_a_node)
        self.start = task.options(num_returns="streaming").remote
        previous = {number: signal.signal(number, self._interrupt) for number in ENDING_SIGNALS}
        try:
            for shard in self._shards():
                self._start(shard)
            while self.running and not self.interrupted and self.failure is None:
                self._tick()
                self.progress(dataclasses.replace(self.statistics, seconds=self._seconds(), buckets=self.best))
        except HarnessFailure as failure:
            self.failure = failure
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            ray.shutdown()  # ends the tasks that are left
        self.statistics.seconds = self._seconds()
        return self.statistics

    def _join(self) -> None:
        try:
            ray.init(address=self.address, log_to_driver=False, logging_level="ERROR")
        except (RayError, ConnectionError, ValueError) as error:
            raise HarnessFailure(f"no Ray cluster at {self.address}: {error}") from None

    def _interrupt(self, number: int, frame: object) -> None:
        self.interrupted = True

    def _seconds(self) -> float:
        return self.before + time.monotonic() - self.began

    def _shards(self) -> Iterator[Shard]:
        """The plan's shard cut into smaller ones."""
        plan = self.plan
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        if plan.examples is None:
            number = cores  # they all run for the whole time
        else:
            number = min(cores * SHARDS, max(1, math.ceil(plan.examples / plan.chunk / plan.shards)))
        for at in range(number):
            part = dataclasses.replace(
                *(plan,), workers=1, shard=plan.shard + plan.shards * at, shards=plan.shards * number
            )
            yield Shard(part, {chunk for chunk in self.past if part.has(chunk)})

    def _start(self, shard: Shard) -> None:
        order = Order(
            *(self.target.name, shard.plan, self.known, frozenset(shard.done)),
            *(self._seconds(), self.versions),
        )
        shard.node = ""
        self.running[self.start(order)] = shard

    # --- what comes back ---------------------------------------------------------------------------

    def _tick(self) -> None:
        ready, _ = ray.wait(list(self.running), num_returns=len(self.running), timeout=TICK)
        for stream in ready:
            shard = self.running[stream]
            try:
                told = ray.get(next(stream))
            except StopIteration:
                del self.running[stream]
                if not shard.over:
                    raise HarnessFailure(f"shard {shard.plan.shard} ended without a word") from None
            except RayError as error:
                del self.running[stream]
                self._is_lost(shard, error)
            else:
                self._take(shard, told)

    def _take(self, shard: Shard, told: str | Told) -> None:
        match told:
            case str(node):
                shard.node = node
            case Seen(bucket):
                self._see(bucket)
            case Done(part):
                self._count(shard, part)
            case End(failure):
                shard.over = True
                if failure is not None:
                    raise HarnessFailure(f"shard {shard.plan.shard} of {shard.plan.shards}: {failure}")

    def _see(self, bucket: Bucket) -> None:
        best = self.best.get(bucket.name)
        if best is None or bucket.order() < best.order():
            self.best[bucket.name] = bucket
            self.seen(bucket)

    def _count(self, shard: Shard, part: Part) -> None:
        shard.done.add(part.chunk)
        self.statistics.add(part.statistics)
        self.statistics.seconds = self._seconds()
        try:
            self.done(part)
        except StateError as error:
            self.failure = error

    def _is_lost(self, shard: Shard, error: RayError) -> None:
        """Run it again if its node is gone; else Ray's own process for it died, which no case can do."""
        shard.losses += 1
        if not _is_gone(shard.node) or shard.losses == LOSSES:
            raise HarnessFailure(f"shard {shard.plan.shard} of {shard.plan.shards}: {error}")
        if not shard.over:
            self.lost += 1
            self._start(shard)


def _is_gone(node: str) -> bool:
    """Has the cluster given the node up? Asked for a while: a task's end may be known before its node's."""
    for _ in range(GIVEN_UP):
        if node not in {each["NodeID"] for each in ray.nodes() if each["Alive"]}:
            return True
        time.sleep(1.0)
    return False
