"""A campaign for its user: what was found is told, whenever that is interrupted."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from generators import loads
from harness import session as session_module
from harness.session import Session
from harness.state import begin, header_of
from harness.triage import Shrunk, shrink
from tests.traps import Trap, distinct_cases, plan


def trapped() -> Trap:
    first, second, third = distinct_cases(3)
    return Trap({first: os.abort, second: lambda: os._exit(3), third: lambda: os._exit(0)})


def run(out: Path, machine: bool) -> tuple[Session, str]:
    target, console = trapped(), Console(file=io.StringIO(), width=100)
    journal, _ = begin(out, header_of(target.name, plan(), target.versions(), ()))
    session = Session(console, target, plan(), journal, (), machine)
    assert session.run()
    assert isinstance(console.file, io.StringIO)
    return session, console.file.getvalue()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ctrl-C while the second cause is shrunk; the causes for which that was begun."""
    begun: list[str] = []

    def interrupted(target: Any, bucket: str, *rest: Any) -> Shrunk:
        begun.append(bucket)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return shrink(target, bucket, *rest)

    monkeypatch.setattr(session_module, "shrink", interrupted)
    return begun


def test_a_person_who_interrupts_the_shrinking_is_told_every_cause(
    impatient: list[str], tmp_path: Path
) -> None:
    session, text = run(tmp_path, machine=False)
    assert len(impatient) == 2
    assert session.interrupted
    assert text.count("✗ isolation · crash · ") == 3
    assert text.count("not shrunk: interrupted") == 2
    assert text.count("stackproof repro --target own ") == 3
    resume = f"stackproof fuzz --resume {tmp_path} goes on"
    assert f"interrupted: not all of the cases are shrunk; {resume}" in text


def test_a_machine_is_told_every_cause_and_the_summary(
    impatient: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, machine=True)
    *findings, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["bucket"] for each in findings] == summary["buckets"]
    assert [each["confirmed"] for each in findings] == [True, False, False]
    assert [each["runs"] > 0 for each in findings] == [True, False, False]
    assert not any(each["flaky"] for each in findings)
    assert all(loads(Path(each["case"]).read_text()) for each in findings)
    assert (summary["interrupted"], summary["replaced"]) == (True, 3)
