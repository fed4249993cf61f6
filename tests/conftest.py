"""Shared by all tests: the targets, loaded once a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness.targets import CODEGENS, load
from harness.targets.base import Target


@pytest.fixture(scope="session")
def targets() -> Iterator[dict[str, Target]]:
    """The two codegens, entered."""
    with ExitStack() as entered:
        yield {name: entered.enter_context(load(name)) for name in CODEGENS}


@pytest.fixture(scope="session")
def own(targets: dict[str, Target]) -> Target:
    return targets["own"]
