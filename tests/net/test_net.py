"""The net itself: every planted fault is caught within 5,000 cases, by an oracle that should catch it.

The case that shows it shrinks to five nodes or fewer.
"""

from __future__ import annotations

from importlib.metadata import version

import pytest

from generators import dumps
from generators.cases import CASE_KINDS
from harness.corpus import HERE, read
from harness.targets.base import Target
from tests.net.call_faults import FAULTS as CALL_FAULTS
from tests.net.faults import FAULTS
from tests.net.faults_of_scripts import FAULTS as FAULTS_OF_SCRIPTS
from tests.net.fresh_faults import FAULTS as FRESH_FAULTS
from tests.net.fresh_faults_of_containers import FRESH_FAULTS_OF_CONTAINERS
from tests.net.neighbours import FAULTS as NEIGHBOURING_FAULTS
from tests.net.neighbours import NEIGHBOURS
from tests.net.planting import Catch, Fault, first_catch, shrunk

CASES = 5_000
SEED = 20

CASES_WITHOUT = 2_000
"""Of each kind without a fault: campaigns run more."""

NODES = 5
"""Of the shrunk case of a planted fault, at most."""

STEPS = 9
"""Of the shrunk script of a planted fault, at most."""

NEEDS_MORE = {
    "attribute sources equal without base": 6,
    "long cycle not seen": 6,
    "changes written one by one": 6,
    "argument of 256 not extended": 258,
}
"""Faults that show themselves only in cases of so many nodes."""

NEEDS_OTHERS = {
    "constant tuples interned by equality",
    "stack size remembered by opcodes",
    "first named tuple's constructor for all",
}
"""Faults that show themselves only after other cases in the same process: their case alone is no example."""


def shows_itself_in_a_small_case(fault: Fault, catch: Catch, target: Target) -> None:
    """The reducer confirms the fault's case and makes it small."""
    small = shrunk(target, fault, catch)
    assert small.confirmed == (fault.name not in NEEDS_OTHERS), catch.finding
    if small.confirmed:
        assert len(small.case.nodes) <= NEEDS_MORE.get(fault.name, NODES), dumps(small.case)


@pytest.mark.parametrize("fault", FAULTS + CALL_FAULTS, ids=lambda fault: fault.name)
def test_fault_is_caught(fault: Fault, targets: dict[str, Target]) -> None:
    catch = first_catch(targets[fault.target], fault, CASES, SEED)
    assert catch is not None, f"{fault.name} went through {CASES} cases"
    assert (catch.finding.oracle, catch.finding.invariant) in fault.caught_by, catch.finding
    shows_itself_in_a_small_case(fault, catch, targets[fault.target])


@pytest.mark.parametrize("fault", FRESH_FAULTS + FRESH_FAULTS_OF_CONTAINERS, ids=lambda fault: fault.name)
def test_fault_planted_by_who_has_not_read_the_oracles_is_caught(
    fault: Fault, targets: dict[str, Target]
) -> None:
    catch = first_catch(targets[fault.target], fault, CASES, SEED)
    assert catch is not None, f"{fault.name} went through {CASES} cases"
    shows_itself_in_a_small_case(fault, catch, targets[fault.target])


@pytest.mark.parametrize("fault", NEIGHBOURING_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_beside_a_known_cause_is_not_taken_for_it(fault: Fault, targets: dict[str, Target]) -> None:
    # what is known is passed over by the search: so what it finds no predicate covers
    catch = first_catch(targets["torch"], fault, CASES, SEED)
    assert catch is not None, f"{fault.name} went through {CASES} cases"
    shows_itself_in_a_small_case(fault, catch, targets["torch"])


@pytest.mark.parametrize("fault", FAULTS_OF_SCRIPTS, ids=lambda fault: fault.name)
def test_fault_of_a_public_method_is_caught_by_a_script(fault: Fault, targets: dict[str, Target]) -> None:
    catch = first_catch(targets[fault.target], fault, CASES, SEED)
    assert catch is not None, f"{fault.name} went through {CASES} scripts"
    oracle, invariant = catch.finding.oracle, catch.finding.invariant
    assert (oracle, invariant) in fault.caught_by or (oracle, "") in fault.caught_by, catch.finding
    small = shrunk(targets[fault.target], fault, catch)
    assert small.confirmed, catch.finding
    assert len(small.case.steps) <= STEPS, dumps(small.case)


def test_every_known_cause_has_a_fault_beside_it() -> None:
    # a fault can be planted in the torch that is here alone
    known = read(HERE).known_of("torch", {"torch": version("torch")})
    assert {each.name for each in known} == set(NEIGHBOURS)


def test_nothing_is_caught_without_a_fault(targets: dict[str, Target]) -> None:
    for target in targets.values():
        for kind in CASE_KINDS:
            none = Fault("none", target.name, lambda target: None, (), (kind,))
            assert first_catch(target, none, CASES_WITHOUT, SEED) is None
