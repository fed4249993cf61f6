"""Misuse is refused by an error of its own that says what to do, and the codegen goes on working."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from harness.codegen import (
    CodegenError,
    ConstantVariable,
    ConstDictVariable,
    GraphBreak,
    ListVariable,
    LocalGeneratorVariable,
    LocalSource,
    PyCodegen,
    Source,
    TensorVariable,
    Translator,
    TupleVariable,
    UserDefinedObjectVariable,
    VariableTracker,
    assemble,
    create_instruction,
)
from harness.codegen import errors as kinds


class Returns(VariableTracker):
    def reconstruct(self, codegen: PyCodegen) -> Any:
        return 5


class NoWay(Source):
    def _make_key(self) -> str:
        return "no way"


Misuse = Callable[[PyCodegen], object]

MISUSES: dict[str, tuple[type[CodegenError], str, Misuse]] = {
    "no value": (kinds.NotAValueError, "None is neither", lambda cg: cg(None)),
    "a plain object": (kinds.NotAValueError, "'x' is neither", lambda cg: cg("x")),
    "source without cache": (
        kinds.UncachedSourceError,
        "allow_cache=False",
        lambda cg: cg(LocalSource("a"), allow_cache=False),
    ),
    "reconstruct returns": (kinds.ReconstructReturnedError, "returned 5", lambda cg: cg(Returns())),
    "no outputs": (
        kinds.NoGraphOutputVariableError,
        "graph output 0",
        lambda cg: cg(TensorVariable("p")),
    ),
    "load": (kinds.UnknownLocalError, "'nope' is no local", lambda cg: cg.create_load("nope")),
    "store": (kinds.UnknownLocalError, "'nope' is no local", lambda cg: cg.store("nope")),
    "source of no local": (kinds.UnknownLocalError, "'nope'", lambda cg: cg(LocalSource("nope"))),
    "closure": (kinds.UnknownCellError, "'a' is neither", lambda cg: cg.create_load_closure("a")),
    "load cell": (kinds.UnknownCellError, "'a' is neither", lambda cg: cg.load_deref("a")),
    "store cell": (kinds.UnknownCellError, "'a' is neither", lambda cg: cg.create_store_deref("a")),
    "global": (kinds.NameNotInternedError, "'g' is not", lambda cg: cg.create_load_global("g")),
    "constant": (kinds.UnsafeConstantError, "list", lambda cg: cg.create_load_const([])),
    "append": (kinds.NotAnInstructionError, "list", lambda cg: cg.append_output([])),
    "extend": (
        kinds.NotAnInstructionError,
        "NoneType",
        lambda cg: cg.extend_output([create_instruction("NOP"), None]),
    ),
}


@pytest.mark.parametrize("name", MISUSES)
def test_misuse(name: str) -> None:
    error, message, misuse = MISUSES[name]
    tx = Translator(("a",), {})
    cg = PyCodegen(tx)
    with pytest.raises(error, match=message) as caught:
        misuse(cg)
    assert type(caught.value) is error
    for part in (caught.value.what, caught.value.where, caught.value.remedy):
        assert part
        assert part in str(caught.value)
    # nothing of it stays behind
    assert cg.get_instructions() == []
    cg(LocalSource("a"))
    cg.append_output(create_instruction("RETURN_VALUE"))
    code = assemble(cg.get_instructions(), tx.output.code_options).code
    assert types.FunctionType(code, {})(7) == 7


def test_every_kind_of_failure_is_its_own_type() -> None:
    found = [
        kind for kind in vars(kinds).values() if isinstance(kind, type) and issubclass(kind, CodegenError)
    ]
    assert len(found) > 15
    for kind in found:
        assert kind.__doc__


def test_a_value_that_cannot_be_rebuilt_is_a_graph_break() -> None:
    class Weird:
        pass

    cg = PyCodegen(Translator((), {}))
    with pytest.raises(GraphBreak) as caught:
        cg(ListVariable([UserDefinedObjectVariable(Weird)]))
    found = caught.value
    assert found.gb_type == "Reconstruction failure"
    assert "Weird" in found.context
    assert "Weird" in found.explanation
    assert len(found.hints) == 3
    assert isinstance(found.__cause__, NotImplementedError)
    for part in (found.gb_type, found.context, found.explanation, *found.hints):
        assert part in str(found)


def test_a_source_that_cannot_be_loaded_is_a_graph_break() -> None:
    with pytest.raises(GraphBreak) as caught:
        PyCodegen(Translator((), {}))(NoWay())
    assert "source.reconstruct not implemented" in caught.value.gb_type
    assert "NoWay" in caught.value.context
    assert "NoWay" in caught.value.explanation
    assert caught.value.hints


class Without(VariableTracker):
    reconstruct = property()  # type: ignore[assignment] # raises AttributeError, as what is not there does


class WithoutSource(NoWay):
    reconstruct = property()  # type: ignore[assignment] # see above


@pytest.mark.parametrize("value", [Without(), WithoutSource()])
def test_what_has_no_reconstruct_at_all_is_a_graph_break_too(value: Any) -> None:
    with pytest.raises(GraphBreak, match=f"Reconstruction failure[^$]*{type(value).__name__}"):
        PyCodegen(Translator((), {}))(value)


def test_an_attribute_that_a_reconstruct_misses_is_its_own_error() -> None:
    class Faulty(VariableTracker):
        def reconstruct(self, codegen: PyCodegen) -> None:
            codegen.no_such_method()  # type: ignore[attr-defined] # the fault

    with pytest.raises(AttributeError, match="no_such_method"):
        PyCodegen(Translator((), {}))(Faulty())


def test_a_tracker_is_asked_only_for_what_it_is() -> None:
    tracker = VariableTracker()
    for question in (tracker.as_python_constant, tracker.python_type, tracker.as_proxy):
        with pytest.raises(NotImplementedError):
            question()


def test_trackers_know_their_type_and_show_themselves() -> None:
    trackers: dict[type, VariableTracker] = {
        float: ConstantVariable(1.0),
        list: ListVariable(),
        tuple: TupleVariable(),
        dict: ConstDictVariable(),
        bytearray: UserDefinedObjectVariable(bytearray),
        types.GeneratorType: LocalGeneratorVariable(),
    }
    for wanted, tracker in trackers.items():
        assert tracker.python_type() is wanted
        assert repr(tracker).startswith(type(tracker).__name__)
    assert "'p'" in repr(TensorVariable("p"))
    assert list(VariableTracker().children()) == []
