"""`PyCodegen.__call__`: every rule, by running what was emitted."""

from __future__ import annotations

import builtins
import dis
import math
import os
import struct
import types
import weakref
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, ClassVar

import pytest

from harness.codegen import (
    BASE,
    LATER,
    AttrSource,
    CellContentsSource,
    ClosureSource,
    ConstantVariable,
    ConstDictKeySource,
    ConstDictVariable,
    ContextManagerGeneratorVariable,
    DefaultsSource,
    DictGetItemSource,
    GetItemSource,
    GlobalSource,
    GraphBreak,
    ImportSource,
    Instruction,
    Kind,
    ListVariable,
    LocalGeneratorVariable,
    LocalSource,
    NumpyNdarrayVariable,
    OwnHost,
    Profile,
    PyCodegen,
    Source,
    SymNodeVariable,
    TensorVariable,
    TensorWithTFOverrideVariable,
    Translator,
    TupleVariable,
    TypeSource,
    UnspecializedPythonVariable,
    UserDefinedObjectVariable,
    ValueMutationExisting,
    ValueMutationNew,
    VariableTracker,
    WeakRefCallSource,
    assemble,
    create_instruction,
)
from harness.codegen.errors import ContextManagerReturnedError, MissingHelperError
from harness.codegen.instructions import create_build_tuple, create_dup_top

DUPLICATE = create_dup_top().opname


class BaseCodegen(PyCodegen):
    """The same codegen as the earlier releases had it."""

    profile = BASE


class Frame:
    """A frame with the locals `graph_out`, `a` and `b` to emit for and to run in."""

    def __init__(
        self, a: object = None, b: object = None, outputs: tuple[Any, ...] = (), **names: Any
    ) -> None:
        self.namespace: dict[str, Any] = names
        self.locals = (outputs, a, b)
        self.tx = Translator(("graph_out", "a", "b"), self.namespace)

    def codegen(
        self,
        tempvars: MutableMapping[Any, str | None] | None = None,
        overridden: Mapping[Any, Any] | None = None,
        cls: type[PyCodegen] = PyCodegen,
    ) -> PyCodegen:
        return cls(self.tx, None, "graph_out", tempvars, overridden)

    def run(self, codegen: PyCodegen, count: int) -> tuple[Any, ...]:
        """Run what was emitted; the `count` values it left."""
        end = [create_build_tuple(count), create_instruction("RETURN_VALUE")]
        code = assemble([*codegen.get_instructions(), *end], self.tx.output.code_options).code
        result = types.FunctionType(code, self.namespace)(*self.locals)
        assert isinstance(result, tuple)
        return result

    def restore(self, values: Sequence[Any], **options: Any) -> tuple[Any, ...]:
        """Two passes, as a compiler does it: what is built twice is kept in a temporary."""
        first = self.codegen()
        first.restore_stack(values, **options)
        tempvars = {value: None for value, uses in first.uses.items() if uses > 1}
        second = self.codegen(tempvars=dict(tempvars))
        second.restore_stack(values, **options)
        return self.run(second, len(values))


def opnames(codegen: PyCodegen) -> list[str]:
    return [inst.opname for inst in codegen.get_instructions()]


def const(value: object) -> ConstantVariable:
    return ConstantVariable(value)


# --- constants ------------------------------------------------------------------------------------------

NAN = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_1234))[0]
CONSTANTS = [
    *(True, 1, 1.0, 0, 0.0, -0.0, False, None, ..., NotImplemented, 10**30),
    *(NAN, -NAN, math.inf, complex(-0.0, 0.0), complex(0.0, -0.0)),
    *("a b", "\ud800", b"", b"x", int, (0.0,), (-0.0,), (1,), (True,), (1.0,), ((), (-0.0, NAN))),
    *(frozenset({1.5}), slice(0, None, -1)),
]


def test_constants_are_the_very_objects() -> None:
    result = Frame().restore([const(value) for value in CONSTANTS])
    assert len(result) == len(CONSTANTS)
    for got, value in zip(result, CONSTANTS, strict=True):
        assert got is value


def test_constants_and_graph_outputs_are_not_counted() -> None:
    cg = Frame().codegen()
    cg.restore_stack([const(1), TensorVariable("p"), const(1)])
    assert not cg.uses


def test_a_mutable_constant_is_not_loaded() -> None:
    with pytest.raises(GraphBreak) as caught:
        Frame().codegen()(const([1]))
    assert caught.value.gb_type == "Reconstruction failure"


def test_a_tuple_of_constants_is_one_constant_however_often_it_occurs() -> None:
    pair = TupleVariable([const(1), TupleVariable([const(-0.0)])])
    cg = Frame().codegen()
    cg(pair)
    assert opnames(cg) == ["LOAD_CONST"]
    first, one, second = Frame().restore([pair, const(1), pair])
    assert first == (1, (0.0,))
    assert math.copysign(1, first[1][0]) == -1
    assert first is second
    assert one == 1


# --- rebuilding -----------------------------------------------------------------------------------------


def test_containers_are_rebuilt_in_order() -> None:
    outputs = object(), object()
    tree = ListVariable(
        [
            TupleVariable([TensorVariable("p"), const(1)]),
            ConstDictVariable([(const("z"), TensorVariable("q")), (const(1.0), ListVariable())]),
        ]
    )
    (result,) = Frame(outputs=outputs).restore([tree])
    assert result == [(outputs[0], 1), {"z": outputs[1], 1.0: []}]
    assert [list(map(type, result)), list(result[1])] == [[tuple, dict], ["z", 1.0]]
    assert type(list(result[1])[1]) is float


def test_a_dict_variable_takes_a_mapping_too() -> None:
    pairs: dict[VariableTracker, VariableTracker] = {const("k"): const(2)}
    assert Frame().restore([ConstDictVariable(pairs)]) == ({"k": 2},)


def test_what_occurs_twice_is_one_object() -> None:
    shared = ListVariable([const(1)])
    pair = TupleVariable([shared, ListVariable([shared])])
    (first, (inner,)), again, same_pair = Frame().restore([pair, shared, pair])
    assert first is inner is again is same_pair[0]
    assert same_pair[1][0] is first


def test_without_a_temporary_it_is_built_again() -> None:
    shared = ListVariable([const(1)])
    frame = Frame()
    cg = frame.codegen()
    cg.restore_stack([shared, const(0), shared])
    assert cg.uses[shared] == 2
    first, _, second = frame.run(cg, 3)
    assert first == second
    assert first is not second


def test_the_top_of_the_stack_is_duplicated_and_not_counted_again() -> None:
    shared = ListVariable()
    frame = Frame()
    cg = frame.codegen()
    cg.restore_stack([shared, shared, shared])
    assert opnames(cg) == ["BUILD_LIST", DUPLICATE, DUPLICATE]
    assert cg.uses[shared] == 1
    assert cg.top_of_stack is shared
    first, second, third = frame.run(cg, 3)
    assert first is second is third


def test_a_temporary_is_loaded_and_then_on_top() -> None:
    shared = ListVariable()
    frame = Frame()
    cg = frame.codegen(tempvars={shared: None})
    cg.restore_stack([shared, const(0), shared, shared])
    assert opnames(cg) == ["BUILD_LIST", DUPLICATE, "STORE_FAST", "LOAD_CONST", "LOAD_FAST", DUPLICATE]
    assert cg.uses[shared] == 1
    first, _, second, third = frame.run(cg, 4)
    assert first is second is third


def test_a_given_mapping_is_used_and_an_empty_one_replaced() -> None:
    shared = ListVariable()
    given: dict[Any, str | None] = {shared: None}
    frame = Frame()
    cg = frame.codegen(tempvars=given)
    cg(shared)
    assert given == {shared: "tmp_0"}
    empty: dict[Any, str | None] = {}
    cg = frame.codegen(tempvars=empty)
    cg.mark_source_temp(LocalSource("a"))
    assert not empty
    overrides: dict[Any, Any] = {}
    assert frame.codegen(overridden=overrides).overridden_sources is not overrides


# --- cycles ---------------------------------------------------------------------------------------------


def test_a_list_in_itself() -> None:
    knot = ListVariable([const(0)])
    knot.items.append(knot)
    (result,) = Frame().restore([knot])
    assert len(result) == 2
    assert result[0] == 0
    assert result[1] is result


def test_a_dict_in_itself() -> None:
    knot = ConstDictVariable([(const("x"), const(0))])
    knot.items.append((const("self"), knot))
    (result,) = Frame().restore([knot])
    assert list(result) == ["x", "self"]
    assert result["self"] is result


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (0, 2, 1)])
def test_a_cycle_through_a_tuple_from_every_end(order: tuple[int, ...]) -> None:
    extra = ListVariable([const(5)])
    a_list, a_tuple, a_dict = ListVariable(), TupleVariable(), ConstDictVariable()
    a_list.items += [a_tuple]
    a_tuple.items += [a_dict, extra, a_list]
    a_dict.items += [(const("k"), a_list), (const("t"), a_tuple)]
    roots = [a_list, a_tuple, a_dict]
    result = Frame().restore([roots[i] for i in order])
    got_list, got_tuple, got_dict = (result[order.index(i)] for i in range(3))
    assert got_list[0] is got_tuple
    assert got_tuple[0] is got_dict
    assert got_tuple[1] == [5]
    assert got_tuple[2] is got_list
    assert got_dict["k"] is got_list
    assert got_dict["t"] is got_tuple


def test_a_tuple_in_a_cycle_is_one_in_a_single_pass_too() -> None:
    a_list, a_tuple = ListVariable(), TupleVariable()
    a_list.items += [a_tuple]
    a_tuple.items += [const(1), a_list]
    frame = Frame()
    cg = frame.codegen()
    cg(a_tuple)
    (result,) = frame.run(cg, 1)
    assert result[0] == 1
    assert result[1][0] is result


def test_what_is_loaded_from_its_source_closes_no_cycle() -> None:
    original: list[Any] = []
    given = ListVariable(source=LocalSource("a"))
    made = ListVariable([given])
    given.items += [made]
    frame = Frame(a=original)
    cg = frame.codegen()
    cg(made)
    assert opnames(cg) == ["LOAD_FAST", "BUILD_LIST"]
    assert frame.run(cg, 1)[0][0] is original


def test_a_cycle_closed_by_a_source_rebuilds_once() -> None:
    original: list[Any] = []
    knot = ListVariable(source=LocalSource("a"), mutation_type=ValueMutationExisting())
    knot.items += [const(1), knot]
    frame = Frame(a=original)
    cg = frame.codegen()
    cg(knot, allow_cache=False)
    (contents,) = frame.run(cg, 1)
    assert contents is not original
    assert contents[0] == 1
    assert contents[1] is original
    assert knot not in cg.tempvars


# --- values with a source -------------------------------------------------------------------------------


def test_a_source_keeps_the_original() -> None:
    original = [1]
    tracked = ListVariable([const(1)], source=LocalSource("a"))
    frame = Frame(a=original)
    cg = frame.codegen()
    cg(tracked)
    assert cg.top_of_stack == LocalSource("a")
    assert cg.top_of_stack is tracked.source
    assert tracked not in cg.uses
    assert frame.run(cg, 1)[0] is original


@pytest.mark.parametrize(
    ("mutation", "same"), [(None, False), (ValueMutationNew(), False), (ValueMutationExisting(), True)]
)
def test_without_value_from_source_only_existing_values_come_from_it(mutation: Any, same: bool) -> None:
    original = [1]
    tracked = ListVariable([const(1)], source=LocalSource("a"), mutation_type=mutation)
    (result,) = Frame(a=original).restore([tracked], value_from_source=False)
    assert result == original
    assert (result is original) is same


def test_value_from_source_is_put_back_after_an_error() -> None:
    cg = Frame().codegen()
    with pytest.raises(GraphBreak):
        cg.restore_stack([UserDefinedObjectVariable(object)], value_from_source=False)
    assert cg.value_from_source is True


def test_value_from_source_is_anded_in() -> None:
    class Probe(VariableTracker):
        def reconstruct(self, codegen: PyCodegen) -> None:
            seen.append(codegen.value_from_source)

    class Nested(VariableTracker):
        def reconstruct(self, codegen: PyCodegen) -> None:
            codegen.restore_stack([Probe()], value_from_source=True)
            seen.append(codegen.value_from_source)

    seen: list[bool] = []
    cg = Frame().codegen()
    cg.restore_stack([Nested()], value_from_source=False)
    cg.restore_stack([Nested()])
    assert seen == [False, False, True, True]


def test_allow_cache_false_makes_a_new_object_and_keeps_nothing() -> None:
    child = ListVariable(source=LocalSource("b"))
    tracked = ListVariable([child], source=LocalSource("a"), mutation_type=ValueMutationExisting())
    original, inner = [0], [7]
    frame = Frame(a=original, b=inner)
    cg = frame.codegen(tempvars={tracked: None})
    cg(tracked)
    cg(tracked, allow_cache=False)
    assert cg.tempvars == {tracked: None}
    same, new = frame.run(cg, 2)
    assert same is original
    assert new is not original
    assert new[0] is inner


def test_allow_cache_false_neither_duplicates_nor_reloads() -> None:
    tracked = ListVariable(source=LocalSource("a"))
    frame = Frame(a=[])
    cg = frame.codegen(tempvars={tracked: "b"})
    cg(tracked, allow_cache=False)
    cg(tracked, allow_cache=False)
    assert opnames(cg) == ["BUILD_LIST", "BUILD_LIST"]
    assert cg.top_of_stack is tracked


# --- sources --------------------------------------------------------------------------------------------


def test_the_source_asked_for_is_duplicated_when_on_top() -> None:
    source = LocalSource("a")
    cg = Frame().codegen()
    cg.foreach([source, source])
    assert opnames(cg) == ["LOAD_FAST", DUPLICATE]
    cg(LocalSource("a"))  # equal is not enough: the top is compared by identity
    assert opnames(cg)[-1] == "LOAD_FAST"


def test_later_sources_are_counted_and_kept_only_if_marked() -> None:
    source = AttrSource(LocalSource("a"), "real")
    frame = Frame(a=5)
    cg = frame.codegen()
    cg.foreach([source, const(0), source])
    assert cg.uses == {source: 2, LocalSource("a"): 2}
    assert not cg.tempvars
    cg = frame.codegen(tempvars={AttrSource(LocalSource("a"), "real"): None})
    cg.foreach([source, const(0), source])
    assert cg.uses == {source: 1, LocalSource("a"): 1}
    assert opnames(cg).count("LOAD_ATTR") == 1
    assert frame.run(cg, 3) == (5, 0, 5)


def test_base_keeps_every_source_and_counts_none() -> None:
    source = AttrSource(LocalSource("a"), "real")
    frame = Frame(a=5)
    cg = frame.codegen(cls=BaseCodegen)
    cg.foreach([source, const(0), source])
    assert not cg.uses
    assert set(cg.tempvars) == {source, LocalSource("a")}
    assert opnames(cg) == [
        *("LOAD_FAST", DUPLICATE, "STORE_FAST"),
        *("LOAD_ATTR", DUPLICATE, "STORE_FAST"),
        *("LOAD_CONST", "LOAD_FAST"),
    ]
    assert frame.run(cg, 3) == (5, 0, 5)


def test_an_overridden_source_gives_way() -> None:
    asked, instead = LocalSource("a"), LocalSource("b")
    frame = Frame(a="wrong", b="right")
    cg = frame.codegen(tempvars={instead: None}, overridden={asked: instead})
    cg(asked)
    assert cg.top_of_stack is instead
    assert asked not in cg.uses
    cg(asked)  # not what the top is named by, but its temporary is there
    cg(instead)
    assert opnames(cg) == ["LOAD_FAST", DUPLICATE, "STORE_FAST", "LOAD_FAST", DUPLICATE]
    assert frame.run(cg, 3) == ("right",) * 3


def test_an_override_reaches_the_base_of_a_chain() -> None:
    frame = Frame(a=1, b=2.5)
    cg = frame.codegen(overridden={LocalSource("a"): LocalSource("b")})
    cg(AttrSource(LocalSource("a"), "real"))
    assert frame.run(cg, 1) == (2.5,)


def test_every_kind_of_source_loads_its_value() -> None:
    class Thing:
        pass

    thing, key = Thing(), object()
    vars(thing).update(x=thing, table={-1: "minus", key: "by key", 1: "one"})
    table = AttrSource(LocalSource("a"), "x.x.table")
    cases: list[tuple[Source, object]] = [
        (LocalSource("b"), key),
        (GlobalSource("G"), thing),
        (AttrSource(GlobalSource("G"), "x"), thing),
        (GetItemSource(table, -1), "minus"),
        (GetItemSource(GetItemSource(table, -1), slice(1, 3)), "in"),
        (DictGetItemSource(table, 1), "one"),
        (DictGetItemSource(table, LocalSource("b")), "by key"),
    ]
    result = Frame(a=thing, b=key, G=thing).restore([source for source, _ in cases])
    for got, (source, wanted) in zip(result, cases, strict=True):
        assert got == wanted, source


def with_defaults(one: Any, *, named: Any) -> Callable[[], Any]:
    def inside(first: Any = one, *, second: Any = named) -> Any:
        return one

    return inside


LOADED: dict[str, tuple[Callable[[Source], Source], Callable[[Any], Any]]] = {
    "default": (lambda base: DefaultsSource(base, 0), lambda value: value.__defaults__[0]),
    "keyword default": (
        lambda base: DefaultsSource(base, "second"),
        lambda value: value.__kwdefaults__["second"],
    ),
    "cell": (lambda base: GetItemSource(ClosureSource(base), 0), lambda value: value.__closure__[0]),
    "contents of a cell": (
        lambda base: CellContentsSource(GetItemSource(ClosureSource(base), 0)),
        lambda value: value.__closure__[0].cell_contents,
    ),
    "class": (TypeSource, type),
}


@pytest.mark.parametrize(("source", "wanted"), LOADED.values(), ids=LOADED)
def test_what_a_function_holds_is_loaded(
    source: Callable[[Source], Source], wanted: Callable[[Any], Any]
) -> None:
    function = with_defaults([1], named=[2])
    (got,) = Frame(a=function).restore([source(LocalSource("a"))])
    assert got is wanted(function)


def test_the_keys_of_a_dict_are_loaded_by_position_whatever_keys_does() -> None:
    class Odd(dict[Any, Any]):
        def keys(self) -> Any:
            return []

    key = (1, [])[:1]
    base = LocalSource("a")
    first, last = ConstDictKeySource(base, 0), ConstDictKeySource(base, 2)
    got = Frame(a=Odd({0: "zero", "s": "text", key: "pair"})).restore(
        [first, last, DictGetItemSource(base, last)]
    )
    assert got == (0, key, "pair")
    assert got[1] is key


def test_a_weak_reference_is_called_and_a_module_imported() -> None:
    value = with_defaults(1, named=2)
    reference = weakref.ref(value)
    frame = Frame(a=reference, __builtins__=builtins)
    got = frame.restore([WeakRefCallSource(LocalSource("a")), ImportSource("os.path"), ImportSource("types")])
    assert got == (value, os, types)
    # where the call's NULL lies under it, the base is not duplicated
    assert frame.restore([LocalSource("a"), WeakRefCallSource(LocalSource("a"))]) == (reference, value)


def test_what_is_in_the_cells_of_the_frame_is_loaded() -> None:
    tx = Translator(("graph_out", "a"), {}, cellvars=("a",), freevars=("b",))
    cg = PyCodegen(tx, None, "graph_out")
    cell, free = (LocalSource(name, is_derefed_cell_contents=True) for name in "ab")
    cg.restore_stack([cell, const(1), free, cell])
    assert opnames(cg) == ["LOAD_DEREF", "LOAD_CONST", "LOAD_DEREF", "LOAD_DEREF"]
    end = [create_build_tuple(4), create_instruction("RETURN_VALUE")]
    code = assemble([*cg.get_instructions(), *end], tx.output.code_options).code
    function = types.FunctionType(code, {}, None, None, (types.CellType("free"),))
    assert function((), "cell") == ("cell", 1, "free", "cell")
    assert cell != LocalSource("a")


def test_a_new_source_is_equal_to_one_that_loads_the_same() -> None:
    base, other = LocalSource("a"), LocalSource("b")
    made: list[Callable[[Source], Source]] = [
        *(ClosureSource, CellContentsSource, TypeSource, WeakRefCallSource),
        *(lambda base: DefaultsSource(base, 0), lambda base: DefaultsSource(base, "x")),
        *(lambda base: ConstDictKeySource(base, 0), lambda base: ConstDictKeySource(base, 1)),
    ]
    sources = [make(base) for make in made] + [make(other) for make in made]
    assert len({*sources, ImportSource("os"), ImportSource("re")}) == 2 * len(made) + 2
    assert [make(base) for make in made] == sources[: len(made)]


# --- graph outputs --------------------------------------------------------------------------------------


def test_graph_outputs_are_numbered_by_first_use_one_for_a_proxy() -> None:
    proxies = [object() for _ in range(3)]
    first, other, last = map(TensorVariable, proxies)
    alias = TensorVariable(proxies[0])
    outputs = object(), object(), object()
    frame = Frame(outputs=outputs)
    cg = frame.codegen()
    cg.restore_stack([last, first, ListVariable([other, alias]), last])
    assert cg.graph_output_vars() == [last, first, other]
    assert [entry.index for entry in cg.graph_outputs.values()] == [0, 1, 2]
    assert cg.add_graph_output(alias) == id(proxies[0])
    assert frame.run(cg, 4) == (outputs[0], outputs[1], [outputs[2], outputs[1]], outputs[0])


def test_a_tensor_with_a_source_is_no_graph_output() -> None:
    original = object()
    frame = Frame(a=original)
    cg = frame.codegen()
    cg(TensorVariable("p", source=LocalSource("a")))
    assert not cg.graph_outputs
    assert frame.run(cg, 1)[0] is original


def test_load_graph_output_forgets_the_top() -> None:
    source = LocalSource("a")
    frame = Frame(a=1, outputs=(2,))
    cg = frame.codegen()
    cg(source)
    cg.load_graph_output(0)
    cg(source)
    assert frame.run(cg, 3) == (1, 2, 1)


class Tensor:
    """What a graph gives back."""

    def __init__(self, number: float) -> None:
        self.number = number

    def item(self) -> float:
        return self.number

    def numpy(self) -> list[Any]:
        return ["array", self]

    def as_subclass(self, cls: type) -> Any:
        return cls(self)


class Marked:
    """A subclass."""

    def __init__(self, over: Tensor) -> None:
        self.over = over


def test_a_symbolic_float_is_its_tensor_form_and_then_a_number_unless_exporting() -> None:
    tensor = TensorVariable("t")
    number = SymNodeVariable("p", float, tensor)
    frame = Frame(outputs=(Tensor(-0.0),))
    cg = frame.codegen()
    cg.restore_stack([number, const(1), number])
    assert cg.graph_output_vars() == [tensor]
    assert [repr(value) for value in frame.run(cg, 3)] == ["-0.0", "1", "-0.0"]
    assert not cg.uses

    frame = Frame(outputs=(2.5,))
    frame.tx.export = True
    cg = frame.codegen()
    cg(number)
    assert cg.graph_output_vars() == [number]
    assert frame.run(cg, 1) == (2.5,)


@pytest.mark.parametrize("export", [True, False])
@pytest.mark.parametrize("number_type", [int, bool])
def test_a_symbolic_whole_number_is_its_output(number_type: type, export: bool) -> None:
    number = SymNodeVariable("p", number_type)
    frame = Frame(outputs=(7,))
    frame.tx.export = export
    cg = frame.codegen()
    cg(number)
    assert cg.graph_output_vars() == [number]
    assert frame.run(cg, 1) == (7,)


def test_the_tensor_form_of_a_float_is_made_once_in_the_hosts_type() -> None:
    number = SymNodeVariable("p", float)
    frame = Frame(outputs=(Tensor(0.5),))
    cg = frame.codegen()
    cg.restore_stack([number, const(1), number])
    assert [output.as_proxy() for output in cg.graph_output_vars()] == [("p", "float64")]
    assert frame.run(cg, 3) == (0.5, 1, 0.5)


@pytest.mark.parametrize("unwrap", [True, False])
def test_an_unspecialised_number_is_unwrapped_if_it_needs_to_be(unwrap: bool) -> None:
    tensor = Tensor(3)
    (result,) = Frame(outputs=(tensor,)).restore([UnspecializedPythonVariable("p", need_unwrap=unwrap)])
    assert result == (3 if unwrap else tensor)


def test_an_array_or_tensor_of_a_subclass_is_made_once_for_all_places() -> None:
    tensor = Tensor(0)
    array = NumpyNdarrayVariable("p")
    subclass = TensorWithTFOverrideVariable("p", Marked)
    assert subclass.python_type() is Marked
    plain = TensorVariable("p")
    frame = Frame(outputs=(tensor,))
    one, another, other, again, itself, made = frame.restore(
        [array, NumpyNdarrayVariable("p"), subclass, array, plain, ListVariable([subclass])]
    )
    assert one == another == ["array", tensor]
    assert one is again
    assert one is not another
    assert type(other) is Marked
    assert other.over is tensor is itself
    assert made[0] is other
    assert frame.namespace["__subclass_Marked_0"] is Marked


def test_trackers_of_one_proxy_are_one_output_whatever_their_kinds() -> None:
    number = UnspecializedPythonVariable("p")
    trackers = [number, TensorVariable("p"), NumpyNdarrayVariable("p"), SymNodeVariable("q", int)]
    cg = Frame().codegen()
    cg.restore_stack(trackers)
    assert cg.graph_output_vars() == [number, trackers[3]]


def test_a_conversion_of_a_graph_output_is_counted_and_kept_if_asked_for() -> None:
    array = NumpyNdarrayVariable("p")
    cg = Frame().codegen({array: None})
    cg.restore_stack([array, const(1), array])
    assert cg.uses[array] == 1
    assert cg.tempvars[array] is not None
    assert opnames(cg)[-1] == "LOAD_FAST"


@pytest.mark.parametrize("profile", [BASE, LATER])
@pytest.mark.parametrize("tracker", [NumpyNdarrayVariable("p"), TensorWithTFOverrideVariable("p", Marked)])
def test_in_the_releases_a_conversion_is_a_graph_output_like_any_other(
    tracker: VariableTracker, profile: Profile
) -> None:
    class Released(PyCodegen):
        pass

    Released.profile = profile
    cg = Frame().codegen({tracker: None}, cls=Released)
    cg.restore_stack([tracker, const(1), tracker])
    assert tracker not in cg.uses
    assert cg.tempvars[tracker] is None
    assert opnames(cg)[-1].startswith("CALL")


@pytest.mark.parametrize("tracker", [NumpyNdarrayVariable("p"), TensorWithTFOverrideVariable("p", Marked)])
def test_a_host_without_the_helper_is_told(tracker: VariableTracker) -> None:
    class Without(PyCodegen):
        host = OwnHost({})

    with pytest.raises(MissingHelperError, match=r"to numpy|to subclass"):
        Frame().codegen(cls=Without)(tracker)


@pytest.mark.parametrize(
    "tracker",
    [
        SymNodeVariable("p", float, source=LocalSource("a")),
        UnspecializedPythonVariable("p", source=LocalSource("a")),
        NumpyNdarrayVariable("p", source=LocalSource("a")),
        TensorWithTFOverrideVariable("p", Marked, source=LocalSource("a")),
    ],
)
def test_what_the_graph_got_from_a_source_is_loaded_from_there(tracker: VariableTracker) -> None:
    original = object()
    frame = Frame(a=original)
    cg = frame.codegen()
    cg(tracker)
    assert not cg.graph_outputs
    assert frame.run(cg, 1)[0] is original


# --- generators and context managers --------------------------------------------------------------------


def test_a_local_generator_is_rebuilt_even_if_it_has_a_source() -> None:
    generator = LocalGeneratorVariable([const(1), ListVariable()], source=LocalSource("a"))
    (result,) = Frame(a="source").restore([generator])
    assert iter(result) is result
    assert list(result) == [1, []]


@pytest.mark.parametrize(
    ("cls", "error"), [(PyCodegen, GraphBreak), (BaseCodegen, ContextManagerReturnedError)]
)
def test_a_context_manager_object_is_refused(cls: type[PyCodegen], error: type[Exception]) -> None:
    cg = Frame().codegen(cls=cls)
    with pytest.raises(error, match="@contextmanager"):
        cg(ContextManagerGeneratorVariable(source=LocalSource("a")))
    assert cg.get_instructions() == []


def test_a_lazy_tracker_with_a_source_is_not_asked_what_it_is() -> None:
    class Lazy(ContextManagerGeneratorVariable):
        def is_realized(self) -> bool:
            return False

        def is_python_constant(self) -> bool:
            raise AssertionError("realised")

    class NoQuestions(OwnHost):
        def kind(self, tracker: VariableTracker) -> Kind:
            raise AssertionError("realised")

    class Codegen(PyCodegen):
        host: ClassVar[OwnHost] = NoQuestions()

    frame = Frame(a=3)
    cg = frame.codegen(cls=Codegen)
    cg(Lazy(source=LocalSource("a")))
    assert frame.run(cg, 1) == (3,)


# --- temporaries ----------------------------------------------------------------------------------------


def test_add_cache_pops_into_a_new_local() -> None:
    value = ListVariable()
    frame = Frame(a=4)
    cg = frame.codegen()
    cg(LocalSource("a"))
    cg.add_cache(value)
    assert cg.top_of_stack is None
    cg(value)
    assert cg.tempvars == {value: "tmp_0"}
    assert "tmp_0" in frame.tx.output.code_options["co_varnames"]
    assert frame.run(cg, 1) == (4,)


def test_marking_does_not_overwrite() -> None:
    source = LocalSource("a")
    cg = Frame().codegen(tempvars={source: "b"})
    cg.mark_source_temp(LocalSource("a"))
    cg.mark_source_temp(LocalSource("b"))
    assert cg.tempvars == {source: "b", LocalSource("b"): None}


def test_clear_tempvars_deletes_what_was_stored() -> None:
    kept, never = ListVariable(), ListVariable()
    frame = Frame()
    cg = frame.codegen(tempvars={kept: None, never: None})
    cg(kept)
    cg.clear_tempvars()
    assert not cg.tempvars
    assert cg.top_of_stack is None
    assert opnames(cg)[-1] == "DELETE_FAST"
    assert opnames(cg).count("DELETE_FAST") == 1
    # from 3.12 on LOAD_FAST trusts the local to be bound
    load = "LOAD_FAST_CHECK" if "LOAD_FAST_CHECK" in dis.opmap else "LOAD_FAST"
    cg.append_output(create_instruction(load, argval="tmp_0"))
    with pytest.raises(UnboundLocalError):
        frame.run(cg, 2)


def test_a_fresh_translator_starts_numbering_anew() -> None:
    names = [Translator(("tmp_0",), {}).output.new_var() for _ in range(2)]
    assert names == ["tmp_1", "tmp_1"]
    output = Translator((), {}).output
    assert [output.new_var(), output.new_var("x"), output.new_var()] == ["tmp_0", "x_1", "tmp_2"]


# --- size -----------------------------------------------------------------------------------------------


def test_wide_containers() -> None:
    distinct = [const(float(i)) for i in range(300)]
    outputs = tuple(object() for _ in range(300))
    tensors = [TensorVariable(output) for output in outputs]
    table = ConstDictVariable(list(zip(distinct, tensors, strict=True)))
    values = [ListVariable(distinct), TupleVariable(tensors), table]
    floats, got_outputs, got_table = Frame(outputs=outputs).restore(values)
    assert floats == [float(i) for i in range(300)]
    assert got_outputs == outputs
    assert list(got_table.items()) == list(zip(floats, outputs, strict=True))


def test_more_than_65536_constants() -> None:
    values = [const(float(i)) for i in range(66_000)]
    (result,) = Frame().restore([ListVariable(values)])
    assert result == [float(i) for i in range(66_000)]


def test_more_than_255_locals_and_names() -> None:
    shared = [ListVariable([const(i)]) for i in range(300)]
    names: dict[str, Any] = {f"name_{i}": [i] for i in range(300)}
    roots = [*shared, *map(GlobalSource, names), *reversed(shared)]
    result = Frame(**names).restore(roots)
    for i in range(300):
        assert result[i] == [i]
        assert result[i] is result[-1 - i]
        assert result[300 + i] is names[f"name_{i}"]


def test_every_emission_goes_through_the_list_it_is_given() -> None:
    class Recorder(list[Instruction]):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[Instruction] = []

        def append(self, inst: Instruction) -> None:
            self.seen.append(inst)
            super().append(inst)

        def extend(self, insts: Any) -> None:
            insts = list(insts)
            self.seen += insts
            super().extend(insts)

        def insert(self, index: Any, inst: Instruction) -> None:
            self.seen.append(inst)
            super().insert(index, inst)

    shared = ListVariable([TensorVariable("p")])
    knot = ListVariable([shared])
    knot.items.append(knot)
    cg = Frame().codegen(tempvars={shared: None})
    cg._output = recorder = Recorder()
    cg.restore_stack(
        [shared, ConstDictVariable([(const("k"), knot)]), AttrSource(LocalSource("a"), "x"), shared]
    )
    cg.add_push_null(lambda: cg.append_output(cg.create_load_const_unchecked(print)))
    cg.call_function(0, push_null=False)
    cg.clear_tempvars()
    assert cg.get_instructions() is recorder
    assert {id(inst) for inst in recorder} == {id(inst) for inst in recorder.seen}
    assert len(recorder) == len(recorder.seen)
