"""What the drawn graph outputs and drives are like: floors that a later change must not fall below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from generators import Case, seeded_case
from generators.calls import call_case
from generators.draw import SeededDraw
from generators.forms import FORMS, ODD_FORMS, SYMBOLIC_KINDS, Form, form_of, is_sparse, symbolic_kind
from generators.nodes import SUBCLASSES, TENSORS, ArrayNode, NumberNode, SubclassNode, SymbolicNode

CASES = 5_000
SEED = 78
EACH = 0.25
"""Percent of the cases that everything of which there are several is in at least."""


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [seeded_case(SEED, index) for index in range(CASES)]


def forms(case: Case) -> Iterator[Form]:
    return (form_of(node.output) for node in case.nodes if isinstance(node, TENSORS))


def some(says: Callable[[Form], bool]) -> Callable[[Case], bool]:
    return lambda case: any(map(says, forms(case)))


def of_two_kinds(case: Case) -> bool:
    kinds: dict[int, set[str]] = {}
    for node in case.nodes:
        if isinstance(node, TENSORS):
            kinds.setdefault(node.output, set()).add(node.kind)
    return any(len(found) > 1 for found in kinds.values())


def many(case: Case) -> bool:
    return len({node.output for node in case.nodes if isinstance(node, TENSORS)}) > 256


FLOORS: dict[str, tuple[float, Callable[[Case], bool]]] = {
    "a form that is not plain": (15, lambda case: any(form in FORMS[12:47] for form in forms(case))),
    "a view of another tensor": (4, some(lambda form: bool(form.view))),
    "a gradient": (1.5, some(lambda form: bool(form.gradient))),
    "a parameter": (1, some(lambda form: form.parameter)),
    "no elements": (1, some(lambda form: 0 in form.shape)),
    "a complex tensor": (1.5, some(lambda form: form.dtype.startswith("complex"))),
    "a sparse tensor": (0.5, lambda case: any(map(is_sparse, case.nodes))),
    "an array": (4, lambda case: any(isinstance(node, ArrayNode) for node in case.nodes)),
    "a number": (4, lambda case: any(isinstance(node, NumberNode) for node in case.nodes)),
    "one proxy under nodes of two kinds": (4, of_two_kinds),
    "attributes of a new tensor": (
        1,
        lambda case: any(isinstance(node, SubclassNode) and bool(node.attributes) for node in case.nodes),
    ),
    "more outputs than one byte counts": (0.05, many),
    "effects that are not replayed": (0.5, lambda case: not case.options.replay),
    "effects that are reported": (0.5, lambda case: case.options.reported),
    "calls that are logged": (1, lambda case: bool(case.options.logged)),
    "a frame that goes on": (1, lambda case: case.options.resumed),
}


@pytest.mark.parametrize("name", FLOORS)
def test_floor(name: str, cases: list[Case]) -> None:
    floor, has = FLOORS[name]
    assert 100 * sum(map(has, cases)) / CASES >= floor


def test_every_form_subclass_and_way_is_drawn(cases: list[Case]) -> None:
    drawn: Counter[object] = Counter()
    for case in cases:
        found: set[object] = {node.output % len(FORMS) for node in case.nodes if isinstance(node, TENSORS)}
        found |= {node.subclass for node in case.nodes if isinstance(node, SubclassNode)}
        found |= {
            (node.type, symbolic_kind(node.output)) for node in case.nodes if isinstance(node, SymbolicNode)
        }
        drawn.update(found)
    ways = [(form, kind) for form in ("int", "float", "bool") for kind in SYMBOLIC_KINDS]
    wanted = [*ODD_FORMS, *SUBCLASSES, *ways]
    assert {each: drawn[each] for each in wanted if 100 * drawn[each] / CASES < EACH} == {}


def test_calls_are_made_without_marks_too() -> None:
    found = [call_case(SeededDraw(SEED, index)).options.profile for index in range(1_000)]
    assert 50 <= found.count("unmarked") <= 200
