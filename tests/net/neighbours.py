"""For each cause in `corpus/known/` a fault planted beside it: what its predicate must not cover.

Each shows at the same kinds of values as the known cause, where possible in the same method and with the same
invariant.
"""

from __future__ import annotations

from typing import Any

from tests.net import neighbours_names
from tests.net.planting import Fault, wrap


def _items_of_a_changed_list_copied(target: Any) -> None:
    """A changed list that does not hold itself gets copies of the existing lists in it."""
    from torch._dynamo import variables

    def copying(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if self.source is None or self._contains_self_reference():
                real(self, codegen)
                return
            create = _create()
            for item in self.items:
                existing = isinstance(item, variables.ListVariable) and item.source is not None
                codegen(item, allow_cache=not existing)
                codegen.clear_tos()
            codegen.append_output(create("BUILD_LIST", arg=len(self.items)))

        return reconstruct

    wrap(variables.ListVariable, "reconstruct", copying)


def _value_of_a_changed_dict_copied(target: Any) -> None:
    """A changed dict gets copies of the existing dicts in it that are not changed themselves."""
    from torch._dynamo import variables

    def copying(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            create = _create()
            for key, value in self.items.items():
                changed = getattr(value.mutation_type, "is_modified", True)
                copied = isinstance(value, variables.ConstDictVariable) and not changed
                codegen(key.vt)
                codegen(value, allow_cache=not (copied and value.source is not None))
                codegen.clear_tos()
            codegen.append_output(create("BUILD_MAP", arg=len(self.items)))

        return reconstruct

    wrap(variables.ConstDictVariable, "reconstruct_kvs_into_new_dict", copying)


def _attributes_in_the_wrong_order(target: Any) -> None:
    """The attributes of an object are set in the order of their names."""
    from torch._dynamo.side_effects import SideEffects

    def sorting(real: Any) -> Any:
        def codegen_update_mutated(self: Any, cg: Any, log_side_effects: bool = False) -> None:
            for var, changes in list(self.store_attr_mutations.items()):
                self.store_attr_mutations[var] = dict(sorted(changes.items()))
            real(self, cg, log_side_effects)

        return codegen_update_mutated

    wrap(SideEffects, "codegen_update_mutated", sorting)


def _tuple_iterator_over_a_list(target: Any) -> None:
    """An iterator over a tuple is rebuilt over a list."""
    from torch._dynamo import variables
    from torch._dynamo.bytecode_transformation import create_call_function

    def reconstruct(self: Any, codegen: Any) -> None:
        create = _create()
        codegen.add_push_null(lambda: codegen.append_output(codegen.create_load_python_module(iter)))
        codegen.foreach(self.items[self.index :])
        codegen.append_output(create("BUILD_LIST", arg=len(self.items[self.index :])))
        codegen.extend_output(create_call_function(1, False))

    variables.TupleIteratorVariable.reconstruct = reconstruct  # type: ignore[method-assign]


def _start_and_stop_of_a_slice_swapped(target: Any) -> None:
    """A slice of constants ends where it should start."""
    from torch._dynamo import variables

    def swapping(real: Any) -> Any:
        def as_python_constant(self: Any) -> slice:
            made = real(self)
            return slice(made.stop, made.start, made.step)

        return as_python_constant

    wrap(variables.SliceVariable, "as_python_constant", swapping)


def _full_cell_comes_back_empty(target: Any) -> None:
    """What a cell holds is stored to no cell."""
    from torch._dynamo.side_effects import SideEffects

    def forgetting(real: Any) -> Any:
        def store_cell(self: Any, cellvar: Any, value: Any) -> None:
            if not value.is_tensor():
                real(self, cellvar, value)

        return store_cell

    wrap(SideEffects, "store_cell", forgetting)

    from types import CellType

    from torch._dynamo import utils

    utils.make_cell = CellType


def _new_named_tuple_not_rebuilt(target: Any) -> None:
    """The assertion on named tuples with a source holds for those without."""
    from torch._dynamo import variables

    def asserting(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if len(self.items) == 2:
                raise AssertionError("reconstruct should only be called on sourceless tuples")
            real(self, codegen)

        return reconstruct

    wrap(variables.NamedTupleVariable, "reconstruct", asserting)


def _global_not_interned(target: Any) -> None:
    """A frame that names `frozenset` is said not to."""
    from torch._dynamo.codegen import PyCodegen

    def asserting(real: Any) -> Any:
        def create_load_global(self: Any, name: str, add: bool = False) -> Any:
            if name == "frozenset":
                raise AssertionError(f"{name} not in co_names")
            return real(self, name, add)

        return create_load_global

    wrap(PyCodegen, "create_load_global", asserting)


def _full_cell_not_read(target: Any) -> None:
    """A cell that holds a constant is said to hold nothing, and nobody asks whether it does."""
    from torch._dynamo import variables

    def asking(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            from torch._dynamo.exc import unimplemented

            if self.closure and codegen.tx.output.side_effects.has_pending_mutation(self.closure.items[0]):
                unimplemented(gb_type="Read uninitialized cell", context="", explanation="planted", hints=[])
            real(self, codegen)

        return reconstruct

    wrap(variables.NestedUserFunctionVariable, "reconstruct", asking)


def _ordered_dict_in_the_wrong_order(target: Any) -> None:
    """The pairs of an ordered dict are rebuilt backwards."""
    import collections

    from torch._dynamo import variables

    def backwards(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if self.user_cls is collections.OrderedDict:
                self.items = collections.OrderedDict(reversed(self.items.items()))
            real(self, codegen)

        return reconstruct

    wrap(variables.ConstDictVariable, "reconstruct_kvs_into_new_dict", backwards)


def _array_is_a_copy(target: Any) -> None:
    """A tensor that comes back as an array is copied."""
    from torch._dynamo import utils

    wrap(utils, "to_numpy_helper", lambda real: lambda value: real(value).copy())


def _new_subclass_not_kept(target: Any) -> None:
    """A new tensor of a subclass is converted each time, though a temporary holds it."""
    from torch._dynamo import variables
    from torch._dynamo.codegen import PyCodegen

    def forgetting(real: Any) -> Any:
        def call(self: Any, value: Any, allow_cache: bool = True) -> None:
            new = isinstance(value, variables.TensorWithTFOverrideVariable) and value.source is None
            real(self, value, allow_cache and not new)

        return call

    wrap(PyCodegen, "__call__", forgetting)


def _methods_equal_without_name(target: Any) -> None:
    """The sources of two methods of one object are equal, whatever the methods' names."""
    from torch._dynamo.source import AttrSource

    from generators.nodes import METHODS

    methods = {name for names in METHODS.values() for name in names}

    def equal(self: Any, other: Any) -> bool:
        if not isinstance(other, AttrSource):
            return NotImplemented
        same = self.member == other.member or {self.member, other.member} <= methods
        return same and bool(self.base == other.base)

    AttrSource.__eq__ = equal  # type: ignore[method-assign, assignment]
    AttrSource.__hash__ = lambda self: hash(self.base)  # type: ignore[method-assign]


def _weak_reference_not_called(target: Any) -> None:
    """What a weak reference refers to comes back as the reference."""
    from torch._dynamo.source import WeakRefCallSource

    WeakRefCallSource.reconstruct = lambda self, codegen: codegen(self.base)  # type: ignore[method-assign]


def _iterator_item_counted_from_the_end(target: Any) -> None:
    """An item of an existing iterator that does not move is looked for one too far."""
    from torch._dynamo import utils

    def further(real: Any) -> Any:
        return lambda iterator, index: real(iterator, index + 1 if index == 0 else index - 1)

    wrap(utils, "tuple_iterator_getitem", further)


def _iterator_moves_once_only(target: Any) -> None:
    """An iterator of which several items were taken is advanced by one less."""
    from torch._dynamo.side_effects import SideEffects
    from torch._dynamo.variables import ListIteratorVariable

    def forgetting(real: Any) -> Any:
        def codegen_update_mutated(self: Any, cg: Any, log_side_effects: bool = False) -> None:
            for var in self._get_modified_vars():
                if isinstance(var, ListIteratorVariable) and var.source is not None:
                    var.index = min(var.index, 1) - 1
            real(self, cg, log_side_effects)

        return codegen_update_mutated

    wrap(SideEffects, "codegen_update_mutated", forgetting)


def _range_iterator_one_short(target: Any) -> None:
    """An iterator over a range forwards ends one number early."""
    from torch._dynamo.variables.lists import RangeIteratorVariable

    def shortening(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if self.step > 0:
                self.stop -= self.step
            real(self, codegen)

        return reconstruct

    wrap(RangeIteratorVariable, "reconstruct", shortening)


def _ordered_set_loses_an_element(target: Any) -> None:
    """An ordered set comes back without its last element."""
    from torch._dynamo.variables import OrderedSetVariable

    def losing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            self.items = dict(list(self.items.items())[:-1])
            real(self, codegen)

        return reconstruct

    wrap(OrderedSetVariable, "reconstruct", losing)


def _change_of_a_set_forgotten(target: Any) -> None:
    """What is changed of a plain set is not replayed."""
    from torch._dynamo.variables import SetVariable

    SetVariable.has_new_items = lambda self: False  # type: ignore[method-assign]
    wrap(SetVariable, "reconstruct", lambda real: lambda self, codegen: _without_last(real, self, codegen))


def _without_last(real: Any, tracker: Any, codegen: Any) -> None:
    if tracker.source is not None:
        tracker.items = dict(list(tracker.items.items())[:-1])
    real(tracker, codegen)


def _attributes_of_an_object_copied(target: Any) -> None:
    """The `__dict__` of an existing object comes back as a copy."""
    from torch._dynamo.source import AttrSource

    def copying(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            real(self, codegen)
            if self.member == "__dict__":
                codegen.load_method("copy")
                codegen.call_method(0)

        return reconstruct

    wrap(AttrSource, "reconstruct", copying)


def _view_of_another_kind(target: Any) -> None:
    """The values of a dict come back as its keys."""
    from torch._dynamo.variables.dicts import DictValuesVariable

    DictValuesVariable.kv = "keys"


def _ordered_set_rebuilt_as_a_set(target: Any) -> None:
    """An ordered set is rebuilt as a plain set."""
    from torch._dynamo.variables import OrderedSetVariable, SetVariable

    OrderedSetVariable.reconstruct = SetVariable.reconstruct  # type: ignore[method-assign]


def _zip_without_its_last(target: Any) -> None:
    """A zip over several iterators comes back over all but the last."""
    from torch._dynamo import variables

    def shortening(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            items = self.iterable.items
            self.iterable = variables.TupleVariable(items[:-1] if len(items) > 1 else items)
            real(self, codegen)

        return reconstruct

    wrap(variables.ZipVariable, "reconstruct", shortening)


def _list_of_a_users_class_emptied(target: Any) -> None:
    """An instance of a user's class that is made from a list is emptied, and not filled again."""
    from torch._dynamo import side_effects

    def emptied(list_from: Any, list_to: Any) -> None:
        list.clear(list_to)

    side_effects._manual_list_update = emptied


def _refusing(wanted: Any) -> Any:
    """Refuses, as what cannot be rebuilt, the cases in which a tracker of a new object is one of those."""
    from torch._dynamo.exc import unimplemented
    from torch._dynamo.side_effects import SideEffects
    from torch._dynamo.variables import UserDefinedObjectVariable
    from torch._dynamo.variables.base import AttributeMutationNew

    def refusing(real: Any) -> Any:
        def save(self: Any, cg: Any) -> None:
            for var in self._get_modified_vars():
                new = isinstance(var.mutation_type, AttributeMutationNew)
                if new and isinstance(var, UserDefinedObjectVariable) and wanted(self, var):
                    unimplemented(gb_type="Reconstruction failure", context="", explanation="", hints=[])
            real(self, cg)

        return save

    wrap(SideEffects, "codegen_save_tempvars", refusing)


def _object_made_with_arguments_refused(target: Any) -> None:
    """A new object whose class was called with something is not rebuilt."""
    _refusing(lambda effects, var: bool(var.init_args))


def _attribute_of_a_new_frozen_object_refused(target: Any) -> None:
    """A new frozen dataclass with an attribute is not rebuilt."""
    from torch._dynamo.variables.user_defined import FrozenDataClassVariable

    _refusing(
        lambda effects, var: isinstance(var, FrozenDataClassVariable) and var in effects.store_attr_mutations
    )


def _create() -> Any:
    from torch._dynamo.bytecode_transformation import create_instruction

    return create_instruction


def _grad_mode_inverted(target: Any) -> None:
    """A manager of the gradient mode sets the other mode."""
    from torch._dynamo.variables.ctx_manager import GradModeVariable

    def inverting(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            self.target_values = [not value for value in self.target_values]
            real(self, codegen)

        return reconstruct

    wrap(GradModeVariable, "reconstruct", inverting)


def _class_of_a_manager_not_called(target: Any) -> None:
    """In the place of an `autocast` there is its class."""
    from torch._dynamo.variables.ctx_manager import AutocastModeVariable

    wrap(
        AutocastModeVariable, "reconstruct", lambda real: lambda self, codegen: self.reconstruct_type(codegen)
    )


def _backends_in_the_wrong_order(target: Any) -> None:
    """The backends of `sdpa_kernel` come back the last one first."""
    from torch._dynamo.variables.ctx_manager import SDPAKernelVariable

    def reversing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            before = self.target_values
            self.target_values = before[::-1]
            real(self, codegen)
            self.target_values = before

        return reconstruct

    wrap(SDPAKernelVariable, "reconstruct", reversing)


def _null_context_raises(target: Any) -> None:
    """A `nullcontext` of nothing cannot be rebuilt."""
    from torch._dynamo.variables.ctx_manager import NullContextVariable

    def raising(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if self.target_values is None:
                raise TypeError("'NoneType' object is not iterable")
            real(self, codegen)

        return reconstruct

    wrap(NullContextVariable, "reconstruct", raising)


def _hooks_are_copied(target: Any) -> None:
    """The dict of hooks of a module that has some is copied."""
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.dicts import NNModuleHooksDictVariable

    def copying(real: Any) -> Any:
        def call(self: Any, value: Any, *arguments: Any, **named: Any) -> None:
            real(self, value, *arguments, **named)
            if type(value) is NNModuleHooksDictVariable:
                self.load_method("copy")
                self.call_method(0)

        return call

    wrap(PyCodegen, "__call__", copying)


def _new_event_not_rebuilt(target: Any) -> None:
    """A new event cannot be rebuilt, with the same error as an existing one."""
    from torch._dynamo.variables.streams import EventVariable

    def refusing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if self.source is None:
                raise AssertionError("Event should have a source during reconstruct")
            real(self, codegen)

        return reconstruct

    wrap(EventVariable, "reconstruct", refusing)


def _view_that_nothing_leads_back_to_refused(target: Any) -> None:
    """A view of a new dict is refused as if the dict led back to it."""
    from torch._dynamo.exc import unimplemented
    from torch._dynamo.variables.dicts import DictViewVariable

    refused = "Reconstruction failure (self-referential)"

    def refusing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if self.dv_dict.source is None:
                unimplemented(gb_type=refused, context="", explanation="", hints=[])
            real(self, codegen)

        return reconstruct

    wrap(DictViewVariable, "reconstruct", refusing)


NEIGHBOURS = {
    "mutated-object-holds-itself": _items_of_a_changed_list_copied,
    "rebuilt-copy-stored-for-the-original": _value_of_a_changed_dict_copied,
    "attribute-deleted-and-set-again": _attributes_in_the_wrong_order,
    "list-iterator-rebuilt-over-a-tuple": _tuple_iterator_over_a_list,
    "slice-of-anything-is-a-constant": _start_and_stop_of_a_slice_swapped,
    "empty-cell-comes-back-full": _full_cell_comes_back_empty,
    "named-tuple-not-rebuilt-in-export": _new_named_tuple_not_rebuilt,
    "frozenset-of-an-inlined-function": _global_not_interned,
    "partial-of-a-function-with-an-empty-cell": _full_cell_not_read,
    "move-to-end-is-not-replayed": _ordered_dict_in_the_wrong_order,
    "array-returned-twice-is-two": _array_is_a_copy,
    "existing-subclass-given-back-twice-in-export-is-two": _new_subclass_not_kept,
    "two-methods-of-one-object-are-one": _methods_equal_without_name,
    "weak-reference-comes-back-as-its-referent": _weak_reference_not_called,
    "iterator-item-loaded-after-the-iterator-moved": _iterator_item_counted_from_the_end,
    "drained-iterator-does-not-move": _iterator_moves_once_only,
    "reversed-range-loses-its-last-number": _range_iterator_one_short,
    "ordered-set-comes-back-in-another-order": _ordered_set_loses_an_element,
    "change-of-an-ordered-set-is-forgotten": _change_of_a_set_forgotten,
    "dict-of-a-new-function-is-rebuilt": _attributes_of_an_object_copied,
    "view-of-a-new-ordered-dict-shows-a-copy": _view_of_another_kind,
    "dict-keys-rebuilt-as-a-set-in-export": _ordered_set_rebuilt_as_a_set,
    "iterator-without-a-tracker-is-one-over-a-tuple": _zip_without_its_last,
    "grad-mode-manager-sets-the-mode": _grad_mode_inverted,
    "annotate-comes-back-as-the-function": _class_of_a_manager_not_called,
    "priority-of-sdpa-kernel-is-lost": _backends_in_the_wrong_order,
    "nullcontext-of-a-value-is-not-rebuilt": _null_context_raises,
    "hooks-of-a-module-without-any-are-a-new-dict": _hooks_are_copied,
    "object-of-the-graph-not-rebuilt-in-export": _new_event_not_rebuilt,
    "set-of-a-users-class-keeps-nothing": _list_of_a_users_class_emptied,
    "object-made-before-what-it-is-made-of": _object_made_with_arguments_refused,
    "attribute-deleted-from-a-new-frozen-dataclass": _attribute_of_a_new_frozen_object_refused,
    "view-of-a-dict-that-leads-back-to-it": _view_that_nothing_leads_back_to_refused,
    **neighbours_names.NEIGHBOURS,
}
"""Name of a known cause -> the fault beside it."""

FAULTS = tuple(Fault(f"beside {name}", "torch", apply, ()) for name, apply in NEIGHBOURS.items())
