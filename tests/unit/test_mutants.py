"""The mutants: drawn by seed, put together without loss, executed without harm; they find a gap."""

from __future__ import annotations

import dataclasses
import dis
import marshal
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from oracles.stack import opcodes
from tests.mutants import layout, mutate
from tests.mutants.__main__ import main, table
from tests.mutants.campaign import PATIENCE, Campaign, Result
from tests.mutants.execute import Ending, execute
from tests.mutants.subjects import Subject, of_file, of_samples

VERSION = sys.version_info[:2]
SECONDS = 0.5

supported = pytest.mark.skipif(VERSION not in opcodes.ROWS, reason="no opcode table for this Python")


@pytest.fixture(scope="module")
def subjects() -> list[Subject]:
    return of_samples()


def mutants(subjects: list[Subject], seed: int, count: int) -> Iterator[mutate.Mutant]:
    random = Random(seed)
    for _ in range(count):
        subject = mutate.pick(random, subjects)
        try:
            yield mutate.mutant_of(subject.code, random)
        except mutate.Refused:
            continue


def test_the_samples_are_many_and_of_every_kind(subjects: list[Subject]) -> None:
    assert len({id(subject.function) for subject in subjects}) >= 40
    assert len({subject.name for subject in subjects}) >= 60
    used = {op for subject in subjects for _, op, _, _ in layout.raw_instructions(subject.code.co_code)}
    possible = set(mutate.OPCODES)
    names = sorted(dis.opname[op] for op in possible - used)
    assert len(used & possible) > 0.75 * len(possible), names


def test_taken_apart_and_assembled_is_the_same(subjects: list[Subject]) -> None:
    for subject in subjects:
        code = subject.code
        made, exceptions, _ = layout.assemble(layout.take_apart(code))
        # Specialised code shows as it was compiled.
        assert made == code.co_code, subject.name
        if layout.NEWER:
            assert exceptions == code.co_exceptiontable, subject.name


def test_what_is_moved_keeps_its_jumps_and_rows(subjects: list[Subject]) -> None:
    for subject in subjects:
        apart = layout.take_apart(subject.code)
        before = [(each, each.target) for each in apart.instructions]
        nops = [layout.Instruction(dis.opmap["NOP"], 0) for _ in range(300)]
        apart.instructions[1:1] = nops
        made, exceptions, places = layout.assemble(apart)
        fields = {"co_code": made, **({"co_exceptiontable": exceptions} if layout.NEWER else {})}
        again = layout.take_apart(subject.code.replace(**fields))
        place = {id(each): at for at, each in enumerate(apart.instructions)}
        for each, target in before:
            if target is not None and target is not apart.end:
                moved = again.instructions[place[id(each)]].target
                assert moved is again.instructions[place[id(target)]], (subject.name, each)
        assert len(again.rows) == len(apart.rows)
        for old, new in zip(apart.rows, again.rows, strict=True):
            assert again.instructions[place[id(old.target)]] is new.target
        assert max(places.values()) == len(made)


def test_a_seed_gives_the_same_mutants(subjects: list[Subject]) -> None:
    first, again = (list(mutants(subjects, 5, 200)) for _ in range(2))
    assert [(m.changes, m.offset, m.code.co_code) for m in first] == [
        (m.changes, m.offset, m.code.co_code) for m in again
    ]
    assert len({mutant.changes for mutant in mutants(subjects, 6, 200)} - {m.changes for m in first}) > 100


def test_every_mutator_is_drawn_and_every_mutant_differs(subjects: list[Subject]) -> None:
    random = Random(1)
    for mutator, _ in mutate.MUTATORS:
        for _ in range(100):
            draft = mutate.Draft(mutate.pick(random, subjects).code)
            try:
                assert mutator(draft, random)
            except mutate.Inapplicable:
                continue
            break
        else:
            pytest.fail(f"{mutator.__name__} never applies")
    codes = {id(subject.code): subject.code for subject in subjects}
    for code in codes.values():
        with suppress(mutate.Refused):
            assert mutate.different(mutate.mutant_of(code, random).code, code)


def ends(job: Callable[[], tuple[str, str]], tmp_path: Path, seconds: float = PATIENCE * SECONDS) -> Ending:
    # a process that has loaded a lot is slow to fork
    return execute(job, str(tmp_path), seconds)


def test_the_ways_to_end(tmp_path: Path) -> None:
    def kill() -> tuple[str, str]:
        os.write(2, b"x: Assertion `y' failed.\nmore")
        os.kill(os.getpid(), signal.SIGABRT)
        return "returned", "never"

    def loop() -> tuple[str, str]:
        while True:
            pass

    def hoard() -> tuple[str, str]:
        try:
            return "returned", str(len(bytearray(1 << 31)))
        except MemoryError:
            return "raised", "MemoryError"

    def store() -> tuple[str, str]:
        try:
            Path("file").write_text("x")
        except OSError as error:
            return "raised", type(error).__name__
        return "returned", ""

    assert ends(lambda: ("returned", "1"), tmp_path) == ("returned", "1", "")
    assert ends(kill, tmp_path) == ("died", "SIGABRT", "x: Assertion `y' failed.")
    started = time.monotonic()
    assert ends(loop, tmp_path, SECONDS).kind == "hung"
    assert time.monotonic() - started < 20 * SECONDS
    assert ends(hoard, tmp_path) == ("raised", "MemoryError", "")
    assert ends(store, tmp_path).kind == "raised"


def test_a_great_deal_of_output_does_not_block(tmp_path: Path) -> None:
    assert ends(lambda: ("returned", str(os.write(1, b"x" * 300_000))), tmp_path).what == "300000"


@pytest.fixture(scope="module")
def campaign(subjects: list[Subject], tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    if VERSION not in opcodes.ROWS:
        pytest.skip("no opcode table for this Python")
    return Campaign(subjects, str(tmp_path_factory.mktemp("scratch")), SECONDS)


def test_no_accepted_mutant_dies(campaign: Campaign) -> None:
    results = list(campaign.run(seed=0, indices=range(300)))
    assert [result for result in results if result.wrong] == []
    died = [result for result in results if result.verdict == "rejected" and result.end == "died"]
    assert len(died) > 50
    assert sum(result.verdict == "accepted" for result in results) > 30


def test_jobs_change_nothing(campaign: Campaign) -> None:
    def told(results: Iterator[Result]) -> list[tuple[object, ...]]:
        return sorted((r.index, r.subject, r.changes, r.verdict, r.invariant, r.end) for r in results)

    assert told(campaign.run(3, range(24), jobs=2)) == told(campaign.run(3, range(24)))


def test_a_gap_in_the_verifier_is_found(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = opcodes.ROWS[VERSION]
    blind = {name: dataclasses.replace(row, space="") for name, row in rows.items()}
    monkeypatch.setitem(opcodes.ROWS, VERSION, blind)
    opcodes.table.cache_clear()
    try:
        wrong = [result for result in campaign.run(seed=0, indices=range(150)) if result.wrong]
    finally:
        opcodes.table.cache_clear()
    assert any(result.what == "SIGSEGV" and result.listing for result in wrong)


def test_a_failing_verifier_is_found(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(code: object) -> None:
        raise IndexError("planted")

    monkeypatch.setattr(campaign, "check", fail)
    result = campaign.result(seed=0, index=1)
    assert (result.verdict, result.text, result.wrong) == ("broken", "IndexError: planted", True)


@supported
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    assert main(["--count", "20", "--seed", "2", "--seconds", "5", "--out", str(out)]) == 0
    assert out.exists()
    printed = capsys.readouterr().out
    assert "seed 2: 20 in" in printed
    assert "accepted and died, or the verifier failed: 0" in printed


def test_the_command_refuses_a_file_that_is_no_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "numbers"
    path.write_bytes(marshal.dumps([1]))
    assert main([str(path)]) == (2 if VERSION in opcodes.ROWS else 3)
    assert capsys.readouterr().err


def test_marshalled_code_is_a_subject(tmp_path: Path) -> None:
    def emitted(a: object, *, b: object = 1) -> object:
        return [a for _ in (1, 2)], b

    path = tmp_path / "emitted"
    path.write_bytes(marshal.dumps([emitted.__code__]))
    found = of_file(path)
    assert found[0].name == "emitted[0]"
    assert found[0].function(*found[0].arguments()) == ([[1, 2]] * 2, None)


def test_the_table_counts_each_result_once() -> None:
    results = [
        Result(0, "s", "c", "accepted", end="returned", same=True),
        Result(1, "s", "c", "rejected", end="died"),
        Result(2, "s", "c", "refused"),
    ]
    lines = [line.split() for line in table(results).splitlines()]
    assert lines[1] == ["accepted", "1", "0", "0", "0", "1", "1"]
    assert lines[2] == ["rejected", "0", "0", "0", "1", "1", "0"]
    assert lines[3][:2] == ["refused", "1"]
