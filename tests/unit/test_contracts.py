"""What the codegen's methods declare of the stack, and what is said of calls that do otherwise."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from harness.codegen import (
    BASE,
    AttrSource,
    ConstantVariable,
    Instruction,
    ListVariable,
    LocalSource,
    PyCodegen,
    TensorVariable,
    Translator,
    TupleVariable,
    VariableTracker,
    create_instruction,
)
from harness.codegen.contracts import contract_of
from harness.codegen.instructions import RUNNING
from harness.contracts import Watch, contracts_of, null_slots
from oracles.stack.segments import NotStraight, Segment, segment


def translator() -> Translator:
    return Translator(("graph_out_0", "a", "b"), {}, cellvars=("c", "d"))


def watched(kind: type[PyCodegen] = PyCodegen, **named: Any) -> tuple[PyCodegen, Watch]:
    watch = Watch()
    return watch.constructor(kind)(translator(), None, "graph_out_0", **named), watch


def found(watch: Watch) -> list[tuple[str, str, str]]:
    return [(each.invariant, each.subject, each.emitter) for each in watch.findings]


# --- the declarations -------------------------------------------------------------------------------------


def public_methods(kind: type) -> set[str]:
    names = {name for name in dir(kind) if not name.startswith("_")} | {"__call__"}
    return {name for name in names if inspect.isfunction(inspect.getattr_static(kind, name))}


def test_every_public_method_declares_what_it_does() -> None:
    assert {
        name for name in public_methods(PyCodegen) if contract_of(getattr(PyCodegen, name)) is None
    } == set()
    assert set(contracts_of(PyCodegen)) == public_methods(PyCodegen)


class Profiled(PyCodegen):
    profile = BASE


def code_with_cells() -> Any:
    c = d = 0
    return (lambda: (c, d)).__code__


def calls() -> list[tuple[str, tuple[Any, ...], type[PyCodegen]]]:
    """Calls of all methods that emit, with every kind of arguments that their effect depends on."""
    several: list[tuple[str, tuple[Any, ...], type[PyCodegen]]] = [
        *(("rot_n", (n,), PyCodegen) for n in range(9)),
        *(("load_function_name", ("f", null, n), PyCodegen) for null in (True, False) for n in range(7)),
        *(("call_function", (n, null), PyCodegen) for null in (True, False) for n in (0, 1, 5, 300)),
        *(("call_method", (n,), PyCodegen) for n in (0, 1, 5)),
        *(
            ("create_call_function_kw", (n, ("k", "l")[:named], null), PyCodegen)
            for null in (True, False)
            for n, named in ((1, 1), (4, 2))
        ),
        *(
            ("make_function_with_closure", ("f", code_with_cells(), null, n), Profiled)
            for null in (True, False)
            for n in range(4)
        ),
        ("make_function_with_closure", ("f", code_with_cells()), PyCodegen),
        *(("load_import_from", ("collections", name), PyCodegen) for name in ("deque", "abc.Mapping")),
        *((name, ("c",), PyCodegen) for name in ("create_load_closure", "create_load_deref", "load_deref")),
        *((name, ("a",), PyCodegen) for name in ("create_load", "create_store", "create_delete", "store")),
        *((name, (), PyCodegen) for name in ("dup_top", "pop_top", "create_binary_subscr", "clear_tempvars")),
        *((name, ("x.y",), PyCodegen) for name in ("create_load_attrs",)),
        *(
            (name, ("x",), PyCodegen)
            for name in ("load_attr", "store_attr", "load_method", "create_import_name")
        ),
        ("create_store_deref", ("c",), PyCodegen),
        ("add_cache", (ConstantVariable(0),), PyCodegen),
        ("load_graph_output", (0,), PyCodegen),
        ("setup_globally_cached", ("name", object()), PyCodegen),
        ("create_load_python_module", (inspect,), PyCodegen),
        ("append_output", (create_instruction("POP_TOP"),), PyCodegen),
        ("extend_output", ([create_instruction("POP_TOP")] * 2,), PyCodegen),
        ("foreach", (iter([ConstantVariable(1), LocalSource("a")]),), PyCodegen),
        ("restore_stack", ([ConstantVariable(1)] * 3,), PyCodegen),
        ("make_call_generated_code", ("__compiled_fn_0",), PyCodegen),
    ]
    return several if null_slots() == 0 else [*several, ("pop_null", (), PyCodegen)]


@pytest.mark.parametrize(
    ("name", "arguments", "kind"), calls(), ids=lambda given: given if isinstance(given, str) else ""
)
def test_the_declaration_is_true_of_the_code(name: str, arguments: Any, kind: type[PyCodegen]) -> None:
    cg, watch = watched(kind)
    getattr(cg, name)(*arguments)
    assert found(watch) == []
    # and it says all: of the code at hand, neither figure could be another
    contract = contract_of(getattr(PyCodegen, name))
    assert contract is not None
    if contract.where == "given":
        return
    plain = kind(translator(), None, "graph_out_0")
    arguments = tuple(list(each) if hasattr(each, "__next__") else each for each in arguments)
    result = getattr(plain, name)(*arguments)
    emitted = plain.get_instructions() if contract.where == "appends" else result
    exact = segment(emitted if isinstance(emitted, list) else [emitted])
    signature = inspect.signature(getattr(plain, name)).bind(*arguments)
    signature.apply_defaults()
    given = type("Given", (), {**signature.arguments, "null": null_slots()})
    assert exact.net == contract.of(given)[0]  # type: ignore[arg-type]
    assert exact.reach == contract.of(given)[1]  # type: ignore[arg-type]


def test_add_push_null_adds_one_slot_more_than_the_callable() -> None:
    cg, watch = watched()
    for push in (lambda: cg(LocalSource("a")), lambda: cg.load_import_from("collections", "deque")):
        cg.add_push_null(push)
        cg.add_push_null(push, call_function_ex=True)
    assert found(watch) == []
    assert segment(cg.get_instructions()).net == 4 * (1 + null_slots())


# --- calls that do otherwise ------------------------------------------------------------------------------


class Leaves(VariableTracker):
    """Its reconstruct appends these instructions."""

    def __init__(self, *instructions: Instruction) -> None:
        super().__init__()
        self.instructions = instructions

    def __repr__(self) -> str:
        return "Leaves()"

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.extend_output(self.instructions)


def load() -> Instruction:
    return create_instruction("LOAD_FAST", argval="a")


@pytest.mark.parametrize(
    ("instructions", "invariant"),
    [
        ([], "net-effect"),
        ([load(), load()], "net-effect"),
        ([create_instruction("POP_TOP"), load()], "net-effect"),
        ([create_instruction("POP_TOP"), load(), load()], "reach"),
    ],
)
def test_a_reconstruct_that_does_not_add_one_is_found(instructions: Any, invariant: str) -> None:
    cg, watch = watched()
    cg.restore_stack([ConstantVariable(1), ListVariable([Leaves(*instructions)])])
    assert found(watch)[0] == (invariant, "call_reconstruct", "Leaves.reconstruct")
    assert watch.verdict().findings == (watch.findings[0],)


def test_a_jump_in_emitted_code_is_found() -> None:
    end = create_instruction("NOP")
    cg, watch = watched()
    cg(Leaves(load(), create_instruction("JUMP_FORWARD", target=end)))
    assert found(watch)[0][:2] == ("not-straight", "extend_output") or found(watch)[0][0] == "not-straight"
    assert "JUMP_FORWARD" in watch.findings[0].message


@pytest.mark.skipif(not (3, 11) <= sys.version_info[:2] <= (3, 11), reason="named as in 3.11")
@pytest.mark.parametrize(("on_the_way", "met"), [((), True), (("LOAD_CONST",), False)])
def test_ways_that_meet_have_one_effect_where_they_meet_at_equal_depth(
    on_the_way: tuple[str, ...], met: bool
) -> None:
    end = create_instruction("NOP")
    code = [
        load(),
        create_instruction("POP_JUMP_FORWARD_IF_FALSE", target=end),
        load(),
        create_instruction("POP_TOP"),
        *(load() for _ in on_the_way),
        end,
        load(),
    ]
    if met:
        assert segment(code) == Segment(1, 0)
    else:
        with pytest.raises(NotStraight, match="POP_JUMP_FORWARD_IF_FALSE"):
            segment(code)


class RotatesTooFar(PyCodegen):
    def rot_n(self, n: int) -> list[Any]:
        return super().rot_n(n + 1)


class LeavesOne(PyCodegen):
    def pop_top(self) -> None:
        """Forgets to."""


class AppendsToo(PyCodegen):
    def create_load(self, name: str) -> Any:
        made = super().create_load(name)
        self._output.append(made)
        return made


class AppendsTwice(PyCodegen):
    def append_output(self, inst: Any) -> None:
        super().append_output(inst)
        super().append_output(inst)


class KeepsOff(PyCodegen):
    def restore_stack(self, stack_values: Iterable[Any], *, value_from_source: bool = True) -> None:
        self.value_from_source = value_from_source
        self.foreach(stack_values)


class NeverLoads(PyCodegen):
    def _load_temporary(self, value: Any) -> bool:
        return False


class BuildsWhatIsOnTop(PyCodegen):
    def __call__(self, value: Any, allow_cache: bool = True) -> None:
        if self.top_of_stack is value:
            self.call_reconstruct(value)
        else:
            super().__call__(value, allow_cache)


class NeverKeeps(PyCodegen):
    def _keep(self, value: Any) -> None:
        """Forgets to."""


def use_at_once(cg: PyCodegen) -> None:
    shared = ListVariable()
    cg.restore_stack([shared, shared])


def use_source_at_once(cg: PyCodegen) -> None:
    source = AttrSource(LocalSource("a"), "x")
    cg.restore_stack([source, source])


def use_twice(cg: PyCodegen) -> None:
    shared = ListVariable()
    cg.tempvars[shared] = None
    cg.restore_stack([TupleVariable([shared, ConstantVariable(0), shared])])


def use_source_twice(cg: PyCodegen) -> None:
    source = AttrSource(LocalSource("a"), "x")
    cg.mark_source_temp(source)
    cg.restore_stack([source, ConstantVariable(0), source])


FAULTS: list[tuple[type[PyCodegen], Callable[[PyCodegen], object], tuple[str, str]]] = [
    (RotatesTooFar, lambda cg: cg.rot_n(3), ("reach", "rot_n")),
    (LeavesOne, lambda cg: cg.pop_top(), ("net-effect", "pop_top")),
    (AppendsToo, lambda cg: cg.create_load("a"), ("appended", "create_load")),
    (AppendsTwice, lambda cg: cg.load_attr("x"), ("appended", "append_output")),
    (
        KeepsOff,
        lambda cg: cg.restore_stack([ConstantVariable(1)], value_from_source=False),
        ("value-from-source", "restore_stack"),
    ),
    (NeverLoads, use_twice, ("built-twice", "call_reconstruct")),
    (NeverLoads, use_source_twice, ("built-twice", "call_reconstruct")),
    (BuildsWhatIsOnTop, use_at_once, ("built-twice", "call_reconstruct")),
    (BuildsWhatIsOnTop, use_source_at_once, ("built-twice", "call_reconstruct")),
    (NeverKeeps, use_twice, ("not-kept", "__call__")),
    (NeverKeeps, use_source_twice, ("not-kept", "__call__")),
]


@pytest.mark.parametrize(("kind", "use", "expected"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_fault_in_a_method_is_found(
    kind: type[PyCodegen], use: Callable[[PyCodegen], object], expected: tuple[str, str]
) -> None:
    right, silent = watched()
    use(right)
    assert found(silent) == []
    cg, watch = watched(kind)
    use(cg)
    assert found(watch)[0][:2] == expected


def test_graph_outputs_are_used_in_the_order_of_their_numbers() -> None:
    first, second = TensorVariable(object()), TensorVariable(object())
    for use, expected in (
        (lambda cg: cg.restore_stack([first, second, first]), []),
        (lambda cg: (cg.add_graph_output(first), cg(second)), ["graph-outputs"]),
    ):
        cg, watch = watched()
        use(cg)
        assert [each[0] for each in found(watch)] == expected


class Raises(VariableTracker):
    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.value_from_source = False
        raise ZeroDivisionError


def test_the_flag_has_to_be_put_back_where_a_call_raises() -> None:
    cg, watch = watched()
    with pytest.raises(ZeroDivisionError):
        cg.restore_stack([TupleVariable([Raises()])], value_from_source=False)
    assert cg.value_from_source is True
    assert ("value-from-source", "restore_stack") not in [each[:2] for each in found(watch)]
    cg, watch = watched(KeepsOff)
    with pytest.raises(ZeroDivisionError):
        cg.restore_stack([TupleVariable([Raises()])], value_from_source=False)
    assert ("value-from-source", "restore_stack") in [each[:2] for each in found(watch)]


def test_rebuilding_without_the_cache_is_no_second_building() -> None:
    cg, watch = watched()
    value = ListVariable()
    cg.tempvars[value] = None
    cg(value)
    cg.pop_top()
    cg(value, allow_cache=False)
    assert found(watch) == []


# --- segments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ([], (0, 0)),
        ([("LOAD_FAST", None)], (1, 0)),
        ([("POP_TOP", None)], (-1, 1)),
        ([("LOAD_FAST", None), ("POP_TOP", None), ("POP_TOP", None), ("LOAD_FAST", None)], (0, 1)),
        ([("BUILD_TUPLE", 3)], (-2, 3)),
        ([("BUILD_TUPLE", 0)], (1, 0)),
        ([("LOAD_FAST", None), ("STORE_ATTR", None)], (-1, 1)),
    ],
)
def test_a_segment_has_the_effect_of_its_rows(code: Any, expected: tuple[int, int]) -> None:
    assert segment([Instruction(name, arg) for name, arg in code]) == Segment(*expected)


def test_what_only_looks_does_not_reach() -> None:
    cg = PyCodegen(translator())
    cg.dup_top()
    assert segment(cg.get_instructions()) == Segment(1, 0)
    assert segment(cg.rot_n(4)) == Segment(0, 4)


@pytest.mark.parametrize("name", ["JUMP_FORWARD", "RETURN_VALUE", "NO_SUCH_OPCODE", "CACHE"])
def test_what_is_not_straight_is_refused(name: str) -> None:
    with pytest.raises(NotStraight, match=name):
        segment([Instruction(name, 0)])


def test_the_null_is_that_of_this_python() -> None:
    assert (0 if RUNNING.null == "none" else 1) == null_slots()
