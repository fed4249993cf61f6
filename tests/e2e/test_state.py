"""Campaigns that are stopped, gone on with, cut and joined on the command line, on disks that may fail."""

from __future__ import annotations

import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from generators import loads
from harness.journal import read
from tests.commands import ROOT, faulty, lines, run, run_faulty

FAULT = "own: NULL on the wrong side"
EXAMPLES = 1_200


def findings(output: str) -> list[dict[str, object]]:
    """What has to be the same in two runs of one campaign."""
    names = ("type", "bucket", "count", "index", "nodes", "passed", "failed", "rejected", "kinds", "reasons")
    return [{name: line[name] for name in names if name in line} for line in lines(output)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """What the campaign finds that nothing happens to."""
    out = tmp_path_factory.mktemp("whole")
    told = run_faulty(FAULT, "fuzz", "--examples", str(EXAMPLES), "--json", "--out", out)
    assert told.returncode == 1, told.stderr
    return findings(told.stdout)


def begun(out: Path, number: signal.Signals) -> subprocess.Popen[str]:
    """The campaign, stopped by a signal in the middle of it."""
    process = subprocess.Popen(
        faulty(FAULT, "fuzz", "--examples", str(EXAMPLES), "--json", "--out", out),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        # a journal that holds something, which is read without disturbing who writes it
        content = read(out / "own.journal")
        if content is not None and content.drawn:
            break
        time.sleep(0.01)
    process.send_signal(number)
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_campaign_that_was_stopped_goes_on(
    number: signal.Signals, tmp_path: Path, whole: list[dict[str, object]]
) -> None:
    process = begun(tmp_path, number)
    output, told = process.communicate(timeout=60)
    assert process.returncode == (-9 if number == signal.SIGKILL else 1), told
    if number == signal.SIGTERM:
        assert lines(output)[-1]["interrupted"] is True
    content = read(tmp_path / "own.journal")
    assert content is not None
    assert 0 < content.drawn < EXAMPLES
    resumed = run_faulty(FAULT, "fuzz", "--resume", tmp_path, "--workers", "1", "--json")
    assert f"own, seed 0, {content.drawn:,} of 1,200 cases: gone on with" in resumed.stderr
    assert findings(resumed.stdout) == whole
    # and once more: nothing is left to run, and all is told again
    finished = run_faulty(FAULT, "fuzz", "--resume", tmp_path, "--json")
    assert "1,200 of 1,200 cases: finished: nothing is left to run" in finished.stderr
    assert findings(finished.stdout) == whole
    assert finished.returncode == 1


def test_shards_are_joined(tmp_path: Path, whole: list[dict[str, object]]) -> None:
    directories = [tmp_path / name for name in ("first", "second")]
    for number, directory in enumerate(directories, 1):
        shard = ("--shard", f"{number}/2", "--examples", str(EXAMPLES))
        told = run_faulty(FAULT, "fuzz", *shard, "--json", "--out", directory)
        assert lines(told.stdout)[-1]["shard"] == f"{number}/2"
    merged = run_faulty(FAULT, "fuzz", "--merge", *directories, "--json", "--out", tmp_path / "all")
    assert findings(merged.stdout) == whole
    assert merged.stderr == ""
    missing = run_faulty(FAULT, "fuzz", "--merge", directories[1], "--out", tmp_path / "half")
    assert "own: 3 chunks are missing or unfinished: stackproof fuzz --resume" in missing.stderr
    # the versions of here are not those of there
    path = directories[0] / "own.journal"
    told = run("fuzz", "--merge", directories[0], tmp_path / "none", "--out", tmp_path / "x")
    assert told.returncode == 2
    assert "there is no such directory" in told.stderr
    assert path.is_file()


def test_time_of_the_whole_campaign_can_be_added(tmp_path: Path) -> None:
    first = run("fuzz", "--seconds", "0.5", "--json", "--out", tmp_path)
    more = run("fuzz", "--resume", tmp_path, "--seconds", "1.5", "--json")
    assert "gone on with" in more.stderr
    before, after = (lines(told.stdout)[-1] for told in (first, more))
    assert after["passed"] > before["passed"]  # type: ignore[operator]
    assert after["seconds"] > 1.5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--resume", "no-such-directory"), "no such directory"),
        (("--resume", ".", "--seed", "5"), "--seed says what a new campaign is"),
        (("--resume", ".", "--merge", "."), "two things"),
        (("--merge",), "needs a DIR"),
        (("--merge", ".", "--workers", "2"), "--workers"),
        (("some-directory",), "goes with --merge"),
        (("--shard", "0/2"), "no part of a whole"),
        (("--shard", "3/2"), "no part of a whole"),
    ],
)
def test_bad_usage_says_so(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    told = run("fuzz", *arguments, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert told.returncode == 2
    assert named in told.stderr
    assert "Traceback" not in told.stderr


def test_a_shard_without_cases_is_no_error(tmp_path: Path) -> None:
    told = run("fuzz", "--examples", "10", "--shard", "2/2", "--json", "--out", tmp_path)
    assert told.returncode == 0, told.stderr
    assert lines(told.stdout)[-1]["cases"] == 0


def test_a_corrupt_state_is_told_and_left_alone(tmp_path: Path) -> None:
    run("fuzz", "--examples", "600", "--out", tmp_path)
    path = tmp_path / "own.journal"
    wrong = path.read_bytes().replace(b'"chunk":1', b'"chunk":7')
    path.write_bytes(wrong)
    for arguments in (("--resume", tmp_path), ("--merge", tmp_path, "--out", tmp_path / "all")):
        told = run("fuzz", *arguments)
        assert told.returncode == 2
        assert re.search(r"own\.journal, line [23]: .*its checksum does not fit", told.stderr)
        assert "Traceback" not in told.stderr
    assert path.read_bytes() == wrong


# --- the disk ------------------------------------------------------------------------------------------


def test_a_directory_that_cannot_be_written_is_told_before_anything_runs(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    told = run("fuzz", "--seconds", "60", "--out", blocked / "out")
    assert told.returncode == 2
    assert "cannot be kept in" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_full_disk_ends_the_campaign_in_order(tmp_path: Path, whole: list[dict[str, object]]) -> None:
    # files may grow to so many bytes: the kernel writes a part of a line and refuses the rest
    bytes_each = 6_000
    told = run_faulty(
        *(FAULT, "fuzz", "--examples", str(EXAMPLES), "--json", "--out", tmp_path),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_each, bytes_each)),
    )
    assert told.returncode == 2
    assert "File too large. The campaign ended before its time; what it found is above" in told.stderr
    assert "Traceback" not in told.stderr
    summary = lines(told.stdout)[-1]
    assert summary["buckets"]
    safe = re.search(r"Safe in the state are ([0-9,]+) of its ([0-9,]+) cases", told.stderr)
    assert safe is not None
    content = read(tmp_path / "own.journal")
    assert content is not None
    assert content.drawn == int(safe[1].replace(",", ""))
    assert findings(run_faulty(FAULT, "fuzz", "--resume", tmp_path, "--json").stdout) == whole


def test_a_directory_that_disappears_ends_the_campaign_in_order(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = begun(out, signal.SIGCONT)
    shutil.rmtree(out)
    output, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "own.journal is gone" in told
    assert "Of its state nothing is left" in told
    *causes, summary = lines(output)
    assert summary["type"] == "summary"
    for cause in causes:
        # what is found is written where the directory was
        assert loads(Path(str(cause["case"])).read_text())
