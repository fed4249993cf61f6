"""The net itself: every planted fault is caught within 2,000 cases, by an oracle that should catch it."""

from __future__ import annotations

import pytest

from harness.targets.base import Target
from tests.net.faults import FAULTS
from tests.net.fresh_faults import FAULTS as FRESH_FAULTS
from tests.net.planting import Fault, first_catch

CASES = 2_000
SEED = 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_is_caught(fault: Fault, targets: dict[str, Target]) -> None:
    catch = first_catch(targets[fault.target], fault, CASES, SEED)
    assert catch is not None, f"{fault.name} went through {CASES} cases"
    assert (catch.finding.oracle, catch.finding.invariant) in fault.caught_by, catch.finding


@pytest.mark.parametrize("fault", FRESH_FAULTS, ids=lambda fault: fault.name)
def test_fault_planted_by_who_has_not_read_the_oracles_is_caught(
    fault: Fault, targets: dict[str, Target]
) -> None:
    assert first_catch(targets[fault.target], fault, CASES, SEED) is not None


def test_nothing_is_caught_without_a_fault(targets: dict[str, Target]) -> None:
    for target in targets.values():
        none = Fault("none", target.name, lambda target: None, ())
        assert first_catch(target, none, CASES, SEED) is None
