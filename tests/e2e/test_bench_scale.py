"""The benchmark of scale at a tiny size: it runs to its end, and would not print the figures of something
else."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from benchmarks.bench_scale import Table, expect, measured
from tests.commands import ROOT


def test_every_table_is_printed() -> None:
    sizes = [
        "--pattern",
        "256",
        "--nights",
        "0.00001",
        "0.0001",
        "--merged",
        "0.0001",
        "--shards",
        "2",
        "--corpus",
        "2",
        "--seasons",
        "1",
    ]
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_scale", "--target", "own", *sizes],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )
    assert told.returncode == 0, told.stderr
    rows = [line.split() for line in told.stdout.splitlines()]
    # nights, chunks, ratio to the row above
    assert next(row[:3] for row in rows if row[0:1] == ["0.0001"]) == ["0.0001", "45", "×11.2"]
    for title in ("journal", "merging", "known causes", "regressions", "files in --out"):
        assert re.search(f"^{title}", told.stdout, re.MULTILINE)
    assert ["1", "20"] in [row[:2] for row in rows]


def test_a_figure_is_of_its_own_process() -> None:
    figure = measured(lambda: len(bytearray(b"x" * (64 << 20))))
    assert figure.value == 64 << 20
    assert 64 <= figure.memory < 256


def test_figures_of_something_else_are_not_printed() -> None:
    with pytest.raises(SystemExit, match="255 came out and not 256"):
        expect(255, 256)


def test_a_row_has_its_ratio_to_the_one_above(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("title", "size", "s")
    table.row("1", 2.0)
    table.row("10", 20.5)
    assert capsys.readouterr().out.split("\n")[3:5] == [
        f"{'1':>19}{2:>12}{'':>7}",
        f"{'10':>19}{20.5:>12.2f}{'×10.2':>7}",
    ]
