"""Who calls Dynamo's class by name can call ours: the same methods, with the same parameters."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from harness.codegen import PyCodegen

PARTS_OF_OURS = {"host", "profile"}
OF_SOME_RELEASES = {"create_list_append"}
MORE_PARAMETERS = {"make_function_with_closure": ["push_null", "num_on_stack"]}
"""What ours takes beside: here the parameters of the other profile, which may be left out."""


def parameters(method: Any) -> list[tuple[Any, ...]]:
    return [(each.name, each.kind, each.default) for each in inspect.signature(method).parameters.values()]


def test_the_methods_and_their_parameters_are_those_of_the_installed_class() -> None:
    theirs: Any = pytest.importorskip("torch._dynamo.codegen").PyCodegen
    names = {name for name in dir(theirs) if not name.startswith("_")}
    assert {
        name for name in dir(PyCodegen) if not name.startswith("_")
    } == names | PARTS_OF_OURS | OF_SOME_RELEASES
    for name in (*sorted(names), "__init__", "__call__"):
        wanted, found = parameters(getattr(theirs, name)), parameters(getattr(PyCodegen, name))
        assert found[: len(wanted)] == wanted, name
        assert [each[0] for each in found[len(wanted) :]] == MORE_PARAMETERS.get(name, []), name
