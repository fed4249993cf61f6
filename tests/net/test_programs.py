"""The net under whole programs: every fault planted in Dynamo is caught by `check` on one of its programs."""

from __future__ import annotations

import pytest

from harness.isolation import Death, isolated
from harness.programs import Checked, Options
from harness.programs.loading import read
from harness.programs.running import FOUND, run_both
from tests.e2e.test_programs import KNOWN, PROGRAMS, QUICK, programs, warm
from tests.net.program_faults import FAULTS, ProgramFault

SECONDS = 60.0


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm()


def checked(fault: ProgramFault, name: str) -> tuple[str, str, str]:
    """(oracle, kind, message) of what was found in the program with the fault, or empty texts."""

    def child() -> Checked:
        fault.apply()
        return run_both(read(PROGRAMS / f"{name}.py"), Options(sets=QUICK))

    ended = isolated(child, SECONDS)
    if isinstance(ended, Death):
        return "isolation", ended.cause, ended.stderr
    told = ended.value.told
    return (told.oracle, told.kind, told.message) if ended.value.status == FOUND and told else ("", "", "")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_caught(fault: ProgramFault) -> None:
    seen = []
    for name in fault.programs:
        found = checked(fault, name)
        if found[:2] in fault.caught_by:
            return
        seen.append((name, *found))
    pytest.fail(f"{fault.name}: {seen}")


def test_there_are_enough_faults_on_programs_that_pass_without_them() -> None:
    assert len(FAULTS) >= 25
    shown = {name for fault in FAULTS for name in fault.programs}
    assert shown <= set(programs()) - set(KNOWN)
