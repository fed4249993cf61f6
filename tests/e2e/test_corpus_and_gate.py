"""The gate, the corpus and the scripts of CI as a user starts them: in processes of their own.

Loading torch takes seconds: by default only a few changes are gated on it. With the environment variable
STACKPROOF_PROFILE=nightly all are.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from generators import dumps, loads
from generators.case import Case
from generators.cases import drawn_case
from generators.nodes import ConstantNode, DictNode, ListNode, TensorNode, TupleNode
from harness.runner import Runner
from harness.targets.base import Target
from tests.net.changed_lines import FAULTS, HARMLESS, OWN, TORCH, Change, source_of

ROOT = Path(__file__).parents[2]
NIGHTLY = os.environ.get("STACKPROOF_PROFILE") == "nightly"


def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        cwd=ROOT,
        **options,
    )


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def gate(module: str, file: Path, *more: str | Path) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of a gate, and what it said, the summary last."""
    out = file.parent / "out"
    told = run("gate", "--replace", f"{module}={file}", "--out", out, "--json", *more)
    assert told.returncode in (0, 1), told.stderr
    return told.returncode, lines(told.stdout)


# --- the gate ------------------------------------------------------------------------------------------


def some(changes: tuple[Change, ...], target: str, few: set[str]) -> list[Any]:
    """The changes of a target as parameters: of torch's only a few by default."""
    return [
        pytest.param(change, id=f"{change.target}: {change.name}")
        for change in changes
        if change.target == target and (NIGHTLY or not few or change.name in few)
    ]


@pytest.mark.parametrize(
    "change",
    [
        *some(FAULTS, "torch", {"the temporary is forgotten"}),
        *some(FAULTS, "own", {"True is 1", "no duplicate", "marks are dropped", "the index goes first"}),
    ],
)
def test_no_to_a_fault_with_a_shrunk_case_that_shows_it(change: Change, tmp_path: Path) -> None:
    file = change.write(tmp_path)
    before = source_of(change.module).read_bytes()
    began = time.monotonic()
    code, (*found, summary) = gate(change.module, file)
    assert time.monotonic() - began < 60
    assert (code, summary["verdict"]) == (1, "no")
    assert source_of(change.module).read_bytes() == before
    findings = [line for line in found if line["type"] == "finding"]
    assert sorted(finding["bucket"] for finding in findings) == summary["buckets"]
    smallest = min(findings, key=lambda finding: finding["nodes"])
    assert smallest["nodes"] <= 5
    assert len(loads(Path(smallest["case"]).read_text()).nodes) == smallest["nodes"]
    if change.target == "own":
        command = smallest["command"].split()
        assert command[:3] == ["stackproof", "repro", "--replace"]
        replayed = run(*command[1:], "--json")
        assert replayed.returncode == 1, replayed.stderr
        (replay,) = lines(replayed.stdout)
        assert smallest["bucket"] in [finding["bucket"] for finding in replay["findings"]]
        # without the change the same case passes
        assert run("repro", "--target", change.target, smallest["case"]).returncode == 0


@pytest.mark.parametrize(
    "change",
    [*some(HARMLESS, "torch", {"a local renamed"}), *some(HARMLESS, "own", set())],
)
def test_yes_to_a_harmless_rewrite(change: Change, tmp_path: Path) -> None:
    code, (*found, summary) = gate(change.module, change.write(tmp_path))
    assert (code, summary["verdict"], found) == (0, "yes", [])
    assert summary["recoded"] == 0
    assert summary["cases"] >= 2_000


def test_reports_are_written_and_can_be_read(tmp_path: Path) -> None:
    (change,) = [each for each in FAULTS if (each.module, each.name) == (OWN, "True is 1")]
    summary, xml = tmp_path / "summary.md", tmp_path / "gate.xml"
    file = change.write(tmp_path)
    told = run(
        *("gate", "--replace", f"{OWN}={file}", "--cases", "200", "--out", tmp_path / "out"),
        *("--markdown", summary, "--junit", xml),
    )
    assert told.returncode == 1
    assert "no: must not be merged" in told.stdout
    assert "stackproof repro --replace" in told.stdout
    assert summary.read_text().startswith("## stackproof gate: ❌ no")
    assert "values · type · constant" in summary.read_text()
    (suite,) = ET.parse(xml).getroot()
    tests = suite.findall("testcase")
    assert (
        len(tests)
        == int(suite.get("tests", ""))
        == 2 + len(list((ROOT / "corpus").rglob("regressions/*.json")))
    )
    failed = {test.get("name") for test in tests if test.find("failure") is not None}
    assert {"fixed cases", "regressions/true-beside-one-in-a-list"} <= failed
    assert len(failed) == int(suite.get("failures", "")) < len(tests)


def test_other_code_with_the_same_behaviour_is_shown(tmp_path: Path) -> None:
    change = Change(
        "built twice",
        OWN,
        (("if profile.cached_sources ==", "if True or profile.cached_sources =="),),
    )
    code, (*found, summary) = gate(OWN, change.write(tmp_path), "--cases", "300")
    assert (code, summary["verdict"]) == (0, "yes")
    assert summary["recoded"] > 10
    shown = [line for line in found if line["type"] == "recoded"]
    assert any(line.startswith("+STORE_FAST") for line in shown[0]["difference"])


def test_a_mended_fault_is_a_fix(tmp_path: Path, own: Target) -> None:
    """The base with a fault, the change without: the base is a copy of the packages."""
    copy = tmp_path / "base"
    for package in ("generators", "oracles", "harness"):
        shutil.copytree(ROOT / package, copy / package)
    (change,) = [each for each in FAULTS if (each.module, each.name) == (OWN, "True is 1")]
    (copy / "harness/codegen/pycodegen.py").write_text(change.write(tmp_path).read_text())
    told = subprocess.run(
        [
            *(sys.executable, "-m", "harness", "gate", "--json", "--cases", "300"),
            *("--replace", f"{OWN}={source_of(OWN)}", "--out", tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
    )
    *found, summary = lines(told.stdout)
    assert (told.returncode, summary["verdict"]) == (0, "yes"), told.stderr
    runner = Runner(own)
    refused = sum(runner.run(drawn_case(0, index)).status == "rejected" for index in range(300))
    assert summary["fixed"] == summary["failing_before"] - refused > 0
    assert {line["type"] for line in found} <= {"fix", "recoded"}
    fixed = [line["bucket"] for line in found if line["type"] == "fix"]
    assert fixed
    assert all(bucket.startswith(("values · type", "values · elements")) for bucket in fixed)


@pytest.mark.parametrize(
    ("module", "edit", "error"),
    [
        (TORCH, ("class PyCodegen:", "class PyCodegen"), "SyntaxError"),
        (OWN, ("class PyCodegen", "class Renamed"), "ImportError"),
        (OWN, ("import ", "import nobody_has_this\nimport "), "ModuleNotFoundError"),
        (OWN, ("class PyCodegen", "raise SystemExit(0)\nclass PyCodegen"), "SystemExit"),
        (OWN, ("class PyCodegen", "import os\nos.abort()\nclass PyCodegen"), "SIGABRT"),
    ],
)
def test_an_error_in_the_file_is_a_finding(
    module: str, edit: tuple[str, str], error: str, tmp_path: Path
) -> None:
    file = tmp_path / "changed.py"
    file.write_text(source_of(module).read_text().replace("\n" + edit[0], "\n" + edit[1], 1))
    code, (finding, summary) = gate(module, file)
    assert (code, summary["verdict"]) == (1, "no")
    assert finding["type"] == "finding"
    assert error in finding["message"]
    if error == "SyntaxError":
        assert re.search(rf"{file}:\d+", finding["message"])
    else:
        told = run("repro", "--replace", f"{module}={file}", ROOT / "corpus/regressions/nan-payload.json")
        assert told.returncode != 0
        if error != "SIGABRT":
            assert told.returncode == 1
            assert error in told.stderr
            assert "Traceback" not in told.stderr


def test_a_method_gone_is_a_finding_and_no_failure_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "changed.py"
    text = source_of(OWN).read_text()
    file.write_text(text.replace("def restore_stack(", "def restore_the_stack("))
    code, (finding, *_, summary) = gate(OWN, file, "--cases", "50")
    assert (code, summary["verdict"]) == (1, "no")
    assert "AttributeError" in finding["bucket"]
    assert "restore_stack" in finding["message"]


def test_a_hang_is_a_finding_in_time(tmp_path: Path) -> None:
    file = tmp_path / "changed.py"
    text = source_of(OWN).read_text()
    edited = text.replace(
        "        for item in items:\n",
        "        for item in items:\n            while len(items) == 4: pass\n",
    )
    assert edited != text
    file.write_text(edited)
    began = time.monotonic()
    code, (*found, summary) = gate(OWN, file)
    assert time.monotonic() - began < 60
    assert (code, summary["verdict"]) == (1, "no")
    assert summary["not_run"] > 0
    assert [line["bucket"] for line in found if line["type"] == "finding"] == ["isolation · hang · emit"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Missing option"),
        (("--replace", "harness.codegen.sources"), "not MODULE=FILE"),
        (("--replace", "harness.codegen.sources=no-such-file.py"), "no such file"),
        (("--replace", "harness.codegen.nobody=README.md"), "not installed"),
        (("--replace", "harness.codegen.sources=README.md", "--target", "torch"), "no part of the target"),
        (
            (
                "--replace",
                "harness.codegen.sources=README.md",
            )
            * 2,
            "there twice",
        ),
        (
            ("--replace", "harness.codegen.sources=README.md", "--replace", "torch._dynamo.source=README.md"),
            "no part of the target",
        ),
        (("--replace", "harness.codegen.sources=README.md", "--corpus", "nowhere"), "no such folder"),
    ],
)
def test_bad_usage_of_the_gate_is_exit_2(arguments: tuple[str, ...], told: str) -> None:
    ended = run("gate", *arguments)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


# --- the corpus ----------------------------------------------------------------------------------------

FAULTY = """
import sys
from harness import targets
from tests.net.faults import FAULTS

(fault,) = [fault for fault in FAULTS if fault.name == "own: True is 1"]
load = targets.TARGETS["own"]

def faulty():
    target = load()
    fault.apply(target)
    return target

targets.TARGETS["own"] = faulty
sys.argv = {argv!r}
from harness.cli import main
main()
"""


def run_faulty(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    argv = ["stackproof", *map(str, arguments)]
    return subprocess.run(
        [sys.executable, "-c", FAULTY.format(argv=argv)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )


TRUE_IN_A_LIST = Case((ConstantNode(True), ListNode((0, 0))), roots=(1,))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus that knows the planted fault."""
    folder = tmp_path / "corpus"
    for name in ("regressions", "known"):
        (folder / name).mkdir(parents=True)
    (folder / "regressions" / "empty.json").write_text(dumps(Case((ListNode(),), roots=(0,))))
    known = {
        "case": json.loads(dumps(TRUE_IN_A_LIST)),
        "target": "own",
        "versions": {"python": ["3.10", "3.11", "3.12", "3.13", "3.14"]},
        "cause": "a bool is loaded as an int",
        "predicate": {
            "bucket": {
                "oracle": "values",
                "invariant": ["type", "elements"],
            },
            "kinds": ["constant"],
        },
        "script": "true_is_one.py",
    }
    (folder / "known" / "true-is-one.json").write_text(json.dumps(known))
    (folder / "known" / "true_is_one.py").write_text("")
    return folder


def test_fuzz_counts_what_is_known_and_goes_on(corpus: Path, tmp_path: Path) -> None:
    fuzz = ("fuzz", "--examples", "300", "--json", "--corpus", corpus, "--out", tmp_path / "out")
    told = run_faulty(*fuzz)
    *found, summary = lines(told.stdout)
    assert (told.returncode, found, summary["buckets"]) == (0, [], []), told.stderr
    assert summary["known"] > 10
    assert summary["reasons"]["known: true-is-one"] == summary["known"]
    assert summary["failed"] == 0
    # another cause is not covered, and a known one that fires no more is told
    told = run(*fuzz)
    *found, summary = lines(told.stdout)
    assert told.returncode == 0
    assert [(line["type"], line["name"]) for line in found] == [("fixed?", "true-is-one")]
    assert summary["known"] == 0


def test_check_replays_everything(corpus: Path) -> None:
    check = ("corpus", "check", "--target", "own", "--json", "--corpus", corpus)
    told = run_faulty(*check)
    assert told.returncode == 0, told.stderr
    assert [(line["name"], line["status"]) for line in lines(told.stdout)] == [
        ("regressions/empty", "passed"),
        ("known/true-is-one", "known"),
    ]
    (corpus / "regressions" / "true.json").write_text(dumps(TRUE_IN_A_LIST))
    told = run_faulty(*check)
    assert told.returncode == 1
    assert ("regressions/true", "failed") in [(line["name"], line["status"]) for line in lines(told.stdout)]
    told = run(*check)
    assert told.returncode == 1
    assert lines(told.stdout)[-1]["status"] == "fixed?"


def test_check_passes_over_what_is_known_of_other_versions(corpus: Path) -> None:
    path = corpus / "known" / "true-is-one.json"
    path.write_text(path.read_text().replace('"3.1', '"2.'))
    told = run("corpus", "check", "--target", "own", "--json", "--corpus", corpus)
    assert told.returncode == 0
    assert lines(told.stdout)[-1]["status"] == "elsewhere"


def test_list_and_a_corpus_that_cannot_be_read(corpus: Path) -> None:
    told = run("corpus", "list", "--corpus", corpus)
    assert told.returncode == 0
    assert "known/true-is-one  own" in told.stdout
    assert "1 regressions, 1 known" in told.stdout
    (corpus / "known" / "true_is_one.py").unlink()
    for verb in (("corpus", "list"), ("corpus", "check"), ("fuzz", "--examples", "1")):
        told = run(*verb, "--corpus", corpus)
        assert told.returncode == 2
        assert "true-is-one.json: script" in told.stderr
        assert "Traceback" not in told.stderr


def test_add_takes_what_passes_everywhere(corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(dumps(TRUE_IN_A_LIST))
    add = ("corpus", "add", path, "--corpus", corpus)
    told = run_faulty(*add)
    assert told.returncode == 1
    assert "not added: on own it is failed" in told.stderr
    told = run(*add)
    assert told.returncode == 0, told.stderr
    (added,) = (corpus / "regressions").glob("constant-list-*.json")
    assert added.read_text() == dumps(TRUE_IN_A_LIST)
    assert run(*add).returncode == 2  # it is there already


def test_minimise_keeps_the_bucket(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    nodes = (TensorNode(1), ConstantNode(True), ListNode((0, 1)), TupleNode((2, 0)), ConstantNode("k"))
    path.write_text(dumps(Case((*nodes, DictNode(((4, 3),))), roots=(5, 3, 0))))
    told = run_faulty("corpus", "minimise", path, "--json")
    assert told.returncode == 0, told.stderr
    (data,) = lines(told.stdout)
    assert data["bucket"].startswith("values · type")
    assert data["case"] == str(tmp_path / "large.min.json")
    assert len(loads(Path(data["case"]).read_text()).nodes) == data["nodes"] <= 2
    assert run_faulty("repro", data["case"]).returncode == 1
    told = run("corpus", "minimise", path)
    assert told.returncode == 2
    assert "nothing to keep" in told.stderr


# --- the scripts of CI ---------------------------------------------------------------------------------


def script(name: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "ci" / name, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHON": sys.executable, **environment},
    )


def test_a_night_fails_only_on_new_buckets(tmp_path: Path) -> None:
    # an interpreter in whose stackproof a fault is planted
    faulty = tmp_path / "faulty"
    planted = FAULTY.format(argv=[]).replace("sys.argv = []\n", "")
    faulty.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "if sys.argv[1] != '-m':\n"
        "    sys.argv = sys.argv[1:]\n    exec(sys.stdin.read(), {'__name__': '__main__'})\n    sys.exit()\n"
        f"sys.path.insert(0, {str(ROOT)!r})\nsys.argv = ['stackproof', *sys.argv[3:]]\n{planted}"
    )
    faulty.chmod(0o755)
    state = tmp_path / "state"
    budget = ("--target", "own", "--examples", "400")
    clean = script("nightly", state, *budget)
    assert clean.returncode == 0, clean.stderr
    assert "0 new of 0 found" in clean.stdout
    # so many that the fault shows in each of its ways; a night's seed is random, which a test's must not be
    first = script("nightly", state, *budget[:-1], "2500", "--seed", "11", PYTHON=str(faulty))
    assert first.returncode == 1, first.stderr
    assert "new: values · type" in first.stdout
    seen = (state / "buckets.txt").read_text().splitlines()
    assert any(line.startswith("own\tvalues · type") for line in seen)
    assert list((state / "cases").glob("own-values-type-*.json"))
    # the same cause again, from other cases: nothing new
    again = script("nightly", state, *budget, "--seed", "12", PYTHON=str(faulty))
    assert again.returncode == 0, again.stdout
    assert len(list((state / "runs").glob("*.jsonl"))) >= 1


def test_a_night_that_cannot_run_says_so(tmp_path: Path) -> None:
    assert script("nightly").returncode == 2
    told = script("nightly", tmp_path / "state", "--target", "nobody")
    assert told.returncode == 2
    assert "nobody" in told.stderr


def test_the_gate_of_a_pull_request(tmp_path: Path) -> None:
    folder = tmp_path / "change" / "harness" / "codegen"
    folder.mkdir(parents=True)
    summary = tmp_path / "summary.md"
    (harmless,) = [each for each in HARMLESS if (each.module, each.name) == (OWN, "a comment")]
    (fault,) = [each for each in FAULTS if (each.module, each.name) == (OWN, "True is 1")]
    options = ("--cases", "200", "--out", tmp_path / "out", "--")
    file = harmless.write(folder)
    told = script("gate", *options, file, tmp_path / "README.md", GITHUB_STEP_SUMMARY=str(summary))
    assert told.returncode == 0, told.stderr
    assert "passed over" in told.stdout
    assert "yes" in summary.read_text()
    assert script("gate", *options, fault.write(folder)).returncode == 1
    assert script("gate", *options, folder / "gone.py").returncode == 2
    assert script("gate", tmp_path / "README.md").returncode == 0
    assert script("gate").returncode == 2
