"""Shared by all tests: the targets, loaded once a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

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


@pytest.fixture
def torchs_codegen_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every method of torch's PyCodegen raises."""
    from torch._dynamo.codegen import PyCodegen

    from harness.targets.dropin import installed

    def raising(name: str) -> Any:
        def method(*args: Any, **named: Any) -> Any:
            raise AssertionError(f"torch's PyCodegen.{name} was called")

        return method

    with installed():
        pass  # what its rules are is asked of it once
    for name, value in list(vars(PyCodegen).items()):
        if callable(value):
            monkeypatch.setattr(PyCodegen, name, raising(name))
