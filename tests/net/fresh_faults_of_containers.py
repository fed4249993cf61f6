"""Planted faults in the newer kinds of values, chosen without a look at how faults are found.

Sets, slices, ranges, named tuples, ordered dicts, deques, functions, partials, iterators, cycles, wide
containers and the replay of changes.
"""

from __future__ import annotations

import collections
import inspect
from collections.abc import Callable
from typing import Any

from tests.net.planting import Fault, wrap


def _edit(owner: type, name: str, old: str, new: str) -> None:
    """Put a method with one passage of its source changed in the place of the method: else it is the same."""
    method = getattr(owner, name)
    text = inspect.getsource(method)
    if text.count(old) != 1:
        raise ValueError(f"{name} has {text.count(old)} passages {old!r}")
    above = "\n" * (method.__code__.co_firstlineno - 2) + f"class {owner.__name__}:\n"
    scope: dict[str, Any] = {}
    exec(compile(above + text.replace(old, new), inspect.getfile(method), "exec"), method.__globals__, scope)
    setattr(owner, name, getattr(scope[owner.__name__], name))


def _held(attribute: str, change: Callable[[Any], Any]) -> Callable[[Any], Callable[..., Any]]:
    """For `wrap`: the method sees `change(self)` in the attribute while it runs."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, *args: Any) -> Any:
            before = getattr(self, attribute)
            setattr(self, attribute, change(self))
            try:
                return original(self, *args)
            finally:
                setattr(self, attribute, before)

        return method

    return make


# --- own: rebuilding ------------------------------------------------------------------------------------


def _own_constant_set_frozen(target: Any) -> None:
    """A set of constants is loaded as the constant frozenset that a `BUILD_SET` was to be filled from."""
    from harness.codegen.containers import SetVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            if not self.items or not all(item.is_python_constant() for item in self.items):
                original(self, codegen)
                return
            elements = frozenset(item.as_python_constant() for item in self.items)
            codegen.append_output(codegen.create_load_const(elements))

        return reconstruct

    wrap(SetVariable, "reconstruct", make)


def _own_cyclic_ordered_dict_plain(target: Any) -> None:
    """The question for a cycle stands before the question for the class: made empty, it is a dict."""
    from harness.codegen.variables import ConstDictVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            user_cls = self.user_cls
            if self.rebuilds_itself(codegen):
                self.user_cls = dict
            try:
                original(self, codegen)
            finally:
                self.user_cls = user_cls

        return reconstruct

    wrap(ConstDictVariable, "reconstruct", make)


def _own_deque_of_length_zero(target: Any) -> None:
    """`maxlen or None`: a deque of at most no items gets no limit."""
    from harness.codegen.containers import DequeVariable

    wrap(DequeVariable, "reconstruct", _held("maxlen", lambda self: self.maxlen or None))


def _own_cyclic_deque_from_the_left(target: Any) -> None:
    """A deque in a cycle is filled by `extendleft`: its items are in reverse."""
    from harness.codegen import containers

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def fill(codegen: Any, method: str, push_contents: Any) -> None:
            original(codegen, "extendleft" if method == "extend" else method, push_contents)

        return fill

    wrap(containers, "fill", make)


def _own_partial_made_twice(target: Any) -> None:
    """A partial does not ask whether its arguments have made it: in a cycle there are two of it."""
    from harness.codegen.functions import FunctoolsPartialVariable

    FunctoolsPartialVariable.is_made_by = lambda self, codegen, parts: False  # type: ignore[method-assign]


def _own_exhausted_iterator_restarts(target: Any) -> None:
    """`items[index:] or items`: an iterator with nothing left gives all its items again."""
    from harness.codegen.iterators import ListIteratorVariable

    at = _held("index", lambda self: self.index if self.items[self.index :] else 0)
    wrap(ListIteratorVariable, "reconstruct", at)


def _own_range_without_unit_step(target: Any) -> None:
    """A step of one is left out of a range, and a step of minus one too."""
    from harness.codegen.containers import RangeVariable

    def bounds(self: Any) -> Any:
        unit = abs(self.items[2].as_python_constant()) == 1
        return self.items[:2] if unit else self.items

    wrap(RangeVariable, "reconstruct", _held("items", bounds))


def _own_slice_zero_is_none(target: Any) -> None:
    """A zero in a constant slice is taken for nothing given."""
    from harness.codegen.containers import SliceVariable

    def constant_of(self: Any, items: list[Any]) -> slice:
        return slice(*(item or None for item in items))

    SliceVariable.constant_of = constant_of  # type: ignore[method-assign]


def _own_constant_named_tuple_plain(target: Any) -> None:
    """A named tuple of constants is a constant, as a tuple is: a plain one."""
    from harness.codegen.containers import NamedTupleVariable
    from harness.codegen.variables import ImmutableVariable

    def as_python_constant(self: Any) -> Any:
        return tuple(item.as_python_constant() for item in self.items)

    NamedTupleVariable.is_python_constant = ImmutableVariable.is_python_constant  # type: ignore[assignment]
    NamedTupleVariable.as_python_constant = as_python_constant  # type: ignore[method-assign]


def _own_keyword_default_forgotten(target: Any) -> None:
    """Keyword defaults are missing in a function's children: a cycle through one is not seen."""
    from harness.codegen.functions import NestedUserFunctionVariable

    wrap(NestedUserFunctionVariable, "children", _held("kwdefaults", lambda self: None))


def _own_long_cycle_not_seen(target: Any) -> None:
    """The search for a cycle goes four values deep: a longer one is not seen."""
    from harness.codegen.variables import CompositeVariable

    def is_met_from(self: Any, codegen: Any, start: Any) -> bool:
        level = set(start)
        for _ in range(4):
            if self in level:
                return True
            level = {
                child
                for value in level
                if isinstance(value, CompositeVariable) and not value.generates_source(codegen)
                for child in value.children()
            }
        return False

    CompositeVariable.is_met_from = is_met_from  # type: ignore[method-assign]


# --- own: the codegen, sources, assembling --------------------------------------------------------------


def _own_null_above_temporary(target: Any) -> None:
    """Where no bit pushes the NULL of a call, it goes above the callable, as in 3.13."""
    from harness.codegen.instructions import Builders

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def null_index(self: Any, pushed: list[Any], **options: Any) -> int | None:
            return None if original(self, pushed, **options) is None else len(pushed)

        return null_index

    wrap(Builders, "null_index", make)


def _own_override_of_base_for_all(target: Any) -> None:
    """An override of a base is taken for the chained source itself: the way from the base is lost."""
    from harness.codegen.pycodegen import PyCodegen

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def generate_source(self: Any, asked: Any, allow_cache: bool) -> None:
            base = getattr(asked, "base", None)
            lost = asked not in self.overridden_sources and base in self.overridden_sources
            original(self, base if lost else asked, allow_cache)

        return generate_source

    wrap(PyCodegen, "_generate_source", make)


def _own_attribute_source_without_base(target: Any) -> None:
    """The base was left out of the key of attribute sources: `a.x` and `b.x` are one source."""
    from harness.codegen.sources import AttrSource

    AttrSource._make_key = lambda self: self.member  # type: ignore[method-assign]


def _own_copy_kept_for_original(target: Any) -> None:
    """What is rebuilt to be written back is kept in the temporary of the original."""
    from harness.codegen.pycodegen import PyCodegen

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def generate_rebuilt(self: Any, value: Any, allow_cache: bool) -> None:
            original(self, value, allow_cache)
            if not allow_cache and value in self.tempvars:
                self._keep(value)

        return generate_rebuilt

    wrap(PyCodegen, "_generate_rebuilt", make)


def _own_several_instructions_keep_top(target: Any) -> None:
    """Appending several instructions does not say that another value is on top of the stack now."""
    from harness.codegen.emitter import Emitter

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def extend_output(self: Any, insts: Any) -> None:
            before = self.top_of_stack
            original(self, insts)
            self.top_of_stack = before

        return extend_output

    wrap(Emitter, "extend_output", make)


def _own_count_in_one_byte(target: Any) -> None:
    """A number as an argument is cut to one byte: no `EXTENDED_ARG` before it."""
    from harness.codegen import assembler

    number = assembler._Operands.number

    def low_byte(self: Any, inst: Any) -> int:
        return number(self, inst) & 0xFF

    for opname, handler in assembler._HANDLERS.items():
        if handler is number:
            assembler._HANDLERS[opname] = low_byte


def _own_null_not_counted(target: Any) -> None:
    """The stack size does not count the NULL that `LOAD_GLOBAL` pushes beside a global."""
    from harness.codegen import assembler

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def encode(opname: str, arg: int | None) -> Any:
            piece = original(opname, arg)
            return piece._replace(effect=1) if opname == "LOAD_GLOBAL" else piece

        return encode

    wrap(assembler, "encode", make)


# --- own: changes ---------------------------------------------------------------------------------------


def _own_ordered_dict_not_cleared(target: Any) -> None:
    """An ordered dict is updated without being cleared: keys stay where they were, and those gone too."""
    from harness.codegen import side_effects
    from harness.codegen.variables import ConstDictVariable

    cleared = side_effects._PUSH_CONTENTS[ConstDictVariable]

    def push(cg: Any, var: Any) -> list[Any]:
        if var.user_cls is not collections.OrderedDict:
            return cleared(cg, var)
        builders = cg.host.builders
        cg(var.source)
        cg.load_method("update")
        cg(var, allow_cache=False)
        return [*builders.create_call_method(1), builders.create_instruction("POP_TOP")]

    contents = {**side_effects._PUSH_CONTENTS, ConstDictVariable: push}
    side_effects._PUSH_CONTENTS = contents  # type: ignore[misc]


def _own_cell_of_none_empty(target: Any) -> None:
    """A cell that holds None is taken for one that holds nothing, and stays empty."""
    from harness.codegen.functions import CellVariable
    from harness.codegen.side_effects import SideEffects
    from harness.codegen.variables import ConstantVariable

    def fills_with_none(change: Any) -> bool:
        value = getattr(change, "value", None)
        none = isinstance(value, ConstantVariable) and value.value is None
        return none and isinstance(change.var, CellVariable)

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def plan(self: Any) -> list[Any]:
            return [change for change in original(self) if not fills_with_none(change)]

        return plan

    wrap(SideEffects, "_plan", make)


def _own_cells_by_contents(target: Any) -> None:
    """Cells are made one for each value that they hold: two that begin with the same are one."""
    from harness.codegen.functions import push_new_cell
    from harness.codegen.side_effects import SideEffects

    def codegen_save_tempvars(self: Any, cg: Any) -> None:
        made: dict[Any, str | None] = {}
        for cell in self._cells:
            if cell.contents not in made:
                push_new_cell(cg)
                cg.add_cache(cell)
                made[cell.contents] = cg.tempvars[cell]
            cg.tempvars[cell] = made[cell.contents]

    SideEffects.codegen_save_tempvars = codegen_save_tempvars  # type: ignore[method-assign]


def _replan(choose: Callable[[Any, list[Any]], Any]) -> None:
    """Let `choose(changes, planned)` have the last word on which changes of one place are made."""
    from harness.codegen import side_effects

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda changes: choose(changes, list(original(changes)))

    wrap(side_effects, "_needed", make)


def _own_attribute_where_last_set(target: Any) -> None:
    """Of several settings of an attribute the last one is made in its own place, not in the first's."""
    _replan(lambda changes, planned: planned if len(planned) > 1 else changes[-1:])


def _own_deletion_before_setting_dropped(target: Any) -> None:
    """An attribute that is set again is not deleted first: it keeps its old place."""

    def is_deletion(change: Any) -> bool:
        return getattr(change, "value", None) is None

    _replan(lambda changes, planned: planned if is_deletion(changes[-1][1]) else planned[-1:])


def _own_changes_one_by_one(target: Any) -> None:
    """Each change is written as soon as it is evaluated: the next one loads from what is changed."""
    from harness.codegen.side_effects import SideEffects

    def codegen_update_mutated(self: Any, cg: Any) -> None:
        for change in self._plan():
            cg.extend_output(change.push(cg))

    SideEffects.codegen_update_mutated = codegen_update_mutated  # type: ignore[method-assign]


# --- torch: rebuilding ----------------------------------------------------------------------------------


def _torch_deque_limit_is_length(target: Any) -> None:
    """A deque with a limit is limited to the items that it has now."""
    from torch._dynamo.variables.constant import ConstantVariable
    from torch._dynamo.variables.lists import DequeVariable

    def limit(self: Any) -> Any:
        return self.maxlen if self.maxlen.is_constant_none() else ConstantVariable.create(len(self.items))

    wrap(DequeVariable, "reconstruct", _held("maxlen", limit))


def _torch_function_globals_copied(target: Any) -> None:
    """A function made in the frame gets a copy of the frame's globals."""
    from torch._dynamo.variables.functions import NestedUserFunctionVariable

    wrap(NestedUserFunctionVariable, "reconstruct", _held("f_globals", lambda self: dict(self.f_globals)))


def _torch_keyword_defaults_need_others(target: Any) -> None:
    """Keyword defaults are pushed only for a function that has positional ones too."""
    from torch._dynamo.variables.functions import NestedUserFunctionVariable

    kept = _held("kwdefaults", lambda self: self.kwdefaults if self.defaults else None)
    wrap(NestedUserFunctionVariable, "reconstruct", kept)


def _torch_partial_keywords_first(target: Any) -> None:
    """A partial's keyword values are pushed before its positional arguments."""
    from torch._dynamo.variables.functions import FunctoolsPartialVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            args, keywords = self.args, self.keywords
            pushed = [*keywords.values(), *args]
            self.args = pushed[: len(args)]
            self.keywords = dict(zip(keywords, pushed[len(args) :], strict=True))
            try:
                original(self, codegen)
            finally:
                self.args, self.keywords = args, keywords

        return reconstruct

    wrap(FunctoolsPartialVariable, "reconstruct", make)


def _torch_iterator_one_back(target: Any) -> None:
    """The position of a new iterator is one short: the item taken last comes again."""
    from torch._dynamo.variables.lists import ListIteratorVariable

    wrap(ListIteratorVariable, "reconstruct", _held("index", lambda self: max(self.index - 1, 0)))


def _torch_slice_without_step(target: Any) -> None:
    """The value of a slice is made of its start and stop."""
    from torch._dynamo.variables.lists import SliceVariable

    wrap(SliceVariable, "as_python_constant", _held("items", lambda self: self.items[:2]))


def _torch_frozenset_without_null(target: Any) -> None:
    """`frozenset` is loaded without the NULL that its call takes."""
    from torch._dynamo.variables.sets import FrozensetVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            def only_once(push: Callable[[], None]) -> None:
                del codegen.add_push_null
                push()

            codegen.add_push_null = only_once
            original(self, codegen)

        return reconstruct

    wrap(FrozensetVariable, "reconstruct", make)


def _torch_named_tuple_constructor_cached(target: Any) -> None:
    """The function that makes a named tuple is looked up once, for whichever class comes first."""
    from torch._dynamo.variables.user_defined import NamedTupleVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        found: list[Any] = []

        def get_construct_fn(self: Any) -> Any:
            found.append(original(self))
            return found[0]

        return get_construct_fn

    wrap(NamedTupleVariable, "get_construct_fn", make)


def _torch_only_direct_cycles(target: Any) -> None:
    """A list is taken for part of a cycle only if it is one of its own items."""
    from torch._dynamo.variables.lists import ListVariable

    ListVariable._contains_self_reference = lambda self: any(item is self for item in self.items)


# --- torch: assembling and changes ----------------------------------------------------------------------


def _torch_extended_above_256(target: Any) -> None:
    """An argument of exactly 256 gets no `EXTENDED_ARG`: what is left of it is 0."""
    from torch._dynamo import bytecode_transformation

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def fix_extended_args(instructions: list[Any]) -> int:
            exact = [instruction for instruction in instructions if instruction.arg == 0x100]
            for instruction in exact:
                instruction.arg = 0
            added: int = original(instructions)
            for instruction in exact:
                instruction.arg = 0x100
            return added

        return fix_extended_args

    wrap(bytecode_transformation, "fix_extended_args", make)


def _torch_emptied_deque_skipped(target: Any) -> None:
    """A deque that was emptied has nothing to be extended by, and is not touched."""
    from torch._dynamo.side_effects import SideEffects

    text = "                # old.extend(new), this runs last\n"
    skip = "                if not var.items: continue\n"
    _edit(SideEffects, "codegen_update_mutated", text, skip)


def _torch_known_key_not_new(target: Any) -> None:
    """A dict has changed only if it has a new key: a new value under a known one is not written."""
    from torch._dynamo.variables.dicts import ConstDictVariable

    def has_new_items(self: Any) -> bool:
        known = self.original_items.get
        return self.should_reconstruct_all or any(known(key.vt) is None for key in self.items)

    ConstDictVariable.has_new_items = has_new_items


def _torch_ordered_dict_loses_the_rest(target: Any) -> None:
    """An ordered dict is cleared, and gets only those items back that are new."""
    from torch._dynamo.side_effects import SideEffects

    text = "var._base_vt.should_reconstruct_all = True  #"
    _edit(SideEffects, "codegen_update_mutated", text, "#")


def _torch_discard_does_not_clear(target: Any) -> None:
    """Discarding an element does not ask for the set to be cleared before it is updated."""
    from torch._dynamo.variables.sets import SetVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
            before = self.should_reconstruct_all
            result = original(self, tx, name, args, kwargs)
            if name == "discard":
                self.should_reconstruct_all = before
            return result

        return call_method

    wrap(SetVariable, "call_method", make)


def _torch_source_of_the_first_pass(target: Any) -> None:
    """A new object keeps the source that the first pass gave it, a local that the code does not store."""
    from torch._dynamo.side_effects import SideEffects

    # two more such lines are for cells and tensors
    above = "# type: ignore[attr-defined]\n\n                cg.add_cache(var)\n                var.source = "
    _edit(SideEffects, "codegen_save_tempvars", above, above + "var.source or ")


def _torch_attributes_backwards(target: Any) -> None:
    """The attributes of one object are pushed in the order in which they were set, and so set in reverse."""
    from torch._dynamo.side_effects import SideEffects

    _edit(SideEffects, "codegen_update_mutated", "for name, value in reversed(", "for name, value in list(")


FRESH_FAULTS_OF_CONTAINERS: tuple[Fault, ...] = (
    Fault("set of constants left frozen", "own", _own_constant_set_frozen, ()),
    Fault("ordered dict in a cycle is a dict", "own", _own_cyclic_ordered_dict_plain, ()),
    Fault("deque of no items gets no limit", "own", _own_deque_of_length_zero, ()),
    Fault("deque in a cycle filled from the left", "own", _own_cyclic_deque_from_the_left, ()),
    Fault("partial in a cycle made twice", "own", _own_partial_made_twice, ()),
    Fault("exhausted iterator begins again", "own", _own_exhausted_iterator_restarts, ()),
    Fault("range loses a step of minus one", "own", _own_range_without_unit_step, ()),
    Fault("zero in a constant slice is None", "own", _own_slice_zero_is_none, ()),
    Fault("named tuple of constants is a tuple", "own", _own_constant_named_tuple_plain, ()),
    Fault("cycle through a keyword default not seen", "own", _own_keyword_default_forgotten, ()),
    Fault("long cycle not seen", "own", _own_long_cycle_not_seen, ()),
    Fault("NULL above a callable in a temporary", "own", _own_null_above_temporary, ()),
    Fault("override of a base taken for the whole", "own", _own_override_of_base_for_all, ()),
    Fault("attribute sources equal without base", "own", _own_attribute_source_without_base, ()),
    Fault("rebuilt copy kept for the original", "own", _own_copy_kept_for_original, ()),
    Fault("several instructions leave the old top", "own", _own_several_instructions_keep_top, ()),
    Fault("count of a wide container in one byte", "own", _own_count_in_one_byte, ()),
    Fault("NULL not counted in the stack size", "own", _own_null_not_counted, ()),
    Fault("ordered dict not cleared", "own", _own_ordered_dict_not_cleared, ()),
    Fault("cell that holds None left empty", "own", _own_cell_of_none_empty, ()),
    Fault("cells with one value are one cell", "own", _own_cells_by_contents, ()),
    Fault("attribute set where it was set last", "own", _own_attribute_where_last_set, ()),
    Fault("deletion before a new setting dropped", "own", _own_deletion_before_setting_dropped, ()),
    Fault("changes written one by one", "own", _own_changes_one_by_one, ()),
    Fault("deque limited to its length", "torch", _torch_deque_limit_is_length, ()),
    Fault("function with a copy of the globals", "torch", _torch_function_globals_copied, ()),
    Fault("keyword defaults only with others", "torch", _torch_keyword_defaults_need_others, ()),
    Fault("partial's keyword values pushed first", "torch", _torch_partial_keywords_first, ()),
    Fault("iterator one item back", "torch", _torch_iterator_one_back, ()),
    Fault("slice loses its step", "torch", _torch_slice_without_step, ()),
    Fault("frozenset called without its NULL", "torch", _torch_frozenset_without_null, ()),
    Fault("first named tuple's constructor for all", "torch", _torch_named_tuple_constructor_cached, ()),
    Fault("only direct cycles of lists seen", "torch", _torch_only_direct_cycles, ()),
    Fault("argument of 256 not extended", "torch", _torch_extended_above_256, ()),
    Fault("emptied deque not touched", "torch", _torch_emptied_deque_skipped, ()),
    Fault("new value under a known key not written", "torch", _torch_known_key_not_new, ()),
    Fault("ordered dict loses what is not new", "torch", _torch_ordered_dict_loses_the_rest, ()),
    Fault("set not cleared after a discard", "torch", _torch_discard_does_not_clear, ()),
    Fault("new object with the first pass's source", "torch", _torch_source_of_the_first_pass, ()),
    Fault("attributes replayed backwards", "torch", _torch_attributes_backwards, ()),
)
