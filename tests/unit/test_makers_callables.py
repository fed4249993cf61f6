"""Which nodes a partial may be made of."""

from __future__ import annotations

import pytest

from generators.makers_callables import CALLABLE
from generators.nodes import LibraryNode
from oracles.making import LIBRARY


@pytest.mark.parametrize("name", LIBRARY)
def test_what_of_the_harness_is_taken_for_callable_is(name: str) -> None:
    assert CALLABLE.accepts(LibraryNode(name, 0)) == callable(LIBRARY[name])
