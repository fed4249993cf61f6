"""Objects made by calling a class, bound methods and modules, by running what was emitted."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from harness.codegen import (
    ContextWrappingVariable,
    DefaultDictVariable,
    ListVariable,
    LocalSource,
    NNModuleVariable,
    PyCodegen,
    SideEffects,
    StructSequenceVariable,
    TupleVariable,
    UserMethodVariable,
    ValueMutationExisting,
    ValueMutationNew,
)
from harness.codegen.errors import NoRootError
from oracles.making import Mode, Thing
from tests.unit.test_codegen_containers import Restore, passes
from tests.unit.test_codegen_values import Frame, const, opnames


def new_list(*items: Any) -> ListVariable:
    return ListVariable(items, mutation_type=ValueMutationNew())


# --- defaultdicts -----------------------------------------------------------------------------------------


@passes
@pytest.mark.parametrize("factory", [None, list, dict, int, Thing])
def test_a_defaultdict_has_its_factory_and_its_order(factory: Any, restore: Restore) -> None:
    pairs = [(const("b"), const(1)), (const("a"), new_list())]
    # the frame's own names mean something else
    frame = Frame(list=tuple, defaultdict=dict, collections=None)
    (value,) = restore(frame, [DefaultDictVariable(pairs, factory)])
    assert type(value) is defaultdict
    assert value.default_factory is factory
    assert list(value.items()) == [("b", 1), ("a", [])]
    assert DefaultDictVariable().python_type() is defaultdict


@passes
def test_a_defaultdict_may_hold_itself(restore: Restore) -> None:
    value = DefaultDictVariable([], list)
    value.items += [(const("self"), value), (const("pair"), TupleVariable([value]))]
    first, again = restore(Frame(), [value, value])[:2]
    assert first["self"] is first["pair"][0] is first
    assert first.default_factory is list
    assert list(first) == ["self", "pair"]
    if restore.__name__ != "once":
        assert again is first


def test_the_contents_of_an_existing_defaultdict_are_written_back() -> None:
    there = defaultdict(int, a=1)
    frame = Frame(there)
    value = DefaultDictVariable(
        [(const("b"), const(2))], int, source=LocalSource("a"), mutation_type=ValueMutationExisting()
    )
    effects = SideEffects()
    effects.mutation(value)
    cg = frame.codegen()
    effects.codegen_save_tempvars(cg)
    cg.restore_stack([value])
    effects.codegen_update_mutated(cg)
    (result,) = frame.run(cg, 1)
    assert result is there
    assert (there, there.default_factory) == ({"b": 2}, int)


# --- struct sequences -------------------------------------------------------------------------------------


@passes
def test_a_struct_sequence_is_made_by_its_class(restore: Restore) -> None:
    held = new_list(const(1))
    value = StructSequenceVariable([held, const(2)], os.terminal_size)
    first, inside = restore(Frame(os=None), [value, held])
    assert type(first) is value.python_type() is os.terminal_size
    assert first == ([1], 2)
    assert (first[0] is inside) is (restore.__name__ != "once")


@passes
def test_a_list_that_holds_a_struct_sequence_of_itself(restore: Restore) -> None:
    held = new_list()
    value = StructSequenceVariable([held, held], os.terminal_size)
    held.items.append(value)
    for start in ([value], [held]):
        (result,) = restore(Frame(), start)
        found = result if type(result) is os.terminal_size else result[0]
        assert found[0] is found[1]
        assert found[0][0] is found


# --- bound methods ----------------------------------------------------------------------------------------


@passes
def test_a_method_is_loaded_from_its_object(restore: Restore) -> None:
    thing = Thing()
    obj = ListVariable([], source=LocalSource("a"), mutation_type=ValueMutationExisting())
    other = UserMethodVariable("other", obj)
    one, two = restore(Frame(thing), [UserMethodVariable("method", obj), other])
    assert one.__self__ is two.__self__ is thing
    assert (one.__func__, two.__func__) == (Thing.method, Thing.other)
    assert "other" in repr(other)


@passes
def test_a_method_of_a_new_list_that_holds_it(restore: Restore) -> None:
    held = new_list()
    method = UserMethodVariable("append", held)
    held.items.append(method)
    (first,) = restore(Frame(), [method])
    (second,) = restore(Frame(), [held])
    assert first.__self__[0] is first
    assert second[0].__self__ is second
    second[0](3)
    assert second[1] == 3


def test_a_method_that_is_kept_is_one_object() -> None:
    obj = ListVariable([], source=LocalSource("a"), mutation_type=ValueMutationExisting())
    method = UserMethodVariable("append", obj)
    first, second = Frame([]).restore([method, method])
    assert first is second
    first, second = Frame([]).restore([method, UserMethodVariable("append", obj)])
    assert first is not second


# --- context managers -------------------------------------------------------------------------------------


@passes
def test_a_context_manager_is_made_of_constants(restore: Restore) -> None:
    frame = Frame(contextlib=None, nullcontext=None)
    values = [
        ContextWrappingVariable("contextlib", "nullcontext"),
        ContextWrappingVariable(Mode.__module__, "Mode", [True]),
        ContextWrappingVariable(Mode.__module__, "Mode", [False]),
    ]
    null, on, off = restore(frame, values)
    assert type(null) is contextlib.nullcontext
    assert (type(on), on.mode, type(off), off.mode) == (Mode, True, Mode, False)


# --- modules ----------------------------------------------------------------------------------------------


def emitted(root: Any, key: str, **options: Any) -> tuple[PyCodegen, Frame]:
    frame = Frame(SimpleNamespace(inner=SimpleNamespace(last="a local's"), last="a's"))
    cg = PyCodegen(frame.tx, root, "graph_out")
    cg.restore_stack([NNModuleVariable(key, **options)], value_from_source=not options)
    return cg, frame


ROOT = SimpleNamespace(
    inner=SimpleNamespace(last="the root's"), a=SimpleNamespace(last="hidden"), last="root's own"
)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("inner.last", "the root's"),
        ("last", "root's own"),
        ("a.inner.last", "a local's"),
        # a local hides what the root has under its name
        ("a.last", "a's"),
    ],
)
def test_a_module_is_found_by_its_key(key: str, value: str) -> None:
    cg, frame = emitted(ROOT, key)
    assert not cg.uses
    assert frame.run(cg, 1) == (value,)


def test_the_root_is_a_constant_and_a_local_is_loaded() -> None:
    cg, _ = emitted(ROOT, "inner.last")
    assert opnames(cg) == ["LOAD_CONST", "LOAD_ATTR", "LOAD_ATTR"]
    assert cg.get_instructions()[0].argval is ROOT
    cg, _ = emitted(None, "a.last")
    assert opnames(cg) == ["LOAD_FAST", "LOAD_ATTR"]


def test_a_module_without_a_root_is_an_error() -> None:
    with pytest.raises(NoRootError, match="no local 'inner'"):
        emitted(None, "inner.last")


def test_a_module_with_a_source_is_loaded_from_there_unless_that_is_off() -> None:
    module = NNModuleVariable("last", source=LocalSource("a"))
    frame = Frame("the local")
    for restore, value in ((True, "the local"), (False, "root's own")):
        cg = PyCodegen(frame.tx, ROOT, "graph_out")
        cg.restore_stack([module], value_from_source=restore)
        assert frame.run(cg, 1) == (value,)
