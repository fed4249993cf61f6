"""The only process that speaks to Ray: `python -m harness.cluster.driver ADDRESS`, an `Order` on stdin.

Claim: a shard whose node is lost is run again elsewhere but for the chunks that have come back; nothing else
is tried twice, so that a case is never given to a second machine because it killed its worker on the first.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayError

from harness.chunks import Numbers, Plan
from harness.cluster.wire import Begun, Done, End, Joined, Lost, NoCluster, Order, Told, received, send
from harness.isolation import HarnessFailure

SHARDS = 4
"""Shards for each core: what is run again after a loss, and what the last core is waited for, is small."""

LOSSES = 8
"""Times that one shard may be lost; more is no bad luck."""

GIVEN_UP = 30
"""Seconds in which a cluster notices that a node is gone."""


def shard_on_a_node(order: Order) -> Iterator[object]:
    """On a node: run the order in a process of its own, and pass on what it tells, the node's name first."""
    yield Begun(ray.get_runtime_context().get_node_id())
    command = [sys.executable, "-m", "harness.cluster.shard"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        send(process.stdin, order)
        process.stdin.close()
        yield from received(process.stdout)
    if process.returncode:
        yield End(f"its process ended with {process.returncode}")


@dataclass(slots=True)
class Shard:
    """A shard as the driver sees it: its plan, what has come back, where it runs."""

    plan: Plan
    done: Numbers = field(default_factory=Numbers)
    node: str = ""
    over: bool = False
    losses: int = 0


class Driver:
    """Hands an order out in shards; what they tell goes on to `tell`."""

    def __init__(self, order: Order, tell: Callable[[Told], None]) -> None:
        self.order = order
        self.tell = tell
        self.running: dict[Any, Shard] = {}
        self.began = time.monotonic()
        task = ray.remote(num_cpus=1, max_retries=0)(shard_on_a_node)
        self.task: Any = task.options(num_returns="streaming")

    def run(self) -> None:
        """Until all shards are over. Raises HarnessFailure."""
        # Ray declares no types here
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        cores = max(1, int(resources.get("CPU", 1)))
        self.tell(Joined(cores))
        for shard in shards(self.order.plan, cores, self.order.done):
            self._start(shard)
        while self.running:
            ready, _ = ray.wait(list(self.running), num_returns=1)
            for stream in ready:
                self._hear(stream, self.running[stream])

    def _start(self, shard: Shard) -> None:
        spent = self.order.spent + time.monotonic() - self.began
        order = dataclasses.replace(self.order, plan=shard.plan, done=shard.done, spent=spent)
        shard.node = ""
        self.running[self.task.remote(order)] = shard

    def _hear(self, stream: Any, shard: Shard) -> None:
        try:
            told = ray.get(next(stream))
        except StopIteration:
            del self.running[stream]
            if not shard.over:
                raise HarnessFailure(f"{_name(shard)} ended without a word") from None
        except RayError as error:
            del self.running[stream]
            self._is_lost(shard, error)
        else:
            self._take(shard, told)

    def _take(self, shard: Shard, told: Told) -> None:
        match told:
            case Begun(node):
                shard.node = node
                self.tell(told)
            case End(failure):
                shard.over = True
                if failure is not None:
                    raise HarnessFailure(f"{_name(shard)}: {failure}")
            case Done(part):
                if part.end == shard.plan.span(part.chunk).stop:
                    shard.done.add(part.chunk)
                self.tell(told)
            case _:
                self.tell(told)

    def _is_lost(self, shard: Shard, error: RayError) -> None:
        """Run it again if its node is gone; else Ray's own process for it died, which no case can do."""
        shard.losses += 1
        if not _is_gone(shard.node) or shard.losses == LOSSES:
            raise HarnessFailure(f"{_name(shard)}: {error}")
        if not shard.over:
            self.tell(Lost(shard.node))
            self._start(shard)


def shards(plan: Plan, cores: int, done: Numbers) -> Iterator[Shard]:
    """The plan's shard cut into smaller ones."""
    if plan.examples is None:
        number = cores  # they all run for the whole time
    else:
        number = min(cores * SHARDS, max(1, math.ceil(plan.examples / plan.chunk / plan.shards)))
    done_of = [Numbers() for _ in range(number)]
    for chunk in done:
        done_of[chunk // plan.shards % number].add(chunk)
    for at in range(number):
        shard, several = plan.shard + plan.shards * at, plan.shards * number
        part = dataclasses.replace(plan, workers=1, shard=shard, shards=several)
        yield Shard(part, done_of[at])


def _name(shard: Shard) -> str:
    return f"shard {shard.plan.shard}/{shard.plan.shards}"


def _is_gone(node: str) -> bool:
    """Has the cluster given the node up? Asked for a while: a task's end may be known before its node's."""
    for _ in range(GIVEN_UP):
        # Ray declares no types here
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        if node not in {each["NodeID"] for each in nodes if each["Alive"]}:
            return True
        time.sleep(1.0)
    return False


def main() -> None:
    """Run the order on stdin on the cluster at the address in argv, and tell what comes of it on stdout."""
    # Ray writes to stdout what is for a person
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        order = next(received(sys.stdin.buffer))
        if not isinstance(order, Order):
            raise TypeError(f"expected an order on stdin, not {type(order).__name__}")
        send(answers, _driven(order, sys.argv[1], lambda told: send(answers, told)))


def _driven(order: Order, address: str, tell: Callable[[Told], None]) -> NoCluster | End:
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (RayError, ConnectionError, ValueError, RuntimeError) as error:
        return NoCluster(str(error))
    try:
        Driver(order, tell).run()
    except HarnessFailure as failure:
        return End(str(failure))
    finally:
        ray.shutdown()
    return End()


if __name__ == "__main__":
    main()
