"""Calling the compiled graph, imports, modules, cached globals and closures."""

from __future__ import annotations

import collections
import dataclasses
import types
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from harness.codegen import (
    BASE,
    LATER,
    AttrSource,
    ConstantVariable,
    DictGetItemSource,
    GetItemSource,
    GlobalSource,
    GraphArg,
    LocalSource,
    OwnHost,
    PyCodegen,
    Source,
    TensorVariable,
    Translator,
    assemble,
    create_instruction,
)
from harness.codegen.errors import (
    ClosureError,
    GlobalClashError,
    MissingHelperError,
    NotAValueError,
    UnknownCellError,
)
from harness.codegen.host import Kind
from harness.codegen.instructions import RUNNING, create_build_tuple, create_load_closure


class BaseCodegen(PyCodegen):
    """The same codegen as the earlier releases had it."""

    profile = BASE


def run(
    cg: PyCodegen,
    tx: Translator,
    *args: object,
    count: int | None = None,
    closure: tuple[types.CellType, ...] | None = None,
) -> Any:
    """Run what was emitted: its one value, or the tuple of `count`."""
    end = [create_instruction("RETURN_VALUE")]
    if count is not None:
        end.insert(0, create_build_tuple(count))
    code = assemble([*cg.get_instructions(), *end], tx.output.code_options).code
    return types.FunctionType(code, tx.f_globals, closure=closure)(*args)


class Counting:
    """An object whose attributes and items are itself in other words, and which logs every access."""

    def __init__(self, log: list[str], path: str = "") -> None:
        self._log = log
        self._path = path

    def _step(self, step: str) -> Counting:
        self._log.append(self._path + step)
        return Counting(self._log, self._path + step)

    def __getattr__(self, name: str) -> Counting:
        return self._step(f".{name}")

    def __getitem__(self, index: object) -> Counting:
        return self._step(f"[{index._path if isinstance(index, Counting) else index}]")


def graph(*args: Any) -> tuple[Any, ...]:
    return args


def call(
    sources: Sequence[Source], cls: type[PyCodegen] = PyCodegen
) -> tuple[list[str], tuple[Any, ...], PyCodegen]:
    """The accesses, the arguments, and the codegen, of a call with these sources as arguments."""
    log: list[str] = []
    namespace: dict[str, Any] = {"__compiled_fn": graph}
    tx = Translator(("a", "b"), namespace, graphargs=[GraphArg(source) for source in sources])
    cg = cls(tx)
    cg.make_call_generated_code("__compiled_fn")
    return log, run(cg, tx, Counting(log), Counting(log, "b")), cg


A = LocalSource("a")


@pytest.mark.parametrize("cls", [PyCodegen, BaseCodegen])
def test_shared_sources_are_computed_once_in_order(cls: type[PyCodegen]) -> None:
    x = AttrSource(A, "x")
    key = AttrSource(LocalSource("b"), "key")
    sources = [
        GetItemSource(x, 0),
        DictGetItemSource(x, key),
        AttrSource(A, "y"),
        x,
        key,
        GetItemSource(x, 0),
    ]
    log, args, _ = call(sources, cls)
    assert log == [".x", ".x[0]", "b.key", ".x[b.key]", ".y"]
    assert [arg._path for arg in args] == [".x[0]", ".x[b.key]", ".y", ".x", "b.key", ".x[0]"]
    assert args[0] is args[5]


def test_at_a_second_occurrence_the_descent_stops() -> None:
    deep = AttrSource(AttrSource(AttrSource(A, "x"), "y"), "z")
    log, args, cg = call([deep, deep])
    assert log == [".x", ".x.y", ".x.y.z"]
    assert args[0] is args[1]
    # only the source itself was marked, not what it is made of
    assert [inst.opname for inst in cg.get_instructions()].count("STORE_FAST") == 1


def test_what_occurs_once_needs_no_temporary() -> None:
    _, _, cg = call([AttrSource(A, "x")])
    assert "STORE_FAST" not in [inst.opname for inst in cg.get_instructions()]


def test_no_arguments() -> None:
    assert call([])[1] == ()


@pytest.mark.parametrize(("cls", "deleted"), [(PyCodegen, True), (BaseCodegen, False)])
def test_temporaries_after_the_call(cls: type[PyCodegen], deleted: bool) -> None:
    x = AttrSource(A, "x")
    _, _, cg = call([x, x], cls)
    assert (x in cg.tempvars) is not deleted
    assert ("DELETE_FAST" in [inst.opname for inst in cg.get_instructions()]) is deleted
    assert cg.top_of_stack is None


def test_an_argument_without_a_source_is_no_trackable_value() -> None:
    tx = Translator((), {"f": graph}, graphargs=[GraphArg(None)])
    with pytest.raises(NotAValueError):
        PyCodegen(tx).make_call_generated_code("f")


def double(value: Any) -> Any:
    """The stand-in for the conversion to a tensor."""
    return ["converted", value]


def unwrap(value: Any) -> Any:
    """The stand-in for what takes the wrapper off an object of the graph."""
    return ["unwrapped", value]


MARKS: list[object] = []


def enter_mark() -> str:
    MARKS.append("enter")
    return "mark"


def exit_mark(mark: object) -> None:
    MARKS.append(("exit", mark))


class HelpingHost(OwnHost):
    """A host whose helper functions are those of this module."""

    def __init__(self, *roles: str) -> None:
        helpers = {
            "as tensor": "double",
            "enter mark": "enter_mark",
            "exit mark": "exit_mark",
            "profiler flag": "PROFILED",
            "unwrap": "unwrap",
        }
        super().__init__({role: (__name__, helpers[role]) for role in roles})  # type: ignore[misc]


def test_conversion_to_tensors() -> None:
    class Codegen(PyCodegen):
        host: ClassVar[OwnHost] = HelpingHost("as tensor")

    graphargs = [GraphArg(A, True), GraphArg(LocalSource("b")), GraphArg(A, True)]
    tx = Translator(("a", "b"), {"f": graph}, graphargs=graphargs)
    cg = Codegen(tx)
    cg.make_call_generated_code("f")
    assert run(cg, tx, 1, 2) == (["converted", 1], 2, ["converted", 1])


def test_conversion_without_a_helper_is_an_error() -> None:
    class Codegen(PyCodegen):
        host: ClassVar[OwnHost] = HelpingHost()

    tx = Translator(("a",), {"f": graph}, graphargs=[GraphArg(A, True)])
    with pytest.raises(MissingHelperError):
        Codegen(tx).make_call_generated_code("f")


PROFILED = False


@pytest.mark.parametrize(
    ("marks", "profiled"),
    [("always", False), ("never", True), ("under a profiler", True), ("under a profiler", False)],
)
def test_profiler_marks_go_around_the_arguments(
    marks: Any, profiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Codegen(PyCodegen):
        host: ClassVar[OwnHost] = HelpingHost("enter mark", "exit mark", "profiler flag")
        profile = dataclasses.replace(LATER, profiler_marks=marks)

    monkeypatch.setitem(globals(), "PROFILED", profiled)

    class Watched:
        @property
        def x(self) -> str:
            MARKS.append("argument")
            return "x"

    MARKS.clear()
    tx = Translator(("a",), {"f": graph}, graphargs=[GraphArg(AttrSource(A, "x"))])
    cg = Codegen(tx)
    cg.make_call_generated_code("f")
    assert run(cg, tx, Watched()) == ("x",)
    around = marks == "always" or (marks == "under a profiler" and profiled)
    wanted: list[object] = ["enter", "argument", ("exit", "mark")] if around else ["argument"]
    assert wanted == MARKS


def test_marks_are_left_where_the_host_has_none() -> None:
    class Codegen(PyCodegen):
        profile = dataclasses.replace(LATER, profiler_marks="under a profiler")

    tx = Translator(("a",), {"f": graph}, graphargs=[GraphArg(A)])
    cg = Codegen(tx)
    cg.make_call_generated_code("f")
    assert run(cg, tx, 1) == (1,)


def test_an_object_of_the_graph_is_taken_out_of_its_wrapper() -> None:
    class Host(HelpingHost):
        def kind(self, tracker: Any) -> Kind:
            return Kind.WRAPPED

    class Codegen(PyCodegen):
        host: ClassVar[OwnHost] = Host("unwrap")

    tx = Translator(("outputs",), {})
    cg = Codegen(tx, graph_output_var="outputs")
    cg(TensorVariable("proxy"))
    assert run(cg, tx, ("wrapped",)) == ["unwrapped", "wrapped"]


def test_what_operands_make_is_computed_anew_until_it_is_realised() -> None:
    class Host(OwnHost):
        def is_computed_anew(self, tracker: Any) -> bool:
            return True

    class Codegen(PyCodegen):
        host: ClassVar[OwnHost] = Host()

    class Sum(ConstantVariable):
        realized = False

        def is_realized(self) -> bool:
            return self.realized

        def reconstruct(self, codegen: PyCodegen) -> None:
            codegen.append_output(codegen.create_load_const("computed"))

    tx = Translator((), {})
    cg = Codegen(tx, tempvars={"": None})
    value = Sum("known")
    cg.tempvars[value] = None
    for _ in range(2):
        cg(value)
        cg.clear_tos()
    assert run(cg, tx, count=2) == ("computed", "computed")
    assert cg.uses[value] == 1
    value.realized = True
    again = Codegen(tx)
    again(value)
    assert (run(again, tx), again.uses[value]) == ("known", 0)


def test_a_list_is_appended_to() -> None:
    tx = Translator(("a",), {})
    cg = PyCodegen(tx)
    cg(A)
    cg.append_output(cg.create_load_const("more"))
    cg.extend_output(cg.create_list_append())
    held: list[str] = []
    assert run(cg, tx, held) is held
    assert held == ["more"]


# --- imports, modules, globals --------------------------------------------------------------------------


def test_an_import_is_kept_in_a_temporary() -> None:
    tx = Translator((), {})
    cg = PyCodegen(tx)
    cg.load_import_from("collections", "OrderedDict")
    cg.append_output(cg.create_load_const(0))
    cg.load_import_from("collections", "OrderedDict")
    assert run(cg, tx, count=3) == (collections.OrderedDict, 0, collections.OrderedDict)
    assert [inst.opname for inst in cg.get_instructions()].count("LOAD_ATTR") == 1
    assert tx.f_globals["__import_collections"] is collections


def test_importing_a_submodule_under_a_taken_name_is_an_error() -> None:
    tx = Translator((), {"__import_os_dot_path": 1})
    with pytest.raises(GlobalClashError, match="__import_os_dot_path"):
        tx.import_source("os.path")
    assert tx.f_globals["__import_os_dot_path"] == 1


def test_a_module_is_loaded_by_its_own_global_or_by_a_new_one() -> None:
    import os.path

    other = object()
    tx = Translator((), {"collections": collections, "path": other})
    cg = PyCodegen(tx)
    names = [collections.__name__, "___module_posixpath_0"]
    for module in (collections, os.path, os.path):
        cg.append_output(cg.create_load_python_module(module))
    assert run(cg, tx, count=3) == (collections, os.path, os.path)
    assert [inst.argval for inst in cg.get_instructions()] == [*names, names[1]]
    assert tx.f_globals["path"] is other


def test_installed_globals_never_overwrite() -> None:
    namespace: dict[str, Any] = {"p_0": "taken"}
    one, two = object(), object()
    output = Translator((), namespace).output
    names = [output.install_global_by_id("p", value) for value in (one, two, one)]
    assert names == ["p_1", "p_2", "p_1"]
    again = Translator((), namespace).output
    assert namespace[again.install_global_by_id("p", two)] is two
    assert namespace["p_0"] == "taken"
    assert namespace["p_1"] is one


def test_globally_cached_values() -> None:
    value = object()
    tx = Translator((), {})
    cg = PyCodegen(tx)
    cg.extend_output(cg.setup_globally_cached("a.b-<c>1", value))
    cg.extend_output(cg.setup_globally_cached("a.b-<c>1", value))
    assert run(cg, tx, count=2) == (value, value)
    assert tx.f_globals["a_b_c_1"] is value
    with pytest.raises(GlobalClashError, match="a_b_c_1"):
        cg.setup_globally_cached("a_b_c_1", object())
    assert tx.f_globals["a_b_c_1"] is value


def test_import_name() -> None:
    tx = Translator((), {"__builtins__": __builtins__})
    cg = PyCodegen(tx)
    cg.extend_output([cg.create_load_const(0), cg.create_load_const(None), cg.create_import_name("os.path")])
    import os

    assert run(cg, tx) is os


# --- attributes, cells, closures ------------------------------------------------------------------------


def test_attributes_are_loaded_and_stored() -> None:
    thing = types.SimpleNamespace(x=types.SimpleNamespace(y=5))
    tx = Translator(("a",), {})
    cg = PyCodegen(tx)
    cg.append_output(cg.create_load("a"))
    cg.extend_output(cg.create_load_attrs("x.y"))
    cg.append_output(cg.create_load("a"))
    cg.store_attr("z")
    cg.append_output(cg.create_load("a"))
    cg.load_attr("z")
    assert run(cg, tx, thing) == 5
    assert tx.output.code_options["co_names"] == ("x", "y", "z")


def test_cells_are_stored_and_loaded() -> None:
    tx = Translator(("a",), {}, cellvars=("cell",), freevars=("free",))
    cg = PyCodegen(tx)
    cell = types.CellType("before")
    cg.load_deref("free")
    cg.append_output(cg.create_load("a"))
    cg.append_output(cg.create_store_deref("free"))
    cg.append_output(cg.create_load("a"))
    cg.append_output(cg.create_store_deref("cell"))
    cg.load_deref("cell")
    cg.append_output(cg.create_load_closure("free"))
    before, own, same = run(cg, tx, 1, count=3, closure=(cell,))
    assert (before, own, cell.cell_contents) == ("before", 1, 1)
    assert same is cell


def template() -> types.CodeType:
    first = second = 0

    def inner(x: int) -> tuple[int, int, int]:
        return second, first, x

    return inner.__code__


@pytest.mark.parametrize("push_null", [True, False])
@pytest.mark.parametrize("above", range(4))
def test_a_whole_closure_goes_below_what_is_there(above: int, push_null: bool) -> None:
    code = template()
    tx = Translator(("a", "x"), {}, cellvars=("second",), freevars=("first",))
    cg = BaseCodegen(tx)
    cg.append_output(cg.create_load_const("below"))
    cg.append_output(cg.create_load("a"))
    cg.append_output(cg.create_store_deref("second"))
    for i in range(above):
        cg.append_output(cg.create_load_const(i))
    cg.make_function_with_closure("made", code, push_null, above)
    for _ in range(above):
        cg.pop_top()
    cg.append_output(cg.create_load("x"))
    cg.call_function(1, push_null=not push_null)
    assert run(cg, tx, 2, 3, count=2, closure=(types.CellType(1),)) == ("below", (2, 1, 3))


def test_later_the_cells_are_on_the_stack() -> None:
    code = template()
    tx = Translator(("a",), {}, cellvars=("own",), freevars=("free",))
    cg = PyCodegen(tx)
    cg.append_output(cg.create_load("a"))
    cg.append_output(cg.create_store_deref("own"))
    cg.extend_output([create_load_closure("own"), create_load_closure("free"), create_build_tuple(2)])
    cg.top_of_stack = A
    cg.make_function_with_closure("made", code)
    assert cg.top_of_stack is None
    cell = types.CellType("free")
    function = run(cg, tx, "own", closure=(cell,))
    assert function.__closure__[1] is cell
    assert dict(zip(code.co_freevars, "ab", strict=True)) == {"first": "a", "second": "b"}
    assert function(0) == ("free", "own", 0)


def test_what_is_no_closure_is_refused() -> None:
    code, plain = template(), graph.__code__
    cg, base = (cls(Translator((), {}, cellvars=("first",))) for cls in (PyCodegen, BaseCodegen))
    with pytest.raises(ClosureError, match="no free variables"):
        cg.make_function_with_closure("f", plain)
    with pytest.raises(ClosureError, match="no free variables"):
        base.make_function_with_closure("f", plain, False)
    with pytest.raises(ClosureError, match=r"pass \(fn_name, code\)"):
        cg.make_function_with_closure("f", code, False)
    with pytest.raises(ClosureError, match=r"pass \(fn_name, code\)"):
        cg.make_function_with_closure("f", code, None, 2)
    with pytest.raises(ClosureError, match=r"pass \(fn_name, code, push_null"):
        base.make_function_with_closure("f", code)
    with pytest.raises(UnknownCellError, match="second"):
        base.make_function_with_closure("f", code, False)
    assert cg.get_instructions() == base.get_instructions() == []


def test_the_python_twin_is_off() -> None:
    cg = PyCodegen(Translator((), {}))
    cg.add_pycode("x = {}", object())
    assert cg.get_pycode() is None
    assert cg.get_instructions() == []


def test_a_global_source_of_a_shared_key() -> None:
    tx = Translator((), {"G": {"k": 1}, "K": "k", "f": graph})
    tx.output.graphargs.append(GraphArg(DictGetItemSource(GlobalSource("G"), GlobalSource("K"))))
    tx.output.graphargs.append(GraphArg(GlobalSource("K")))
    cg = PyCodegen(tx)
    cg.make_call_generated_code("f")
    assert run(cg, tx) == (1, "k")
    assert (RUNNING.null == "none") or cg.get_instructions()[0].arg == 1
