"""What a journal says after whatever may happen to it, and to the campaign that writes it."""

from __future__ import annotations

import dataclasses
import errno
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import journal as journal_module
from harness.campaign import Campaign
from harness.chunks import Numbers, Past, Plan, Statistics
from harness.journal import CorruptError, Journal, StateError, read
from harness.merging import merge
from harness.state import begin, header_of, journal_path, resume
from tests.traps import Trap, distinct_cases, plan, told

VERSIONS = {"bytecode": "0"}


def traps() -> dict[int, Callable[[], Any]]:
    """Two causes, one of which fires often."""
    first, *rest = distinct_cases(7)
    return {first: os.abort, **dict.fromkeys(rest, lambda: os._exit(3))}


@pytest.fixture(scope="module")
def whole() -> Any:
    """What the campaign finds that nothing happens to."""
    return told(Campaign(Trap(traps()), plan()).run())


def run(journal: Journal, workers: int = 2, ticks: int = -1) -> Campaign:
    """The campaign of a journal, run to its end or for some looks at the workers."""

    def progress(statistics: Statistics) -> None:
        nonlocal ticks
        ticks -= 1
        campaign.interrupted = ticks == 0

    campaign = Campaign(
        Trap(traps()),
        dataclasses.replace(journal.content.header.plan, workers=workers),
        progress,
        done=lambda part: journal.add(part, campaign.seconds()),
        past=journal.content.past,
    )
    campaign.run()
    return campaign


def new(out: Path, chosen: Plan | None = None) -> Journal:
    return begin(out, header_of("own", chosen or plan(), VERSIONS, ()))[0]


def again(out: Path) -> Journal:
    return resume(out, "own", VERSIONS, ())


def total(past: Past) -> Statistics:
    for part in past.parts.values():
        past.statistics.add(part.statistics)
    return past.statistics


def test_a_journal_says_what_the_campaign_found(tmp_path: Path, whole: Any) -> None:
    journal = new(tmp_path)
    assert told(run(journal).statistics) == whole
    content = read(journal.path)
    assert content is not None
    assert told(content.past.statistics) == whole
    assert content.is_finished()
    assert journal.cases == content.drawn == 120


@pytest.mark.parametrize("seed", range(6))
def test_cut_off_anywhere_a_campaign_goes_on_to_the_same_end(seed: int, tmp_path: Path, whole: Any) -> None:
    journal = new(tmp_path)
    head = journal.size
    run(journal)
    journal.close()
    written = journal.path.read_bytes()
    journal.path.write_bytes(written[: random.Random(seed).randrange(head, len(written))])
    # once more, by other workers
    journal = again(tmp_path)
    assert told(run(journal, workers=1 + seed % 3).statistics) == whole
    content = read(journal.path)
    assert content is not None
    assert told(content.past.statistics) == whole


def test_an_interrupted_campaign_goes_on_to_the_same_end(tmp_path: Path, whole: Any) -> None:
    journal = new(tmp_path)
    for number in range(30):
        campaign = run(journal, workers=1 + number % 2, ticks=2 + number)
        journal.close()
        stopped = read(journal.path)
        assert stopped is not None
        assert journal.cases == stopped.drawn
        # what was run of chunks that were not finished counts too, here and there
        assert told(campaign.statistics) == told(total(stopped.past))
        journal = again(tmp_path)
        if journal.content.is_finished():
            break
    assert number > 0
    assert told(journal.content.past.statistics) == whole


def test_the_head_alone_is_a_campaign_that_has_not_begun(tmp_path: Path, whole: Any) -> None:
    new(tmp_path).close()
    assert told(run(again(tmp_path)).statistics) == whole


def test_half_a_head_is_none(tmp_path: Path) -> None:
    path = new(tmp_path).path
    path.write_bytes(path.read_bytes()[:-2])
    assert read(path) is None
    with pytest.raises(StateError, match="stopped before it began"):
        again(tmp_path)
    assert begin(tmp_path, header_of("own", plan(), VERSIONS, ()))[1] is None


CORRUPTIONS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "one bit": lambda lines: [lines[0], lines[1].replace(b'"end":', b'"end":!'), *lines[2:]],
    "another count": lambda lines: [
        lines[0],
        lines[1].replace(b'"statuses":[', b'"statuses":[1'),
        *lines[2:],
    ],
    "a line lost in the middle of it": lambda lines: [lines[0], lines[1][:40] + lines[2], *lines[3:]],
    "zeros": lambda lines: [lines[0], bytes(len(lines[1]) - 1) + b"\n", *lines[2:]],
    "a chunk twice": lambda lines: [lines[0], lines[1], lines[1], *lines[2:]],
    "the chunk of another": lambda lines: [
        lines[0],
        journal_module._line({"chunk": 99, "end": 1}),
        *lines[1:],
    ],
    "no chunk": lambda lines: [lines[0], journal_module._line({"chunk": "1"}), *lines[1:]],
    "nothing JSON": lambda lines: [lines[0], b"[" * 100_000 + b"\n", *lines[1:]],
    "no head": lambda lines: lines[1:],
    "another's head": lambda lines: [lines[0].replace(b'"schema":2', b'"schema":3'), *lines[1:]],
    "the head of a later version": lambda lines: [
        journal_module._line({"stackproof": "campaign", "schema": 3})
    ],
    "text": lambda lines: [b"nothing of it\n"],
}


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_what_is_corrupt_is_told_with_its_line_and_left_alone(kind: str, tmp_path: Path) -> None:
    journal = new(tmp_path)
    run(journal)
    journal.close()
    wrong = b"".join(CORRUPTIONS[kind](journal.path.read_bytes().splitlines(keepends=True)))
    journal.path.write_bytes(wrong)
    with pytest.raises(CorruptError, match=r"own\.journal, line [123]: ") as error:
        again(tmp_path)
    assert "Nothing was changed" in str(error.value)
    assert journal.path.read_bytes() == wrong
    # a new campaign does not overwrite it
    aside = begin(tmp_path, header_of("own", plan(), VERSIONS, ()))[1]
    assert aside is not None
    assert (aside.directory / "own.journal").read_bytes() == wrong


def test_the_advice_for_a_corrupt_line_works(tmp_path: Path, whole: Any) -> None:
    journal = new(tmp_path)
    run(journal)
    journal.close()
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join([*lines[:3], b"?" + lines[3], *lines[4:]]))
    with pytest.raises(CorruptError) as error:
        again(tmp_path)
    assert os.system(str(error.value).partition("there: ")[2]) == 0
    assert told(run(again(tmp_path)).statistics) == whole


# --- who else is there ---------------------------------------------------------------------------------


def test_one_campaign_at_a_time(tmp_path: Path) -> None:
    journal = new(tmp_path)
    child = os.fork()
    if child == 0:
        try:
            again(tmp_path)
        except StateError as error:
            os._exit(7 if "another campaign is at it" in str(error) else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    journal.close()
    again(tmp_path).close()


def test_a_new_campaign_sets_an_unfinished_one_aside(tmp_path: Path, whole: Any) -> None:
    journal = new(tmp_path)
    run(journal)
    journal.close()
    lines = journal.path.read_bytes().splitlines(keepends=True)
    asides = []
    for seed in (1, 2):
        journal.path.write_bytes(b"".join(lines[:4]))
        other = header_of("own", dataclasses.replace(plan(), seed=seed), VERSIONS, ())
        fresh, aside = begin(tmp_path, other)
        fresh.close()
        assert aside is not None
        assert "48 of 120 cases" in aside.what
        asides.append(aside.directory)
    assert asides == [tmp_path / "unfinished-1", tmp_path / "unfinished-2"]
    assert told(run(again(asides[0])).statistics) == whole


def test_a_new_campaign_replaces_one_that_is_finished_or_that_it_repeats(tmp_path: Path) -> None:
    journal = new(tmp_path)
    run(journal)
    journal.close()
    journal, aside = begin(tmp_path, header_of("own", plan(), VERSIONS, ()))
    assert aside is None
    campaign = Campaign(Trap({}), plan(), done=lambda part: journal.add(part, 0.1))
    campaign.interrupted = True
    campaign.run()
    journal.end("interrupted", 0.1)
    journal.close()
    assert begin(tmp_path, header_of("own", plan(), VERSIONS, ()))[1] is None


@pytest.mark.parametrize(
    ("versions", "known", "named"),
    [({"bytecode": "1"}, (), "bytecode: 0 there, 1 here"), (VERSIONS, 1, "known")],
)
def test_what_differs_is_told(
    versions: dict[str, str], known: Any, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new(tmp_path).close()
    if known:
        monkeypatch.setattr("harness.state._digest_of", lambda known: "another")
    with pytest.raises(StateError, match=named):
        resume(tmp_path, "own", versions, ())


# --- the disk ------------------------------------------------------------------------------------------


def test_a_full_disk_ends_a_campaign_and_what_is_there_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Any
) -> None:
    journal = new(tmp_path)
    room = journal.size + 8_000

    def write(file: Any, line: bytes) -> None:
        left = room - os.fstat(file.fileno()).st_size
        file.write(line[:left])
        if left < len(line):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal_module, "_write", write)
    campaign = run(journal)
    assert isinstance(campaign.failure, StateError)
    assert "No space left on device" in str(campaign.failure)
    assert 0 < journal.cases < campaign.statistics.drawn
    journal.close()
    monkeypatch.undo()
    stopped = read(journal.path)
    assert stopped is not None
    assert stopped.drawn == journal.cases
    assert stopped.size == journal.path.stat().st_size
    assert told(run(again(tmp_path)).statistics) == whole


def test_a_directory_that_disappears_ends_a_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SYNC_SECONDS", 0.0)
    journal = new(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    campaign = run(journal)
    assert "own.journal is gone" in str(campaign.failure)
    assert 0 < campaign.statistics.drawn < 120


def test_another_file_in_its_place_is_noticed(tmp_path: Path) -> None:
    journal = new(tmp_path)
    run(journal)
    assert journal.safe() == 120
    journal.path.unlink()
    assert journal.safe() == 0
    journal.path.write_text("")
    assert journal.safe() == 0
    with pytest.raises(StateError, match="is another file by now"):
        journal.sync()


# --- shards --------------------------------------------------------------------------------------------


def shards(tmp_path: Path, count: int) -> list[Path]:
    """The directories of all shards of the campaign, run."""
    directories = []
    for number in range(1, count + 1):
        journal = new(tmp_path / str(number), plan(shard=number, shards=count))
        run(journal)
        journal.close()
        directories.append(journal.path.parent)
    return directories


def joined(directories: list[Path], out: Path) -> tuple[Statistics, tuple[str, ...]]:
    merged = merge(directories, "own", VERSIONS, (), out)
    merged.journal.close()
    content = read(merged.journal.path)
    assert content is not None
    counts = told(total(content.past))
    statistics = total(merged.past)
    assert counts == told(statistics)
    return statistics, merged.notes


@pytest.mark.parametrize("count", [1, 2, 3, 8, 11])
def test_shards_are_the_whole(count: int, tmp_path: Path, whole: Any) -> None:
    statistics, notes = joined(shards(tmp_path, count), tmp_path / "all")
    assert told(statistics) == whole
    assert notes == ()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9])
def test_shards_share_the_cases_out(count: int) -> None:
    shards = [plan(shard=number, shards=count) for number in range(1, count + 1)]
    chunks = [number for each in shards for number in each.chunks()]
    assert sorted(chunks) == list(range(8))
    assert [each.cases for each in shards] == [
        sum(len(each.span(number)) for number in each.chunks()) for each in shards
    ]


def test_a_missing_shard_is_told_and_can_be_run(tmp_path: Path, whole: Any) -> None:
    first, _, third = shards(tmp_path, 3)
    out = tmp_path / "all"
    _, notes = joined([first, third], out)
    assert notes == (
        f"3 chunks are missing or unfinished: stackproof fuzz --resume {out} runs what is missing",
    )
    assert told(run(again(out)).statistics) == whole


def test_an_overlap_counts_once(tmp_path: Path, whole: Any) -> None:
    directories = shards(tmp_path, 2)
    all_of_it = shards(tmp_path / "once", 1)
    statistics, notes = joined([*directories, *all_of_it], tmp_path / "all")
    assert told(statistics) == whole
    assert notes == ("8 chunks are there more than once, and counted once",)


def test_an_overlap_that_differs_is_told(tmp_path: Path) -> None:
    (one,) = shards(tmp_path / "one", 1)
    journal = new(tmp_path / "other")
    Campaign(
        Trap({distinct_cases(1)[0]: lambda: os._exit(9)}), plan(), done=lambda part: journal.add(part, 1)
    ).run()
    journal.close()
    _, notes = joined([one, journal.path.parent], tmp_path / "all")
    assert "does not repeat" in notes[0]
    assert any("isolation · crash · exit 9 in emit" in note for note in notes)


def test_an_unfinished_shard_is_told(tmp_path: Path, whole: Any) -> None:
    first, second = shards(tmp_path, 2)
    path = journal_path(second, "own")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    _, notes = joined([first, second], tmp_path / "all")
    assert notes[0] == f"not finished: {path}: own, seed 5, shard 2/2, 16 of 56 cases"
    assert "3 chunks are missing or unfinished" in notes[1]
    assert told(run(again(tmp_path / "all")).statistics) == whole


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 6}, "seed: 5 in .*, 6 in "),
        ({"examples": 200}, "examples: 120 in "),
        ({"kinds": ("call",)}, "kinds"),
    ],
)
def test_two_campaigns_are_not_joined(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    (one,) = shards(tmp_path, 1)
    new(tmp_path / "other", dataclasses.replace(plan(), **change)).close()
    with pytest.raises(StateError, match=named):
        joined([one, tmp_path / "other"], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_what_a_shard_says_is_all_there_in_the_whole(tmp_path: Path) -> None:
    (one,) = shards(tmp_path, 1)
    joined([one], tmp_path / "all")
    there, here = (read(journal_path(out, "own")) for out in (one, tmp_path / "all"))
    assert there is not None
    assert here is not None
    assert there.past.statistics.by_kind == here.past.statistics.by_kind
    assert len(there.past.chunks) == 8
    assert set(there.past.chunks) == set(here.past.chunks)


def test_numbers_are_a_set_in_order() -> None:
    rng = random.Random(1)
    some, others = ({rng.randrange(20_000) for _ in range(3_000)} | {0, 10**15} for _ in range(2))
    numbers = Numbers(some)
    assert list(numbers) == sorted(some)
    assert len(numbers) == len(some)
    assert [number in numbers for number in range(-2, 20_000)] == [
        number in some for number in range(-2, 20_000)
    ]
    assert list(numbers & Numbers(others)) == sorted(some & others)
    numbers |= Numbers(others)
    assert list(numbers) == sorted(some | others)
    assert not Numbers()


def test_a_set_of_the_chunks_of_a_hundred_nights_stays_small() -> None:
    pages = Numbers(range(5, 450_000)).pages
    # a hundred times that: a bit for each chunk, and a little for each page
    assert sum(map(sys.getsizeof, pages.values())) + sys.getsizeof(pages) < 450_000 / 8 * 1.3


def test_what_is_read_is_not_written(tmp_path: Path) -> None:
    (one,) = shards(tmp_path, 1)
    with pytest.raises(StateError, match="give another --out"):
        joined([one], one)
