"""The targets: the same cases, nothing left from one case to the next, and who is to blame for a raise."""

from __future__ import annotations

import contextvars
import gc
import re
import struct
import types
from typing import Any

import pytest

from generators import loads, seeded_case
from generators.case import Case
from generators.makers import is_made_aside
from generators.nodes import CellNode, InstanceNode, MadeNode, Node, SubclassNode, is_stored_later
from harness.conditions import CONDITIONS
from harness.runner import Runner
from harness.targets.base import Target, target_error, world_of
from oracles.graph_values import AsItself
from oracles.run import Emission, Finding, Refused, TargetError
from oracles.world import World, may_be_refused

CASES = 300


def emit(target: Target, case: Case) -> Emission:
    return target.emit(case, world_of(target, case))


def emitted(target: Target, case: Case) -> Emission | str:
    try:
        return emit(target, case)
    except Refused as refusal:
        return refusal.reason
    except TargetError as error:
        return f"raised {error.cause!r}"


def refuses(target: Target, case: Case) -> bool:
    try:
        emit(target, case)
    except Refused:
        return True
    except TargetError:
        return False
    return False


def shape(emission: Emission | str) -> object:
    """All of an emission that a later case could have left its mark on."""
    if isinstance(emission, str):
        return emission
    code = emission.code
    return (
        code.co_code,
        code.co_flags,
        sorted(map(without_address, emission.namespace)),
        [shown(constant) for constant in code.co_consts],
        [without_address(name) for name in code.co_names],
        code.co_varnames,
        code.co_stacksize,
        emission.parameters,
        [type(each.value) if isinstance(each, AsItself) else each for each in emission.outputs],
    )


def without_address(name: str) -> str:
    """A name of a global for an object that each world has one of: torch puts its address there."""
    return re.sub(r"(?<=__torch_obj_)[0-9]+", "N", name)


def shown(constant: object) -> object:
    """Equal only for constants of the same type and bits."""
    if isinstance(constant, tuple):
        return [shown(member) for member in constant]
    if isinstance(constant, float):
        return struct.pack("<d", constant)
    if isinstance(constant, complex):
        return struct.pack("<dd", constant.real, constant.imag)
    if isinstance(constant, dict) and "__builtins__" in constant:
        return "a namespace"
    return type(constant), re.sub("0x[0-9a-f]+", "", repr(constant))


@pytest.mark.parametrize("name", ["own", "torch"])
def test_a_case_emits_the_same_whatever_came_before(name: str, targets: dict[str, Target]) -> None:
    cases = [seeded_case(31, index) for index in range(CASES)]
    forwards = [shape(emitted(targets[name], case)) for case in cases]
    backwards = [shape(emitted(targets[name], case)) for case in reversed(cases)]
    assert forwards == backwards[::-1]


def test_targets_refuse_what_may_be_refused_and_torch_refuses_more(targets: dict[str, Target]) -> None:
    refused = {"own": 0, "torch": 0}
    for index in range(4 * CASES):
        case = seeded_case(32, index)
        if has_an_empty_cell(case) or makes_too_early(case):
            continue  # torch refuses some of those without need: corpus/known has the causes
        ends = {name: refuses(target, case) for name, target in targets.items()}
        assert may_be_refused(case) or not any(ends.values()), index
        # torch loads frozen dataclasses whatever it is told
        odd = any(isinstance(node, MadeNode | InstanceNode) and node.name in FROZEN for node in case.nodes)
        if not odd and all(case.nodes[effect.on].kind != "deque" for effect in case.effects):
            assert ends["torch"] or not ends["own"], index
        refused = {name: count + ends[name] for name, count in refused.items()}
    assert refused["own"] > 0


FROZEN = ("odd", "FrozenRecord")


def has_an_empty_cell(case: Case) -> bool:
    return CellNode() in case.nodes


def makes_too_early(case: Case) -> bool:
    wanted = ("new_object_needs_what_is_made_after_it", "attribute_is_deleted_from_a_new_frozen_object")
    nowhere = Finding("target", "refused", "", "")
    return any(CONDITIONS[name](case, nowhere) for name in wanted)


def test_a_cases_globals_do_not_stay_in_the_namespace(targets: dict[str, Target]) -> None:
    torch = targets["torch"]
    case = next(case for case in (seeded_case(33, index) for index in range(100)) if case.globals)
    emission = emitted(torch, case)
    assert not isinstance(emission, str)
    assert {name for name, _ in case.globals} <= set(emission.namespace)
    assert not {name for name, _ in case.globals} & set(torch.namespace)  # type: ignore[attr-defined]


def test_nothing_piles_up_in_torch(targets: dict[str, Target]) -> None:
    torch = targets["torch"]
    one = loads(ONE_LIST)

    def held() -> int:
        emitted(torch, one)
        gc.collect()
        return [type(thing).__name__ for thing in gc.get_objects()].count("Guard")

    before = held()
    for index in range(600):
        emitted(torch, seeded_case(35, index))
    assert held() == before


def _apart(node: Node) -> bool:
    return is_stored_later(node) or is_made_aside(node)


def _ahead(node: Node) -> bool:
    made = isinstance(node, MadeNode) and node.name in (
        "event",
        "stream",
        "user_mode",
        "removed_handle",
        "user_manager",
    )
    return made or isinstance(node, SubclassNode)


@pytest.mark.parametrize("name", ["own", "torch"])
def test_recording_changes_nothing_and_names_every_node_that_is_built(
    name: str, targets: dict[str, Target]
) -> None:
    target = targets[name]
    for index in range(CASES):
        case = seeded_case(34, index)
        plain = emitted(target, case)
        if isinstance(plain, str) or case.effects or any(map(_apart, case.nodes)):
            continue  # what the replay of effects emits is no node's
        if name == "torch" and case.options.modes:
            continue  # nor is the replay of modes
        if case.options.resumed or case.options.logged:
            continue  # nor are the cells of the frame, and the calls that were put off
        if name == "torch" and any(map(_ahead, case.nodes)):
            continue  # torch keeps those in temporaries of its own before it begins
        recorded = target.emit(case, world_of(target, case), record=True)
        assert shape(recorded) == shape(plain)
        assert plain.calls is None
        assert recorded.calls is not None
        # all but the prologue, the tuple of roots and the return
        prologue = 1 + len(case.cells) + bool(case.free)
        assert len(recorded.calls) == len(list(instructions(recorded.code))) - prologue - 2
        assert all(call.function and call.node is not None for call in recorded.calls.values())
        assert set(case.roots) <= {call.node for call in recorded.calls.values()} | unbuilt(case)


def unbuilt(case: Case) -> set[int]:
    """Roots whose instructions are those of their source's node: two nodes may share one source text."""
    return {at for at in case.roots if case.nodes[at].source is not None}


def instructions(code: types.CodeType) -> Any:
    import dis

    return (found for found in dis.get_instructions(code) if found.opname != "EXTENDED_ARG")


ONE_LIST = """{"schema": 1, "kind": "tree", "nodes": [{"kind": "list", "items": []}], "sources": [],
  "locals": {}, "globals": {}, "roots": [0],
  "options": {"passes": 1, "value_from_source": true, "temporaries": []}}"""


def test_a_raise_in_torch_is_torchs(targets: dict[str, Target], monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._dynamo.codegen import PyCodegen

    monkeypatch.setattr(PyCodegen, "foreach", lambda self, items: self.create_load("nobody"))
    with pytest.raises(TargetError) as caught:
        emit(targets["torch"], loads(ONE_LIST))
    assert caught.value.function == "PyCodegen.create_load"
    assert isinstance(caught.value.cause, AssertionError)
    outcome = Runner(targets["torch"]).run(loads(ONE_LIST))
    assert outcome.status == "failed"
    assert outcome.findings[0].bucket == "target · raised · AssertionError · PyCodegen.create_load"


def test_a_raise_in_our_codegen_is_its_own(own: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.codegen import PyCodegen

    monkeypatch.setattr(PyCodegen, "foreach", lambda self, items: self.create_load("nobody"))
    with pytest.raises(TargetError) as caught:
        emit(own, loads(ONE_LIST))
    assert caught.value.function.startswith("Emitter.")


@pytest.mark.parametrize("name", ["own", "torch"])
def test_a_raise_in_the_harness_is_not_the_targets(
    name: str, targets: dict[str, Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.targets import base

    monkeypatch.setattr(base, "_is_a_call", None)  # a mistake of ours, called from deep inside the codegen
    case = loads(ONE_LIST)
    with pytest.raises(TypeError, match="not callable"):
        targets[name].emit(case, World(case, targets[name].graph_value), record=True)


class Composite:
    def reconstruct(self) -> None:
        carry(self)


def carry(value: Composite, levels: int = 0) -> None:
    if levels:
        carry(value, levels - 1)
    else:
        value.reconstruct()


@pytest.mark.parametrize("levels", range(6))
def test_a_recursion_is_named_after_what_recurs_wherever_it_ends(levels: int) -> None:
    with pytest.raises(RecursionError) as caught:
        carry(Composite(), levels)
    error = target_error(caught.value, lambda code: code.co_filename == __file__)
    assert error is not None
    assert error.function == "Composite.reconstruct"


def test_a_recursion_of_the_harness_is_not_the_targets() -> None:
    with pytest.raises(RecursionError) as caught:
        carry(Composite())
    assert target_error(caught.value, lambda code: False) is None


LOGGED_ALONE = """{
  "schema": 4, "kind": "tree",
  "nodes": [
    {"kind": "constant", "value": 1},
    {"kind": "tensor_subclass", "output": 0, "subclass": "parameter", "attributes": [["x", 0]]}
  ],
  "sources": [], "locals": {}, "globals": {}, "roots": [0], "effects": [],
  "options": {
    "passes": 1, "value_from_source": true, "temporaries": [], "overrides": [], "inlined": false,
    "export": false, "logged": [1]
  }
}"""
"""A new tensor that only a logging call is given: torch loses its attributes, which is a known cause."""


def test_what_is_logged_alone_has_its_attributes(targets: dict[str, Target]) -> None:
    case = loads(LOGGED_ALONE)
    assert Runner(targets["own"]).run(case).status == "passed"
    (finding,) = Runner(targets["torch"]).run(case).findings
    assert finding.bucket == "values · names · logged"
    assert CONDITIONS["finding_is_a_logged_tensor_without_its_attributes"](case, finding)


def test_a_thousand_cases_leave_nothing_in_the_process(targets: dict[str, Target]) -> None:
    target: Any = targets["torch"]

    def left(start: int) -> list[int]:
        for index in range(start, start + 500):
            emitted(target, seeded_case(51, index))
        emitted(target, loads(ONE_LIST))  # what the last one left is put back before the next
        return [len(list(contextvars.copy_context())), *map(len, collected(target.translator))]

    first = left(0)
    assert left(500) == first


def collected(translator: Any) -> list[Any]:
    output = translator.output
    return [output.traced_code, translator.speculation_log.entries, output.current_tracer.traced_sources]
