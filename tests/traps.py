"""A target that does something else on chosen cases of a small campaign, for tests of what a campaign
survives."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from generators import dumps, seeded_case
from generators.case import Case
from harness.chunks import Plan, Statistics
from harness.targets.own import OwnTarget
from oracles.run import Emission
from oracles.world import World

SEED = 5
EXAMPLES = 120
CHUNK = 16


class Trap(OwnTarget):
    """The own target, with something else done on some cases of the campaign."""

    def __init__(self, traps: Mapping[int, Callable[[], Any]]) -> None:
        super().__init__()
        self.traps = {dumps(seeded_case(SEED, index)): trap for index, trap in traps.items()}

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Any = None) -> Emission:
        trap = self.traps.get(dumps(case))
        if trap is not None:
            trap()
        return super().emit(case, world, record=record, watch=watch)


def spin() -> None:
    """For ever busy."""
    while True:
        pass


def eat() -> None:
    """More and more memory, 16 MiB at a time."""
    held = []
    while True:
        held.append(b"x" * (1 << 24))
        time.sleep(0.01)


def chatter() -> None:
    """Output without end."""
    while True:
        os.write(2, b"and another thing\n" * 4_096)


def plan(workers: int = 2, shard: int = 1, shards: int = 1) -> Plan:
    """A small campaign of many chunks."""
    return Plan(SEED, EXAMPLES, None, workers, ("tree",), shard=shard, shards=shards, chunk=CHUNK)


def distinct_cases(count: int) -> list[int]:
    """Indices of cases that no other case of the campaign equals."""
    texts = [dumps(seeded_case(SEED, index)) for index in range(EXAMPLES)]
    return [index for index, text in enumerate(texts) if texts.count(text) == 1 and index > 3][:count]


def counted(statistics: Statistics) -> dict[str, int]:
    """The statuses that occur."""
    return {name: count for name, count in statistics.statuses.items() if count}


def told(statistics: Statistics) -> Any:
    """All that has to be the same in two runs of one plan."""
    buckets = sorted((b.name, b.count, b.index, b.nodes) for b in statistics.buckets.values())
    return counted(statistics), statistics.by_kind, dict(statistics.reasons), buckets
