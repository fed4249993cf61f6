"""States of the shards of one campaign, joined into the state of the whole.

Claim: each chunk counts once, whoever ran it, so that what comes of all shards is what the whole campaign
would have found; what is there twice, differs or is missing is said.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.chunks import Numbers, Part, Past, Plan
from harness.corpus import Known
from harness.journal import Content, Journal, StateError, parts, read
from harness.state import Aside, begin, differences, header_of, journal_path, told_of


@dataclass(frozen=True, slots=True)
class Merged:
    """The joined state with what it says, what had to make place for it, and what is to be said of the
    joining."""

    journal: Journal
    past: Past
    aside: Aside | None
    notes: tuple[str, ...]


def merge(
    directories: Sequence[Path], target: str, versions: Mapping[str, str], known: Sequence[Known], out: Path
) -> Merged:
    """The journals of one target in the directories, joined into one in `out`.

    `versions` and `known` are what is here. Raises StateError for states that are not of one campaign, or not
    of what is here.
    """
    contents, twice = _read(directories, target, out)
    (one, first), *others = contents.items()
    for other, content in others:
        where = f"in {one}", f"in {other}"
        told = differences(first.header, content.header, where)
        if first.header.plan.examples != content.header.plan.examples:
            budgets = [each.header.plan.examples for each in (first, content)]
            told.append(f"examples: {budgets[0]} {where[0]}, {budgets[1]} {where[1]}")
        if told:
            raise StateError(f"these are of two campaigns: {'; '.join(told)}")
    plan = _whole(list(contents.values()))
    here = header_of(target, plan, versions, known)
    if told := differences(first.header, here):
        raise StateError(f"what was run elsewhere cannot be looked into here: {'; '.join(told)}")
    journal, aside = begin(out, here)
    past = Past()
    past.statistics.seconds = _spent(list(contents.values()))
    try:
        notes = tuple(_join(list(contents), twice, past, journal))
    except StateError:
        journal.close()
        raise
    return Merged(
        journal, past, aside, (*_unfinished(contents), *notes, *_missing(contents, past, plan, out))
    )


def _read(directories: Sequence[Path], target: str, out: Path) -> tuple[dict[Path, Content], Numbers]:
    """What each journal says, but for the numbers of its chunks, and the chunks that more than one has."""
    contents: dict[Path, Content] = {}
    once, twice = Numbers(), Numbers()
    for directory in directories:
        path = journal_path(directory, target)
        if directory.resolve() == out.resolve():
            raise StateError(f"{directory} is to be read and to be written: give another --out")
        if path.is_file() and path not in contents:
            content = read(path)
            if content is None:
                raise StateError(f"{path}: its campaign was stopped before it began: leave it out")
            twice |= once & content.past.chunks
            once |= content.past.chunks
            # a shard's are far between: those of all shards together would be more than the whole's
            content.past.chunks = Numbers()
            contents[path] = content
    return contents, twice


def _whole(contents: Sequence[Content]) -> Plan:
    """The plan of the campaign that was cut into shards."""
    plan = contents[0].header.plan
    seconds = _spent(contents) if plan.examples is None else None
    return dataclasses.replace(plan, shard=1, shards=1, workers=1, seconds=seconds)


def _spent(contents: Sequence[Content]) -> float:
    """Seconds that one worker would have taken for all."""
    return sum(each.past.statistics.seconds * each.header.plan.workers for each in contents)


def _join(paths: Sequence[Path], several: Numbers, past: Past, journal: Journal) -> Iterator[str]:
    """Write what the journals say, each chunk once; `several` are those that more than one journal has."""
    plan = journal.content.header.plan
    seen: dict[int, tuple[Path, int]] = {}
    twice = 0
    for path in paths:
        for part in parts(path):
            if part.chunk not in past.chunks:
                past.add(part, plan)
                if part.chunk in past.chunks:
                    if part.chunk in several:
                        seen[part.chunk] = path, _digest(part)
                    journal.add(part, past.statistics.seconds)
            elif part.end == plan.span(part.chunk).stop:
                twice += 1
                first, digest = seen[part.chunk]
                if digest != _digest(part):
                    told = f"chunk {part.chunk} does not repeat: {path} and {first}, which counts, differ"
                    more = part.statistics.buckets.keys() - past.statistics.buckets.keys()
                    yield told + "".join(f"; {name}" for name in sorted(more))
    for part in past.parts.values():
        journal.add(part, past.statistics.seconds)
    if twice:
        yield f"{_chunks(twice)} there more than once, and counted once"


def _digest(part: Part) -> int:
    counted = part.statistics
    buckets = sorted((each.name, each.count, each.index) for each in counted.buckets.values())
    told = [counted.statuses, counted.by_kind, sorted(counted.reasons.items()), buckets]
    return zlib.crc32(json.dumps(told).encode())


def _unfinished(contents: Mapping[Path, Content]) -> Iterator[str]:
    for path, content in contents.items():
        if not content.is_finished():
            yield f"not finished: {path}: {told_of(content)}"


def _missing(contents: Mapping[Path, Content], past: Past, plan: Plan, out: Path) -> Iterator[str]:
    if plan.cases is None:
        shards = {(each.header.plan.shard, each.header.plan.shards) for each in contents.values()}
        for count in sorted({shards for _, shards in shards}):
            gone = [f"{number}/{count}" for number in range(1, count + 1) if (number, count) not in shards]
            if gone:
                yield f"missing: shard {', '.join(gone)}"
        return
    missing = sum(1 for number in plan.chunks() if number not in past.chunks)
    if missing:
        yield f"{_chunks(missing)} missing or unfinished: stackproof fuzz --resume {out} runs what is missing"


def _chunks(count: int) -> str:
    return "1 chunk is" if count == 1 else f"{count:,} chunks are"
