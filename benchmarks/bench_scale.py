"""What grows with the volume of campaigns: state, merging, corpus and files, in growing sizes.

    python -m benchmarks.bench_scale [--target NAME] [--nights N …] [--corpus N …] [--pattern CASES]

A night is 8 hours of 8 cores at 500 cases a second each: 115 million cases, 450,000 chunks. Its journal is
written by the code that writes a campaign's, from the parts of a real, short campaign over and over, for
which some of the known causes are left out of the corpus, so that there are buckets that fire often. Every
figure is of a process of its own: seconds of the processor (of the gate, which is three processes, of the
clock), and mebibytes by which the process grew. `×` is the ratio to the row above; where sizes are ten times
those of the row above and it is about 10, it grows with the size, no faster.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.cases import drawn_case
from generators.codec import dumps
from harness.batch import run_all
from harness.campaign import Campaign
from harness.chunks import Bucket, Numbers, Part, Plan
from harness.cli_common import save_case
from harness.corpus import HERE, Corpus, Known, Regression, read, without_known
from harness.gate import judge
from harness.isolation import Death, isolated
from harness.merging import merge
from harness.runner import Outcome
from harness.state import begin, header_of, resume
from harness.targets import TARGETS, load
from harness.targets.base import Target
from harness.triage import probe

NIGHT = 8 * 60 * 60 * 500 * 8 // 256
"""Chunks in a night."""

NIGHTS = 100
"""What the figures are carried on to."""

LEFT_OUT = 20
"""Known causes that the campaign of the pattern does not know: buckets with many findings each."""

SEED = 9

PATIENCE = 24 * 60 * 60.0
"""For one measurement: there is no hang to be found here."""

MATCHED = 200
"""Times that a failing outcome is looked up among the known causes."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a measurement took: seconds, and mebibytes by which its process grew; `value` is its result."""

    seconds: float
    memory: float
    value: Any = None


def measured(function: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> Figure:
    """The figure of a function in a process of its own; its result has to be picklable."""

    def child() -> Figure:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = clock()
        value = function()
        spent = clock() - began
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        return Figure(spent, grown / 1024, value)

    end = isolated(child, PATIENCE)
    if isinstance(end, Death):
        raise SystemExit(f"a measurement ended with {end.cause}: {end.stderr}")
    return end.value


class Table:
    """Prints rows under a title, with the ratio of each figure to the one above it."""

    def __init__(self, title: str, *columns: str) -> None:
        print(f"\n{title}")
        print("".join(f"{column:>19}" for column in columns))
        self.above: Sequence[float] = ()

    def row(self, label: str, *figures: float) -> None:
        """One more size."""
        above = self.above or (0.0,) * len(figures)
        print(f"{label:>19}" + "".join(map(_cell, figures, above)), flush=True)
        self.above = figures


def _cell(figure: float, above: float) -> str:
    ratio = f"×{figure / above:.1f}" if above else ""
    return f"{figure:>12,.{0 if figure >= 100 or figure == int(figure) else 2}f}{ratio:>7}"


# --- the state -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pattern:
    """A real campaign, whose parts are those of any other on the same target."""

    target: Target
    known: tuple[Known, ...]
    parts: tuple[Part, ...]

    def plan(self, chunks: int, shard: int = 1, shards: int = 1) -> Plan:
        """That of a campaign with so many chunks in all of its shards."""
        whole = Plan(SEED, None, None, workers=1)
        return dataclasses.replace(whole, examples=chunks * whole.chunk, shard=shard, shards=shards)

    def part(self, number: int, plan: Plan) -> Part:
        """What a chunk could have given."""
        like = self.parts[number % len(self.parts)]
        moved = (number - like.chunk) * plan.chunk
        buckets = {
            name: Bucket(name, each.finding, each.nodes, each.index + moved, each.count)
            for name, each in like.statistics.buckets.items()
        }
        return Part(number, plan.span(number).stop, dataclasses.replace(like.statistics, buckets=buckets))

    def write(self, out: Path, plan: Plan) -> int:
        """The state of a campaign that is over; its size in bytes."""
        journal, _ = begin(out, header_of(self.target.name, plan, self.target.versions(), self.known))
        for at, number in enumerate(plan.chunks()):
            journal.add(self.part(number, plan), float(at))
        journal.end("interrupted", float(at))
        journal.close()
        return journal.size

    def resume(self, out: Path) -> int:
        """Get as far as the first chunk to run; the number of cases that are done."""
        journal = resume(out, self.target.name, self.target.versions(), self.known)
        campaign = Campaign(self.target, journal.content.header.plan, past=journal.content.past)
        next(campaign.chunks, None)
        return journal.cases

    def merge(self, directories: Sequence[Path], out: Path) -> int:
        """Join the states; the number of cases in all."""
        merged = merge(directories, self.target.name, self.target.versions(), self.known, out)
        return merged.past.statistics.drawn


def pattern(target: Target, cases: int) -> Pattern:
    """Run the campaign that is the pattern."""
    parts: list[Part] = []
    corpus = read(HERE).known_of(target.name, target.versions())
    known = corpus[LEFT_OUT:]
    plan = Plan(SEED, max(1, cases // 256) * 256, None, workers=1)
    statistics = Campaign(target, plan, known=known, done=parts.append).run()
    told = [f"{count:,} {status}" for status, count in statistics.statuses.items() if count]
    found = sum(bucket.count for bucket in statistics.buckets.values())
    print(f"pattern: {target.name}, {statistics.drawn:,} cases ({', '.join(told)}),")
    print(f"{len(known)} known causes, {len(statistics.buckets)} buckets with {found:,} findings")
    return Pattern(target, known, tuple(sorted(parts, key=lambda part: part.chunk)))


def bench_journal(like: Pattern, sizes: Sequence[float], root: Path) -> None:
    table = Table(
        "journal", "nights", "chunks", "MB", "bytes a chunk", "s to write", "s to resume", "MiB to resume"
    )
    for nights in sizes:
        chunks = max(1, round(nights * NIGHT))
        out = root / "campaign"
        plan = like.plan(chunks)
        written = measured(lambda: like.write(out, plan))  # noqa: B023 - called at once
        read_again = measured(lambda: like.resume(out))  # noqa: B023
        expect(read_again.value, plan.examples)
        size = written.value
        table.row(
            f"{nights:g}",
            chunks,
            size / 1e6,
            size / chunks,
            written.seconds,
            read_again.seconds,
            read_again.memory,
        )
        shutil.rmtree(out)
    more = NIGHTS / sizes[-1]
    print(f"{NIGHTS} nights at that rate: {more * size / 1e9:,.1f} GB, ", end="")
    print(f"{more * read_again.seconds / 3600:,.1f} h to resume")


def bench_numbers(nights: Sequence[int]) -> None:
    """The numbers of the chunks that are done; the shard is as big as a night."""
    table = Table("chunks that are done", "nights", "s to note them", "MiB", "MiB of one shard")
    for count in nights:
        whole, shard = range(count * NIGHT), range(0, count * NIGHT, count)
        all_of_it = measured(lambda: len(Numbers(whole)))  # noqa: B023
        expect(all_of_it.value, len(whole))
        one = measured(lambda: len(Numbers(shard)))  # noqa: B023
        expect(one.value, len(shard))
        table.row(str(count), all_of_it.seconds, all_of_it.memory, one.memory)


def bench_merging(like: Pattern, sizes: Sequence[float], shards: Sequence[int], root: Path) -> None:
    table = Table("merging", "nights / shards", "s", "MiB", "MiB, each twice")
    for nights in sizes:
        chunks = max(1, round(nights * NIGHT))
        for count in shards:
            directories = [root / f"shard-{number}" for number in range(count)]
            for number, out in enumerate(directories, 1):
                plan = like.plan(chunks, number, count)
                measured(lambda: like.write(out, plan))  # noqa: B023
            merged = measured(lambda: like.merge(directories, root / "merged"))  # noqa: B023
            copies = [out.rename(root / f"copy-{out.name}") for out in directories]
            for copy, out in zip(copies, directories, strict=True):
                shutil.copytree(copy, out)
            twice = measured(lambda: like.merge([*directories, *copies], root / "again"))  # noqa: B023
            for figure in (merged, twice):
                expect(figure.value, chunks * 256)
            table.row(f"{nights:g} / {count}", merged.seconds, merged.memory, twice.memory)
            for out in root.iterdir():
                shutil.rmtree(out)


# --- the corpus ----------------------------------------------------------------------------------------


def write_corpus(folder: Path, count: int) -> None:
    """So many known causes: the project's own over and over, told apart by who emitted what is wrong."""
    own = sorted((HERE / "known").glob("*.json"))
    (folder / "known").mkdir(parents=True)
    (folder / "known" / "script.py").touch()
    for number in range(count):
        data = json.loads(own[number % len(own)].read_text())
        if number >= len(own):
            data["predicate"]["bucket"]["emitter"] = f"PyCodegen.emitter_{number}"
        data["script"] = "script.py"
        (folder / "known" / f"{number:06}.json").write_text(json.dumps(data))


def failing(target: Target, known: Sequence[Known]) -> Iterator[tuple[Known, Outcome]]:
    """Known causes that fire here, with the outcome of their own case."""
    for each in known:
        outcome = probe(target, each.case)
        if each.fires(outcome):
            yield each, outcome


def bench_corpus(target: Target, sizes: Sequence[int], root: Path) -> None:
    fired = list(failing(target, read(HERE).known_of(target.name, target.versions())))
    table = Table("known causes", "number", "MB", "s to read", "MiB to read", "µs, last of all", "µs, none")
    for count in sizes:
        folder = root / f"corpus-{count}"
        write_corpus(folder, count)
        size = sum(path.stat().st_size for path in (folder / "known").iterdir())
        reading = measured(lambda: len(read(folder).known))  # noqa: B023
        expect(reading.value, count)
        known = read(folder).known_of(target.name, target.versions())
        last = measured(lambda: _matching(known[::-1], fired))  # noqa: B023
        strangers = [(each, _stranger(outcome)) for each, outcome in fired]
        none = measured(lambda: _matching(known, strangers))  # noqa: B023
        times = [1e6 * figure.seconds / max(1, figure.value) for figure in (last, none)]
        table.row(f"{count:,}", size / 1e6, reading.seconds, reading.memory, *times)
        shutil.rmtree(folder)


def _stranger(outcome: Outcome) -> Outcome:
    """The same findings, of an emitter that no cause has."""
    findings = [dataclasses.replace(each, emitter="PyCodegen.stranger") for each in outcome.findings]
    return dataclasses.replace(outcome, findings=tuple(findings))


def _matching(known: Sequence[Known], outcomes: Sequence[tuple[Known, Outcome]]) -> int:
    rounds = max(1, MATCHED // max(1, len(outcomes)))
    for _ in range(rounds):
        for each, outcome in outcomes:
            without_known(known, each.case, outcome)
    return rounds * len(outcomes)


def bench_replay(target: Target, sizes: Sequence[int]) -> None:
    table = Table("regressions", "number", "s to run", "ms a case", "s of the gate", "MiB of the gate")
    for count in sizes:
        cases = [drawn_case(SEED, index) for index in range(count)]
        corpus = Corpus(tuple(Regression(f"case-{at}", case) for at, case in enumerate(cases)))
        ran = measured(lambda: sum(1 for _ in run_all(target, cases)), _children)  # noqa: B023
        expect(ran.value, count)
        gate = measured(lambda: len(judge(target.name, (), corpus, 0).items), time.monotonic)  # noqa: B023
        expect(gate.value, count)
        table.row(f"{count:,}", ran.seconds, 1e3 * ran.seconds / count, gate.seconds, gate.memory)


def _children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime + time.process_time()


# --- files ---------------------------------------------------------------------------------------------


def bench_files(nights: Sequence[int], root: Path) -> None:
    """Nights with seeds of their own in one directory, each of which finds the same causes again."""
    table = Table(
        f"files in --out, {LEFT_OUT} causes found anew each night, at most", "nights", "files", "kB"
    )
    for count in nights:
        out = root / "out"
        for night in range(count):
            for cause in range(LEFT_OUT):
                save_case(out, "torch", f"values · cause {cause}", dumps(drawn_case(night, cause)))
        files = [path.stat().st_size for path in out.iterdir()]
        table.row(str(count), len(files), sum(files) / 1e3)
        shutil.rmtree(out)


def expect(came: int, expected: int | None) -> None:
    """A benchmark of something else is worth nothing."""
    if came != expected:
        raise SystemExit(f"{came:,} came out and not {expected:,}: the figures are of something else")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--target", choices=list(TARGETS), default="torch")
    options.add_argument("--pattern", type=int, default=10_240, help="cases of the campaign copied from")
    options.add_argument("--nights", type=float, nargs="+", default=[0.01, 0.1, 1])
    options.add_argument("--merged", type=float, nargs="+", default=[0.01, 0.1], help="nights to merge")
    options.add_argument("--shards", type=int, nargs="+", default=[2, 10, 100])
    options.add_argument("--corpus", type=int, nargs="+", default=[64, 1_000, 10_000])
    options.add_argument(
        "--seasons", type=int, nargs="+", default=[1, 10, 100], help="nights, for what is quickly made"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, load(chosen.target) as target:
        root = Path(folder)
        like = pattern(target, chosen.pattern)
        bench_journal(like, chosen.nights, root)
        bench_numbers(chosen.seasons)
        bench_merging(like, chosen.merged, chosen.shards, root)
        bench_corpus(target, chosen.corpus, root)
        bench_replay(target, chosen.corpus)
        bench_files(chosen.seasons, root)


if __name__ == "__main__":
    main()
