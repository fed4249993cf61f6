"""The net itself: every planted fault is caught within 5,000 cases, by an oracle that should catch it."""

from __future__ import annotations

import pytest

from harness.corpus import HERE, read
from harness.targets.base import Target
from tests.net.faults import FAULTS
from tests.net.fresh_faults import FAULTS as FRESH_FAULTS
from tests.net.fresh_faults_of_containers import FRESH_FAULTS_OF_CONTAINERS
from tests.net.neighbours import FAULTS as NEIGHBOURING_FAULTS
from tests.net.neighbours import NEIGHBOURS
from tests.net.planting import Fault, first_catch

CASES = 5_000
SEED = 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_is_caught(fault: Fault, targets: dict[str, Target]) -> None:
    catch = first_catch(targets[fault.target], fault, CASES, SEED)
    assert catch is not None, f"{fault.name} went through {CASES} cases"
    assert (catch.finding.oracle, catch.finding.invariant) in fault.caught_by, catch.finding


@pytest.mark.parametrize("fault", FRESH_FAULTS + FRESH_FAULTS_OF_CONTAINERS, ids=lambda fault: fault.name)
def test_fault_planted_by_who_has_not_read_the_oracles_is_caught(
    fault: Fault, targets: dict[str, Target]
) -> None:
    assert first_catch(targets[fault.target], fault, CASES, SEED) is not None


@pytest.mark.parametrize("fault", NEIGHBOURING_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_beside_a_known_cause_is_not_taken_for_it(fault: Fault, targets: dict[str, Target]) -> None:
    # what is known is passed over by the search: so what it finds no predicate covers
    assert first_catch(targets["torch"], fault, CASES, SEED) is not None


def test_every_known_cause_has_a_fault_beside_it() -> None:
    assert {known.name for known in read(HERE).known} == set(NEIGHBOURS)


def test_nothing_is_caught_without_a_fault(targets: dict[str, Target]) -> None:
    for target in targets.values():
        none = Fault("none", target.name, lambda target: None, ())
        assert first_catch(target, none, CASES, SEED) is None
