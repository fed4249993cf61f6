"""Functions, their cells and their attributes, by running what was emitted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from types import CellType, CodeType, FunctionType
from typing import Any

import pytest

from harness.codegen import (
    BASE,
    LATER,
    CellVariable,
    ConstDictVariable,
    FunctoolsPartialVariable,
    ListVariable,
    LocalSource,
    NestedUserFunctionVariable,
    PyCodegen,
    SetVariable,
    SideEffects,
    TensorVariable,
    Translator,
    TupleVariable,
    VariableTracker,
    assemble,
    create_instruction,
)
from harness.codegen.errors import ClosureError
from harness.codegen.helpers import make_cell
from harness.codegen.instructions import create_build_tuple
from tests.unit.test_codegen_effects import as_earlier, once, twice
from tests.unit.test_codegen_values import Frame, const, opnames

passes = pytest.mark.parametrize("restore", [once, twice, as_earlier])
Restore = Callable[..., tuple[Any, ...]]

T = TensorVariable("p")
OUT = object()


def consts(*values: object) -> list[VariableTracker]:
    return [const(value) for value in values]


def code_of(function: Callable[..., Any]) -> CodeType:
    assert isinstance(function, FunctionType)
    return function.__code__


def outer() -> tuple[Any, ...]:
    """Functions whose code objects are borrowed."""
    x = y = None

    def plain(a: Any, b: Any = None, *, c: Any = None, d: Any = None) -> Any:
        """Its documentation."""
        return a, b, c, d

    def reads() -> Any:
        return x

    def writes(value: Any) -> None:
        nonlocal x
        x = value

    def both() -> Any:
        return x, y

    return plain, reads, writes, both


PLAIN, READS, WRITES, BOTH = map(code_of, outer())


def nested(code: CodeType, *closure: VariableTracker, **more: Any) -> NestedUserFunctionVariable:
    name = code.co_name
    return NestedUserFunctionVariable(name, f"outer.<locals>.{name}", code, closure=closure, **more)


def contents(function: FunctionType) -> tuple[Any, ...]:
    """What is in the closure."""
    return tuple(cell.cell_contents for cell in function.__closure__ or ())


def restored(restore: Restore, frame: Frame, values: Sequence[Any]) -> tuple[Any, ...]:
    return restore(frame, SideEffects(), values)


# --- one function ---------------------------------------------------------------------------------------


@passes
def test_a_plain_function(restore: Restore) -> None:
    frame = Frame(__name__="their.module")
    (function,) = restored(restore, frame, [nested(PLAIN)])
    assert type(function) is FunctionType
    assert nested(PLAIN).python_type() is FunctionType
    assert function.__code__ is PLAIN
    assert function.__globals__ is frame.namespace
    assert (function.__name__, function.__qualname__) == ("plain", "outer.<locals>.plain")
    assert (function.__module__, function.__doc__) == ("their.module", "Its documentation.")
    assert (function.__defaults__, function.__kwdefaults__, function.__closure__) == (None, None, None)
    assert (function.__annotations__, vars(function)) == ({}, {})


@passes
@pytest.mark.parametrize(("name", "qualname"), [("plain", "elsewhere"), ("λ", "outer.<locals>.plain")])
def test_names(name: str, qualname: str, restore: Restore) -> None:
    tracker = NestedUserFunctionVariable(name, qualname, PLAIN)
    assert qualname in repr(tracker)
    (function,) = restored(restore, Frame(), [tracker])
    assert (function.__name__, function.__qualname__) == (name, qualname)


@passes
def test_all_there_is_to_set(restore: Restore) -> None:
    shared = ListVariable()
    tracker = nested(
        PLAIN,
        defaults=[shared],
        kwdefaults={"d": T, "c": shared},
        annotations={"b": const(int), "return": shared},
        attributes={"z": shared, "__doc__": const("other"), "a": T, "__module__": const("m")},
    )
    (function,) = restored(restore, Frame(outputs=(OUT,)), [tracker])
    assert function.__defaults__ == ([],)
    assert function.__kwdefaults__ == {"d": OUT, "c": []}
    assert list(function.__kwdefaults__) == ["d", "c"]
    assert function.__annotations__ == {"b": int, "return": []}
    assert (function.__doc__, function.__module__) == ("other", "m")
    assert list(vars(function).items()) == [("z", []), ("a", OUT)]
    assert function(1) == (1, [], [], OUT)
    if restore is not once:
        found = [function.__kwdefaults__["c"], function.__annotations__["return"], function.z]
        assert all(value is function.__defaults__[0] for value in found)


@passes
def test_empty_is_not_none(restore: Restore) -> None:
    tracker = nested(PLAIN, defaults=[], kwdefaults={}, annotations={})
    (function,) = restored(restore, Frame(), [tracker])
    assert (function.__defaults__, function.__kwdefaults__, function.__annotations__) == ((), {}, {})


@passes
def test_wide(restore: Restore) -> None:
    names = [f"name_{i}" for i in range(300)]
    source = f"def outer({', '.join(names)}):\n return lambda: ({', '.join(names)})"
    scope: dict[str, Any] = {}
    exec(source, scope)
    code = code_of(scope["outer"](*names))
    values = dict(zip(names, consts(*range(300)), strict=True))
    tracker = nested(
        code,
        *(CellVariable(const(name)) for name in code.co_freevars),
        defaults=values.values(),
        kwdefaults=values,
        annotations=values,
        attributes=values,
    )
    (function,) = restored(restore, Frame(), [tracker])
    wanted = {name: i for i, name in enumerate(names)}
    assert contents(function) == code.co_freevars
    assert function.__defaults__ == tuple(range(300))
    assert function.__kwdefaults__ == function.__annotations__ == vars(function) == wanted


def test_as_many_cells_as_free_variables() -> None:
    for tracker in (nested(READS), nested(PLAIN, CellVariable()), nested(BOTH, CellVariable())):
        with pytest.raises(ClosureError, match="free variables"):
            Frame().codegen()(tracker)


def test_each_profile_makes_closures_its_own_way() -> None:
    calls: list[str] = []

    class Codegen(PyCodegen):
        def make_function_with_closure(self, fn_name: str, *args: Any, **more: Any) -> None:
            calls.append(fn_name)
            super().make_function_with_closure(fn_name, *args, **more)

    class Earlier(Codegen):
        profile = BASE

    assert LATER.closure == "cells"
    Frame().codegen(cls=Codegen)(nested(READS, CellVariable()))
    assert calls == ["outer.<locals>.reads"]
    Frame().codegen(cls=Earlier)(nested(READS, CellVariable()))
    assert len(calls) == 1


@passes
def test_from_the_source(restore: Restore) -> None:
    cell = CellType(1)
    trackers = [nested(PLAIN, source=LocalSource("a")), CellVariable(source=LocalSource("b"))]
    result = restored(restore, Frame(a=print, b=cell), [*trackers, nested(READS, trackers[1])])
    assert result[0] is print
    assert result[1] is cell
    assert result[2].__closure__[0] is cell
    assert result[2]() == 1


# --- cells ----------------------------------------------------------------------------------------------


def test_a_new_cell_is_empty_and_another_each_time() -> None:
    first, second = make_cell(), make_cell()
    assert first is not second
    assert first == CellType()


@passes
def test_cells(restore: Restore) -> None:
    empty, full, none = CellVariable(), CellVariable(T), CellVariable(const(None))
    assert empty.python_type() is CellType
    assert repr(CellVariable(local_name="x")) == "CellVariable(x)"
    got = restored(restore, Frame(outputs=(OUT,)), [empty, full, none])
    assert [type(cell) for cell in got] == [CellType] * 3
    assert got == (CellType(), CellType(OUT), CellType(None))


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("restore", [twice, as_earlier])
def test_a_shared_cell(tracked: bool, restore: Restore) -> None:
    cell = CellVariable(T)
    effects = SideEffects()
    if tracked:
        effects.track(cell)
    trackers = [nested(READS, cell), nested(WRITES, cell), nested(BOTH, cell, CellVariable(const(2)))]
    reads, writes, both = restore(Frame(outputs=(OUT,)), effects, trackers)
    assert (reads(), both()) == (OUT, (OUT, 2))
    assert reads.__closure__[0] is writes.__closure__[0] is both.__closure__[0]
    writes(5)
    assert (reads(), both()) == (5, (5, 2))


@passes
def test_cells_with_equal_contents_stay_two(restore: Restore) -> None:
    first, second = (nested(READS, CellVariable(const(1))) for _ in range(2))
    got = restored(restore, Frame(), [first, second])
    assert got[0].__closure__[0] is not got[1].__closure__[0]


@passes
def test_a_cell_assigned_later(restore: Restore) -> None:
    cell, effects = CellVariable(), SideEffects()
    effects.track(cell)
    effects.store_attr(cell, "cell_contents", const(1))
    effects.store_attr(cell, "cell_contents", ListVariable([T]))
    reads, both = restore(
        Frame(outputs=(OUT,)), effects, [nested(READS, cell), nested(BOTH, cell, CellVariable(cell))]
    )
    assert reads() == [OUT]
    assert both()[0] is reads()
    assert both()[1] is reads.__closure__[0]


@passes
def test_a_cell_left_empty(restore: Restore) -> None:
    cell, effects = CellVariable(const(1)), SideEffects()
    effects.delete_attr(cell, "cell_contents")
    (reads,) = restore(Frame(), effects, [nested(READS, cell)])
    with pytest.raises(NameError):
        reads()


def test_the_frames_own_cells() -> None:
    tx = Translator(("x",), {}, cellvars=("x",), freevars=("y",))
    tracker = nested(BOTH, CellVariable(local_name="x"), CellVariable(local_name="y"))
    cg = PyCodegen(tx)
    cg.foreach([tracker, nested(WRITES, CellVariable(local_name="x"))])
    body = [*cg.get_instructions(), create_build_tuple(2), create_instruction("RETURN_VALUE")]
    code = assemble(body, tx.output.code_options).code
    both, writes = FunctionType(code, tx.f_globals, closure=(CellType("y"),))("x")
    assert both() == ("x", "y")
    writes("other")
    assert both() == ("other", "y")


# --- cycles ---------------------------------------------------------------------------------------------


def recursive(track: bool) -> tuple[NestedUserFunctionVariable, CellVariable, SideEffects]:
    cell, effects = CellVariable(), SideEffects()
    function = nested(READS, cell)
    cell.contents = function
    if track:
        effects.track(cell)
    return function, cell, effects


@passes
@pytest.mark.parametrize("tracked", [True, False])
def test_a_function_in_its_own_closure(tracked: bool, restore: Restore) -> None:
    for order in ((0, 1), (1, 0)):
        function, cell, effects = recursive(tracked)
        roots = [function, cell]
        result = restore(Frame(), effects, [roots[i] for i in order])
        got_function, got_cell = (result[order.index(i)] for i in range(2))
        assert got_function() is got_function
        assert got_function.__closure__ == (got_cell,)
        assert got_function.__closure__[0] is got_cell


@passes
@pytest.mark.parametrize("where", ["defaults", "kwdefaults", "annotations", "attributes"])
def test_a_function_in_what_it_holds(where: str, restore: Restore) -> None:
    function = nested(PLAIN)
    setattr(function, where, [function] if where == "defaults" else {"c": function})
    (got,) = restored(restore, Frame(), [function])
    found = {
        "defaults": lambda: got.__defaults__[0],
        "kwdefaults": lambda: got.__kwdefaults__["c"],
        "annotations": lambda: got.__annotations__["c"],
        "attributes": lambda: got.c,
    }
    assert found[where]() is got


@passes
@pytest.mark.parametrize("tracked", [(), (0,), (1,), (0, 1)])
def test_functions_that_hold_each_other_every_way(tracked: tuple[int, ...], restore: Restore) -> None:
    for order in itertools.permutations(range(4)):
        cells = CellVariable(), CellVariable()
        a_list, a_set = ListVariable(), SetVariable()
        both = nested(BOTH, *cells, defaults=[a_list])
        reads = nested(READS, cells[1], attributes={"both": both})
        cells[0].contents = TupleVariable([reads, a_set])
        cells[1].contents = FunctoolsPartialVariable(both, [a_list], {"k": reads})
        a_list.items += [both, reads, ConstDictVariable([(reads, cells[0])])]
        a_set.items += [both, reads]
        effects = SideEffects()
        for i in tracked:
            effects.track(cells[i])
        roots = [both, reads, a_list, a_set]
        result = restore(Frame(), effects, [roots[i] for i in order])
        got_both, got_reads, got_list, got_set = (result[order.index(i)] for i in range(4))
        assert got_both.__defaults__[0] is got_list
        assert got_reads.both is got_both
        # never called: plain Python makes no function with more defaults than parameters
        pair, partial = contents(got_both)
        assert pair[0] is got_reads
        assert pair[1] is got_set
        assert got_reads() is partial
        assert partial.func is got_both
        assert partial.args[0] is got_list
        assert partial.keywords["k"] is got_reads
        assert got_set == {got_both, got_reads}
        assert got_list[0] is got_both
        assert got_list[1] is got_reads
        assert got_list[2][got_reads] is got_both.__closure__[0]
        assert got_both.__closure__[1] is got_reads.__closure__[0]


def test_what_is_in_no_cycle_takes_no_detour() -> None:
    cg = Frame().codegen()
    cg(nested(BOTH, CellVariable(ListVariable()), CellVariable()))
    assert "POP_TOP" not in opnames(cg)
    assert not any(isinstance(value, VariableTracker) for value in cg.tempvars)
