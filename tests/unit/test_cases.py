"""Which kinds of cases a campaign draws."""

from __future__ import annotations

from collections import Counter

import pytest

from generators.cases import CASE_KINDS, DEFINITIONS, drawn_case
from generators.codec import KINDS, dumps, loads
from generators.rules import check


@pytest.mark.parametrize("kind", CASE_KINDS)
def test_one_kind_alone_is_drawn_where_it_is_asked_for(kind: str) -> None:
    for index in range(200):
        case = drawn_case(71, index, (kind,))
        assert case.kind == kind
        assert repr(loads(dumps(check(case)))) == repr(case)


def test_all_kinds_are_drawn_by_their_shares() -> None:
    count = 3_000
    drawn = Counter(drawn_case(72, index).kind for index in range(count))
    whole = sum(share for share, _ in DEFINITIONS.values())
    for kind, (share, _) in DEFINITIONS.items():
        assert 0.8 < drawn[kind] / count / (share / whole) < 1.25


def test_what_is_drawn_is_what_a_file_may_hold() -> None:
    assert CASE_KINDS == KINDS
