"""The corpus: what is read, what is refused, and which findings a known cause covers."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from generators import dumps, seeded_case
from generators.case import Case, Options
from generators.nodes import ConstantNode, ListNode, TupleNode
from generators.rules import CaseError
from harness.batch import HANGS, Result, digest, listing, run_all
from harness.corpus import (
    HERE,
    CorpusError,
    known_from_data,
    name_for,
    read,
    without_known,
)
from harness.runner import Outcome
from harness.targets.base import Target
from oracles.run import Finding

CASE = Case((ConstantNode(True), TupleNode((0,)), ListNode((1, 0))), roots=(2, 1))
FINDING = Finding("values", "type", "constant", "int is not bool", "PyCodegen.create_load_const")

KNOWN: dict[str, Any] = {
    "case": json.loads(dumps(CASE)),
    "target": "own",
    "versions": {"python": ["3.10", "3.11"], "bytecode": ["0.19"]},
    "cause": "a bool is loaded as an int",
    "predicate": {
        "bucket": {"oracle": "values", "invariant": ["type", "bits"], "emitter": FINDING.emitter},
        "kinds": ["constant"],
        "options": {"passes": 2, "temporaries": False},
    },
    "script": "true_is_one.py",
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """KNOWN with one field, named by a path with dots, set to something else."""
    data = copy.deepcopy(KNOWN)
    *parents, last = path.split(".")
    inner = data
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    return data


def write(folder: Path, data: Any, *, script: bool = True) -> None:
    (folder / "known").mkdir(parents=True, exist_ok=True)
    (folder / "known" / "true-is-one.json").write_text(json.dumps(data))
    if script:
        (folder / "known" / "true_is_one.py").write_text("")


def test_a_known_failure_is_read(tmp_path: Path) -> None:
    write(tmp_path, KNOWN)
    (known,) = read(tmp_path).known
    assert known.name == "true-is-one"
    assert dumps(known.case) == dumps(CASE)
    assert (known.target, known.cause, known.script) == ("own", KNOWN["cause"], "true_is_one.py")


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("case", {}, "case: the field 'schema' is missing"),
        ("case.roots", [9], r"case.roots\[0\]: there is no node 9"),
        ("case", 3, "case: expected an object"),
        ("target", "", "target: expected a text"),
        ("cause", 4, "cause: expected a text"),
        ("versions", [], "versions: expected an object"),
        ("versions.python", [], "versions.python: expected an array"),
        ("versions.python", [3.11], r"versions.python\[0\]: expected a text"),
        ("predicate", {}, "predicate: the field 'bucket' is missing"),
        ("predicate.bucket", {}, "predicate.bucket: the field 'oracle' is missing"),
        ("predicate.bucket", {"oracle": "values"}, "predicate.bucket: the field 'invariant' is missing"),
        ("predicate.bucket.message", "x", "predicate.bucket: unknown field 'message'"),
        ("predicate.bucket.oracle", [], "predicate.bucket.oracle: expected an array"),
        ("predicate.code", "import os", "predicate: unknown field 'code'"),
        ("predicate.kinds", "list", "predicate.kinds: expected an array"),
        ("predicate.options.passes", True, "predicate.options.passes: expected a value of type int"),
        ("predicate.options.temporaries", 1, "predicate.options.temporaries: expected a value of type bool"),
        ("predicate.options.nobody", 1, "predicate.options: unknown field 'nobody'"),
        ("script", "../elsewhere.py", "script: expected the name of a file beside"),
        ("more", 1, "unknown field 'more'"),
    ],
)
def test_what_is_wrong_with_a_known_failure_is_named_by_field(path: str, value: Any, told: str) -> None:
    with pytest.raises(CaseError, match=told):
        known_from_data("it", changed(path, value))


@pytest.mark.parametrize("text", ["", "[", "[]", "3", "NaN", "[" * 100_000, "\x00", '{"case": 1}'])
def test_a_file_that_is_no_corpus_is_refused_by_its_name(text: str, tmp_path: Path) -> None:
    for folder in ("known", "regressions"):
        path = tmp_path / folder / folder / "bad.json"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        with pytest.raises(CorpusError, match=r"bad\.json: "):
            read(tmp_path / folder)


def test_a_known_failure_needs_its_script(tmp_path: Path) -> None:
    write(tmp_path, KNOWN, script=False)
    with pytest.raises(CorpusError, match=r"script: there is no file 'true_is_one\.py'"):
        read(tmp_path)


def test_no_corpus_is_an_empty_one(tmp_path: Path) -> None:
    assert read(tmp_path).known == read(tmp_path).regressions == ()


@pytest.mark.parametrize(
    ("target", "versions", "applies"),
    [
        ("own", {"python": "3.11.7", "bytecode": "0.19.1"}, True),
        ("own", {"python": "3.11", "bytecode": "0.19"}, True),
        ("own", {"python": "3.10.0+dev", "bytecode": "0.19rc1"}, False),
        ("own", {"python": "3.1", "bytecode": "0.19"}, False),
        ("own", {"python": "3.11.7", "bytecode": "0.190"}, False),
        ("own", {"python": "3.12.0", "bytecode": "0.19.1"}, False),
        ("own", {"python": "3.11.7"}, False),
        ("torch", {"python": "3.11.7", "bytecode": "0.19.1"}, False),
    ],
)
def test_the_versions_it_is_known_of(target: str, versions: dict[str, str], applies: bool) -> None:
    assert known_from_data("it", KNOWN).applies(target, versions) is applies


@pytest.mark.parametrize(
    "neighbour",
    [
        Finding("stack", "type", "constant", "", FINDING.emitter),
        Finding("values", "length", "constant", "", FINDING.emitter),
        Finding("values", "type", "constant", "", "ConstantVariable.reconstruct"),
        Finding("values", "type", "constant", ""),
    ],
)
def test_a_predicate_covers_its_cause_and_no_neighbour(neighbour: Finding) -> None:
    known = known_from_data("it", KNOWN)
    assert known.covers(CASE, FINDING)
    assert not known.covers(CASE, neighbour)
    assert known.fires(Outcome("failed", (neighbour, FINDING)))
    assert not known.fires(Outcome("failed", (neighbour,)))
    ended = [Outcome("failed", (FINDING,)), Outcome("passed"), Outcome("absent", reason="a thing")]
    assert [known.is_fixed(each) for each in ended] == [False, True, False]


def test_a_predicate_asks_the_case_too() -> None:
    known = known_from_data("it", KNOWN)
    assert known.covers(CASE, FINDING)
    assert not known.covers(Case((ListNode(),), roots=(0,)), FINDING)
    assert not known.covers(Case(CASE.nodes, CASE.roots, options=Options(passes=1)), FINDING)
    assert not known.covers(Case(CASE.nodes, CASE.roots, options=Options(temporaries=(2,))), FINDING)


def test_a_known_finding_never_hides_another() -> None:
    known = [known_from_data("it", KNOWN)]
    other = Finding("values", "sharing-lost", "list", "")
    assert without_known(known, CASE, Outcome("failed", (FINDING,))) == Outcome("known", reason="it")
    both = without_known(known, CASE, Outcome("failed", (FINDING, other)))
    assert both == Outcome("failed", (other,))
    for untouched in (Outcome("passed"), Outcome("rejected", reason="no"), Outcome("failed", (other,))):
        assert without_known(known, CASE, untouched) == untouched


def test_names_are_of_the_content() -> None:
    assert name_for(CASE).startswith("constant-list-tuple-")
    assert name_for(CASE) == name_for(Case(CASE.nodes, CASE.roots))
    assert name_for(CASE) != name_for(Case(CASE.nodes, (2,)))


def test_the_projects_own_corpus_passes(targets: dict[str, Target]) -> None:
    corpus = read(HERE)
    assert len(corpus.regressions) >= 12
    for name, target in targets.items():
        results = run_all(target, [each.case for each in corpus.regressions])
        ended = {each.name: result.status for each, result in zip(corpus.regressions, results, strict=True)}
        assert set(ended.values()) == {"passed"}, (name, ended)
        for known in corpus.known_of(name, target.versions()):
            (result,) = run_all(target, [known.case])
            assert known.fires(Outcome(result.status, result.findings)), known.name


# --- many cases in one process -------------------------------------------------------------------------


class Faulty:
    """A target that does something terrible in some cases."""

    def __init__(self, target: Target, faults: dict[int, Any]) -> None:
        self.target = target
        self.faults = faults
        self.name = target.name
        self.graph_value = target.graph_value
        self.classes = target.classes
        self.versions = target.versions

    def emit(self, case: Case, world: Any, *, record: bool = False, watch: Any = None) -> Any:
        value = getattr(case.nodes[0], "value", None)
        if value in self.faults:
            self.faults[value]()
        return self.target.emit(case, world, record=record)


def numbered(count: int) -> list[Case]:
    return [Case((ConstantNode(number),), roots=(0,)) for number in range(2, 2 + count)]


def test_every_case_gets_its_result_whatever_the_others_do(own: Target) -> None:
    import os
    import signal

    def mistake() -> None:
        raise LookupError("of the harness")

    faults = {
        3: lambda: os._exit(0),
        5: lambda: os.kill(os.getpid(), signal.SIGSEGV),
        6: mistake,
        7: lambda: os._exit(9),
    }
    results = list(run_all(Faulty(own, faults), numbered(7)))  # type: ignore[arg-type]
    assert [result.status for result in results] == [
        *("passed", "failed", "passed", "failed", "broken", "failed", "passed")
    ]
    assert results[1].signature == {"isolation · crash · exit 0 in emit"}
    assert results[3].signature == {"isolation · crash · SIGSEGV in emit"}
    assert results[4].findings[0].subject == "LookupError"
    assert "of the harness" in results[4].findings[0].detail


def test_hangs_end_it(own: Target) -> None:
    import time

    faulty: Any = Faulty(own, {number: lambda: time.sleep(60) for number in range(3, 9)})
    results = list(run_all(faulty, numbered(6), seconds=0.2))
    assert [result.status for result in results] == [
        "passed",
        *["failed"] * HANGS,
        *["not run"] * (5 - HANGS),
    ]
    assert results[1].signature == {"isolation · hang · emit"}


def test_two_runs_give_equal_results(own: Target) -> None:
    cases = [seeded_case(3, index) for index in range(60)]
    assert list(run_all(own, cases)) == list(run_all(own, cases))


def test_an_abandoned_run_leaves_no_process(own: Target) -> None:
    import os

    run = run_all(own, numbered(50))
    assert isinstance(next(run), Result)
    run.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_digests_tell_constants_apart_to_the_bit() -> None:
    def code(*constants: object) -> Any:
        return (lambda: None).__code__.replace(co_consts=constants)

    several = [
        *(code(0.0), code(-0.0), code(0), code(False), code((0,)), code((False,)), code("0"), code(b"0")),
        *(code(1234567890123), code(1234567890124), code(frozenset((1, 2))), code(code(0.0)), code(0, 0)),
    ]
    assert len({digest(each) for each in several}) == len(several)
    assert digest(code(object())) == digest(code(object()))
    assert "stack size" in listing(code(0))[-1]


def test_the_list_of_findings_has_each_cause_once_with_the_versions_that_show_it() -> None:
    text = (HERE.parent / "FINDINGS.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    listed = {name.strip("`"): shows for *_, shows, name in rows if name != "script"}
    causes = {
        path.stem: ", ".join(json.loads(path.read_text())["versions"]["torch"])
        for path in HERE.glob("known/*.json")
    }
    programs = [f"programs/{path.stem}" for path in HERE.glob("known/programs/*.py")]
    assert len(listed) == sum(name != "script" for *_, name in rows), "a cause is there twice"
    assert listed.keys() == causes.keys() | set(programs)
    assert {name: listed[name] for name in causes} == causes
    assert text.partition(" causes")[0].rpartition("\n")[2] == str(len(listed))
