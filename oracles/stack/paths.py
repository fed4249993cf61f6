"""The shortest way that control takes to an instruction: how it can get there at all."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

Hops = tuple[tuple[int, int], ...]
"""Jumps and exceptions taken, in order: from which instruction, to which."""


def shortest(came: Mapping[int, Iterable[int]], leaders: Sequence[int], end: int) -> Hops:
    """The fewest hops from instruction 0 to `end`, as indices; falling through from one to the next is none.

    `came`: leader -> the instructions from which control arrives there. `leaders`: the indices at which
    straight-line code begins, sorted, 0 among them.
    """

    def block(i: int) -> int:
        return leaders[bisect_right(leaders, i) - 1]

    start = block(end)
    taken: dict[int, tuple[int, int] | None] = {start: None}
    pending = deque([start])
    while pending:
        at = pending.popleft()
        if at == 0:
            return _forwards(taken)
        for source in came.get(at, ()):
            before = block(source)
            if before not in taken:
                taken[before] = (source, at)
                pending.append(before)
    return ()


def _forwards(taken: Mapping[int, tuple[int, int] | None]) -> Hops:
    hops = []
    hop = taken[0]
    while hop is not None:
        source, target = hop
        if target != source + 1:
            hops.append(hop)
        hop = taken[target]
    return tuple(hops)


def spell(hops: Iterable[tuple[int, int]], end: int) -> str:
    """The way in offsets, for example `0 … 24 -> 40 … 52`; a stretch of straight code is `…`."""
    text, at = "0", 0
    for source, target in (*hops, (end, end)):
        if source != at:
            text += f" … {source}"
        if target != source:
            text += f" -> {target}"
        at = target
    return text
