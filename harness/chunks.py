"""A campaign as arithmetic: its plan, the chunks it is cut into, and what comes of them added up.

Claim: the chunks of all shards together are the whole campaign, none of them twice; what comes of a chunk
says nothing of who ran it and when, and parts added up in any order give the same sum.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from generators.case import OPERATIONS, SOURCE_KINDS, Case
from generators.cases import CASE_KINDS, drawn_case
from generators.links import NODE_KINDS
from generators.steps import STEPS
from harness.runner import NOT_JUDGED, STAGES, STATUSES
from oracles.run import Finding

KINDS = (
    *(f"case:{kind}" for kind in CASE_KINDS),
    *NODE_KINDS,
    *(f"source:{kind}" for kind in SOURCE_KINDS),
    *(f"effect:{operation}" for operation in OPERATIONS),
    *(f"step:{operation}" for operation in STEPS),
)
"""What statistics are kept by."""

CHUNK = 256
"""Cases in a chunk: a third of a second, so that workers end together and little is run again after a
stop."""

WATCHED = 32
"""One case in so many is emitted once more with all calls of the codegen held against their contracts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: a number of examples of these kinds, or seconds, or both (whichever ends first).

    One case in `watch_every` is emitted once more and held against the codegen's contracts. Of `shards` equal
    parts of the campaign, `shard` (from 1) is run. `chunk` is the number of cases in one.
    """

    seed: int
    examples: int | None
    seconds: float | None
    workers: int
    kinds: tuple[str, ...] = CASE_KINDS
    watch_every: int = WATCHED
    shard: int = 1
    shards: int = 1
    chunk: int = CHUNK

    def span(self, number: int) -> range:
        """The indices of the cases in a chunk."""
        first = number * self.chunk
        end = first + self.chunk
        return range(first, end if self.examples is None else min(end, self.examples))

    def chunks(self) -> Iterator[int]:
        """The numbers of this shard's chunks in order; without end for a campaign of seconds alone."""
        for number in itertools.count(self.shard - 1, self.shards):
            if not self.span(number):
                return
            yield number

    def case(self, index: int) -> Case:
        """The case with this index."""
        return drawn_case(self.seed, index, self.kinds)

    def has(self, number: int) -> bool:
        """Is it the number of a chunk of this shard?"""
        return number % self.shards == self.shard - 1 and number >= 0 and bool(self.span(number))

    @property
    def cases(self) -> int | None:
        """Cases in this shard; None for a campaign of seconds alone."""
        if self.examples is None:
            return None
        whole, rest = divmod(self.examples, self.chunk)
        last = rest if self.has(whole) else 0
        return self.chunk * len(range(self.shard - 1, whole, self.shards)) + last


@dataclass(slots=True)
class Bucket:
    """Findings with one cause: how often, and the index of the smallest case that shows it."""

    name: str
    finding: Finding
    nodes: int
    index: int
    count: int = 1

    def order(self) -> tuple[int, int]:
        """The better example is the smaller one, then the earlier one."""
        return self.nodes, self.index

    def joined(self, other: Bucket) -> Bucket:
        """Both together, of one cause: the better example, the counts added."""
        best = min(self, other, key=Bucket.order)
        return Bucket(best.name, best.finding, best.nodes, best.index, self.count + other.count)


@dataclass(slots=True)
class Statistics:
    """What was counted in a campaign or a part of it.

    `seconds` is what the campaign took on the clock, `spent` seconds of worker time by stage. In a part,
    `by_kind` may lack kinds and statuses that there were none of. `replaced` are the workers of this run that
    were replaced, of which no part knows.
    """

    seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    by_kind: dict[str, dict[str, int]] = field(
        default_factory=lambda: {kind: dict.fromkeys(STATUSES, 0) for kind in KINDS}
    )
    spent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    reasons: Counter[str] = field(default_factory=Counter)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    replaced: int = 0

    @property
    def cases(self) -> int:
        """Cases judged: all but those for which there was no code."""
        return sum(count for status, count in self.statuses.items() if status not in NOT_JUDGED)

    @property
    def drawn(self) -> int:
        """All cases drawn."""
        return sum(self.statuses.values())

    def count(self, kinds: frozenset[str], status: str) -> None:
        """One more case of these kinds that ended so."""
        self.statuses[status] += 1
        for kind in kinds:
            self.by_kind[kind][status] += 1

    def found(self, bucket: Bucket) -> None:
        """More findings of one cause."""
        before = self.buckets.get(bucket.name)
        self.buckets[bucket.name] = bucket if before is None else before.joined(bucket)

    def add(self, part: Statistics) -> None:
        """Take in what a part counted; the seconds on the clock are the whole's alone."""
        for status, count in part.statuses.items():
            self.statuses[status] += count
        for kind, counts in part.by_kind.items():
            row = self.by_kind[kind]
            for status, count in counts.items():
                row[status] += count
        for stage, seconds in part.spent.items():
            self.spent[stage] += seconds
        self.reasons.update(part.reasons)
        for bucket in part.buckets.values():
            self.found(bucket)


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a chunk, from its first case up to `end`, which was not run any more."""

    chunk: int
    end: int
    statistics: Statistics


class Numbers(Collection[int]):
    """A set of numbers that are near to each other, such as those of the chunks that are done: a bit each, in
    pages. A `set` of the 45 million chunks of a hundred nights takes 4 GiB, this takes 6 MiB."""

    PAGE = 1 << 12
    """Bits of a page: what one number far from all others costs."""

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        self.pages: dict[int, int] = {}
        for number in numbers:
            self.add(number)

    def add(self, number: int) -> None:
        """One more, unless it is there."""
        page, bit = divmod(number, self.PAGE)
        self.pages[page] = self.pages.get(page, 0) | 1 << bit

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        page, bit = divmod(number, self.PAGE)
        return bool(self.pages.get(page, 0) >> bit & 1)

    def __iter__(self) -> Iterator[int]:
        for page, bits in sorted(self.pages.items()):
            for bit, digit in enumerate(reversed(f"{bits:b}")):
                if digit == "1":
                    yield page * self.PAGE + bit

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self.pages.values())

    def __and__(self, other: Numbers) -> Numbers:
        both = Numbers()
        for page in self.pages.keys() & other.pages.keys():
            both.pages[page] = self.pages[page] & other.pages[page]
        return both

    def __ior__(self, other: Numbers) -> Numbers:
        for page, bits in other.pages.items():
            self.pages[page] = self.pages.get(page, 0) | bits
        return self


@dataclass(slots=True)
class Past:
    """What was run of a plan: whole chunks with what was counted in them, and parts of others."""

    chunks: Numbers = field(default_factory=Numbers)
    statistics: Statistics = field(default_factory=Statistics)
    parts: dict[int, Part] = field(default_factory=dict)

    def add(self, part: Part, plan: Plan) -> None:
        """One more part; the longer of two of one chunk counts. Raises ValueError for a second whole one."""
        if part.chunk in self.chunks:
            raise ValueError(f"chunk {part.chunk} is there a second time")
        before = self.parts.pop(part.chunk, part)
        if part.end == plan.span(part.chunk).stop:
            self.chunks.add(part.chunk)
            self.statistics.add(part.statistics)
        else:
            self.parts[part.chunk] = max(before, part, key=lambda each: each.end)
