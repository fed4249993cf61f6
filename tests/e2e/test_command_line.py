"""The command line as a user runs it: in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generators import dumps, loads, seeded_case
from harness.corpus import HERE
from tests.commands import ROOT, lines, run, run_faulty


def test_help_names_every_verb_and_the_exit_codes() -> None:
    told = run("--help")
    assert told.returncode == 0
    for word in ("fuzz", "repro", "doctor", "Exit codes"):
        assert word in told.stdout


@pytest.mark.parametrize(
    "arguments", [("--help",), ("fuzz", "--examples", "3", "--workers", "1"), ("repro", "CASE")]
)
def test_no_torch_without_need(arguments: tuple[str, ...], tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text(dumps(seeded_case(0, 0)))
    argv = ["stackproof", *(str(case) if word == "CASE" else word for word in arguments)]
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
        f"sys.argv = {argv!r}\n"
        "from harness.cli import main\n"
        "main()\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    assert told.stderr.splitlines()[-1] == "False"


def test_importing_the_packages_imports_no_torch_and_no_hypothesis() -> None:
    program = (
        "import sys, harness, oracles, generators, harness.targets.own, harness.campaign\n"
        "print([name for name in ('torch', 'hypothesis') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("target", ["own", "torch"])
def test_fuzz_accounts_for_every_case(target: str, tmp_path: Path) -> None:
    told = run("fuzz", "--target", target, "--examples", "300", "--json", "--out", tmp_path / "out")
    assert told.returncode == 0, told.stderr
    *findings, summary = lines(told.stdout)
    assert findings == []
    assert summary["type"] == "summary"
    assert summary["cases"] == sum(summary[name] for name in ("passed", "failed", "known", "inconclusive"))  # type: ignore[misc]
    assert summary["cases"] + summary["rejected"] == 300  # type: ignore[operator]
    assert summary["buckets"] == []
    assert summary["seed"] == 0
    assert {"python", "torch" if target == "torch" else "bytecode"} <= summary["versions"].keys()  # type: ignore[attr-defined]
    assert summary["kinds"]["list"]["passed"] > 50  # type: ignore[index]
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"{target}.journal"]


def test_fuzz_is_the_same_whatever_the_workers_and_the_hash_seed(tmp_path: Path) -> None:
    summaries = []
    for workers, hash_seed in (("1", "0"), ("2", "77"), ("3", "5")):
        told = run(
            "fuzz",
            *("--examples", "400", "--seed", "9", "--workers", workers, "--json", "--out", tmp_path),
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        summary = lines(told.stdout)[-1]
        summaries.append(
            {name: summary[name] for name in ("passed", "rejected", "failed", "kinds", "reasons")}
        )
    assert summaries[0] == summaries[1] == summaries[2]


def test_fuzz_for_people_shows_the_result(tmp_path: Path) -> None:
    told = run("fuzz", "--examples", "200", "--out", tmp_path)
    assert told.returncode == 0
    assert re.search(r"own +nothing found in 200 cases, \d+ of them judged", told.stdout)
    assert "time: draw " in told.stdout


def test_fuzz_with_seconds_ends(tmp_path: Path) -> None:
    told = run("fuzz", "--seconds", "1", "--json", "--out", tmp_path)
    assert told.returncode == 0
    assert lines(told.stdout)[-1]["cases"] > 0  # type: ignore[operator]


def test_interrupt_ends_with_the_summary(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "fuzz", "--seconds", "60", "--json", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert lines(output)[-1]["type"] == "summary"
    assert lines(output)[-1]["interrupted"] is True


def test_repro_shows_tree_code_and_values(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    text = """{"schema": 1, "kind": "tree",
      "nodes": [{"kind": "tensor", "output": 2}, {"kind": "list", "items": [0, 0]}],
      "sources": [], "locals": {}, "globals": {}, "roots": [1],
      "options": {"passes": 2, "value_from_source": true, "temporaries": []}}"""
    case.write_text(text)
    told = run("repro", case)
    assert told.returncode == 0, told.stderr
    for part in ("node 1 list", "BINARY_SUBSCR", "ListVariable.reconstruct", "proxy 2", "passed"):
        assert part in told.stdout


def test_repro_for_machines(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    drawn = seeded_case(0, 3)
    case.write_text(dumps(drawn))
    told = run("repro", case, "--json")
    (replay,) = lines(told.stdout)
    assert replay["type"] == "replay"
    assert replay["status"] == "passed"
    assert dumps(loads(json.dumps(replay["case"]))) == dumps(drawn)
    assert replay["code"][-1]["instruction"] == "RETURN_VALUE"  # type: ignore[index]


def test_repro_of_a_known_failure_says_its_cause(tmp_path: Path) -> None:
    known = HERE / "known" / "set-of-a-users-class-keeps-nothing.json"
    told = run("repro", known)
    assert told.returncode == 1, told.stderr
    assert "target torch" in told.stdout
    assert "values · length · instance" in told.stdout
    assert "set-of-a-users-class-keeps-nothing, known of torch:" in told.stdout
    # on another target it is a case like any other
    assert run("repro", known, "--target", "own").returncode == 0
    broken = json.loads(known.read_text())
    del broken["cause"]
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken))
    told = run("repro", path)
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert f"{path}: the field 'cause' is missing" in told.stderr


def test_repro_of_a_large_case_stays_readable(tmp_path: Path) -> None:
    nodes = [{"kind": "constant", "value": {"integer": "0x1" + "0" * 5_000}}]
    nodes += [{"kind": "tensor", "output": at % 5} for at in range(800)]
    nodes.append({"kind": "list", "items": list(range(801))})
    options = {"passes": 2, "value_from_source": True, "temporaries": []}
    fields = {"schema": 3, "kind": "tree", "nodes": nodes, "sources": [], "locals": {}, "globals": {}}
    case = tmp_path / "wide.json"
    case.write_text(json.dumps({**fields, "roots": [801], "options": options}))
    told = run("repro", case)
    assert told.returncode == 0, told.stderr
    assert "bits" in told.stdout
    assert "passed" in told.stdout
    assert len(told.stdout) < 300_000


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "not JSON"),
        (b"\x80\x04K*.", "not JSON"),
        (b"{}", "'schema' is missing"),
        (b'{"schema": 3}', "missing"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_input_is_exit_2_and_no_traceback(content: bytes, named: str, tmp_path: Path) -> None:
    case = tmp_path / "bad.json"
    case.write_bytes(content)
    told = run("repro", case)
    assert told.returncode == 2
    assert named in told.stderr
    assert "bad.json" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("fuzz", "--target", "nobody"),
        ("fuzz", "--seed", "minus one"),
        ("fuzz", "--examples", "0"),
        ("fuzz", "--workers", "0"),
        ("fuzz", "--seconds", "nan"),
        ("fuzz", "--seconds", "1e-9"),
        ("repro", "no-such-file.json"),
        ("repro",),
        ("unheard-of",),
    ],
)
def test_bad_usage_is_exit_2(arguments: tuple[str, ...]) -> None:
    told = run(*arguments)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    assert told.stderr.strip()


def test_doctor_tries_the_targets() -> None:
    told = run("doctor", "--json")
    checks = {check["what"]: check for check in lines(told.stdout)}
    assert told.returncode == 0, told.stdout
    assert checks["target own"]["ok"] is True
    assert checks["target torch"]["ok"] is True
    assert "50 cases" in str(checks["target own"]["told"])


@pytest.mark.parametrize(
    ("name", "invariant"),
    [
        ("own: True is 1", "type"),
        ("own: dropped duplicate", "underflow"),
        ("own: exit", "crash"),
        ("torch: segfault", "crash"),
        ("torch: lost aliasing", "sharing-lost"),
    ],
)
def test_a_finding_is_shrunk_saved_and_replayed_by_the_command_printed(
    name: str, invariant: str, tmp_path: Path
) -> None:
    target = name.partition(":")[0]
    told = run_faulty(name, "fuzz", "--target", target, "--examples", "500", "--json", "--out", tmp_path)
    assert told.returncode == 1, told.stderr
    *findings, summary = lines(told.stdout)
    shown = [each for each in findings if each["type"] == "finding" and each["invariant"] == invariant]
    finding = min(shown, key=lambda each: each["nodes"])  # type: ignore[arg-type, return-value]
    assert finding["confirmed"]
    assert finding["nodes"] <= 5  # type: ignore[operator]
    assert finding["bucket"] in summary["buckets"]  # type: ignore[operator]
    assert summary["failed"] > 0  # type: ignore[operator]
    assert summary["cases"] + summary["rejected"] == 500  # type: ignore[operator]
    case = Path(str(finding["case"]))
    assert len(loads(case.read_text()).nodes) == finding["nodes"]
    command = str(finding["command"]).split()
    assert command[:2] == ["stackproof", "repro"]
    replayed = run_faulty(name, *command[1:])
    assert replayed.returncode == 1
    assert invariant in replayed.stdout
    # without the fault the same case passes
    assert run(*command[1:]).returncode == 0


def test_findings_are_the_same_whatever_the_workers(tmp_path: Path) -> None:
    found = []
    for workers in ("1", "3"):
        budget = ("--examples", "300", "--workers", workers)
        told = run_faulty("own: exit", "fuzz", *budget, "--json", "--out", tmp_path / workers)
        found.append(
            [
                {name: finding[name] for name in ("bucket", "count", "index", "nodes") if name in finding}
                for finding in lines(told.stdout)
            ]
        )
        assert told.returncode == 1
    assert found[0] == found[1]


def test_a_failure_of_the_harness_is_exit_3() -> None:
    program = (
        "import sys\n"
        "from harness.targets import own_trackers\n"
        "own_trackers.OwnTrackers.tracker = None\n"  # a mistake of ours, in the harness
        "sys.argv = ['stackproof', 'fuzz', '--examples', '5']\n"
        "from harness.cli import main\n"
        "main()\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert told.returncode == 3
    assert "This is no finding" in told.stderr
