"""A second set of planted faults, chosen without a look at how faults are found."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tests.net.planting import Fault, wrap

# --- torch ----------------------------------------------------------------------------------------------


def _torch_temporary_used_up(target: Any) -> None:
    """A temporary is given up after its first reload, so the third use of a new container is rebuilt."""
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.base import VariableTracker

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, value: Any, allow_cache: bool = True) -> None:
            reloaded = (
                isinstance(value, VariableTracker)
                and allow_cache
                and self.top_of_stack is not value
                and self.tempvars.get(value) is not None
            )
            original(self, value, allow_cache)
            if reloaded:
                self.tempvars[value] = None

        return call

    wrap(PyCodegen, "__call__", make)


def _torch_existing_rebuilt(target: Any) -> None:
    """`and` for `or`: an existing list or dict is rebuilt where values need not come from their source."""
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.base import ValueMutationExisting, VariableTracker

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, value: Any, allow_cache: bool = True) -> None:
            if (
                self.value_from_source
                or not isinstance(value, VariableTracker)
                or not isinstance(value.mutation_type, ValueMutationExisting)
            ):
                original(self, value, allow_cache)
                return
            mutation, value.mutation_type = value.mutation_type, None
            try:
                original(self, value, allow_cache)
            finally:
                value.mutation_type = mutation

        return call

    wrap(PyCodegen, "__call__", make)


def _torch_outputs_by_shape(target: Any) -> None:
    """Graph outputs are keyed by dtype and shape, so two tensors that look alike are one output."""
    from torch._dynamo.codegen import GraphOutputEntry, PyCodegen

    def add_graph_output(self: Any, value: Any) -> int:
        example = value.as_proxy().node.meta["example_value"]
        key = hash((example.dtype, tuple(example.shape)))
        if key not in self.graph_outputs:
            self.graph_outputs[key] = GraphOutputEntry(len(self.graph_outputs), value)
        return key

    PyCodegen.add_graph_output = add_graph_output


def _torch_shared_duplicate(target: Any) -> None:
    """The instruction that duplicates the top is made once and then stands in the output several times."""
    from torch._dynamo import codegen

    wrap(codegen, "create_dup_top", functools.cache)


def _torch_item_source_without_index(target: Any) -> None:
    """The index was left out of the comparison of item sources: all items of one list are one source."""
    from torch._dynamo.source import GetItemSource

    def equal(self: Any, other: Any) -> bool:
        return type(other) is type(self) and bool(self.base == other.base)

    def hashed(self: Any) -> int:
        return hash((type(self), self.base))

    GetItemSource.__eq__ = equal
    GetItemSource.__hash__ = hashed


def _torch_key_below_cached_dict(target: Any) -> None:
    """The key is loaded before the dict where the dict is in a temporary: the operands are swapped."""
    from torch._dynamo.bytecode_transformation import create_binary_subscr
    from torch._dynamo.source import DictGetItemSource

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            if codegen.tempvars.get(self.base) is None:
                original(self, codegen)
                return
            codegen.append_output(codegen.create_load_const(self.index))
            codegen(self.base)
            codegen.append_output(create_binary_subscr())

        return reconstruct

    wrap(DictGetItemSource, "reconstruct", make)


def _torch_reload_keeps_old_top(target: Any) -> None:
    """Loading a tracker from its temporary does not say that another value is on top of the stack now."""
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.base import VariableTracker

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, value: Any, allow_cache: bool = True) -> None:
            before = self.top_of_stack
            reloaded = (
                isinstance(value, VariableTracker) and allow_cache and self.tempvars.get(value) is not None
            )
            original(self, value, allow_cache)
            if reloaded:
                self.top_of_stack = before

        return call

    wrap(PyCodegen, "__call__", make)


def _torch_stack_size_by_opcodes(target: Any) -> None:
    """The stack size is remembered by the opcodes alone, although it depends on their order and arguments."""
    from torch._dynamo import bytecode_transformation

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        known: dict[tuple[int, ...], Any] = {}

        def stacksize_analysis(instructions: list[Any]) -> Any:
            key = tuple(sorted(instruction.opcode for instruction in instructions))
            if key not in known:
                known[key] = original(instructions)
            return known[key]

        return stacksize_analysis

    wrap(bytecode_transformation, "stacksize_analysis", make)


def _torch_attribute_name_shifted(target: Any) -> None:
    """`LOAD_ATTR` gets the method bit below its name, which it has from 3.12 on only."""
    from torch._dynamo import bytecode_transformation

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def fix_vars(instructions: list[Any], *args: Any, **kwargs: Any) -> None:
            original(instructions, *args, **kwargs)
            for instruction in instructions:
                if instruction.opname == "LOAD_ATTR":
                    instruction.arg <<= 1

        return fix_vars

    wrap(bytecode_transformation, "fix_vars", make)


def _torch_long_list_cut(target: Any) -> None:
    """A list of more than four items is built in pieces, and a last piece of one item is forgotten."""
    from torch._dynamo.bytecode_transformation import create_instruction
    from torch._dynamo.variables.lists import ListVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            if len(self.items) <= 4:
                original(self, codegen)
                return
            codegen.append_output(create_instruction("BUILD_LIST", arg=0))
            for start in range(0, len(self.items) - 1, 4):
                piece = self.items[start : start + 4]
                codegen.foreach(piece)
                codegen.append_output(create_instruction("BUILD_LIST", arg=len(piece)))
                codegen.append_output(create_instruction("LIST_EXTEND", arg=1))

        return reconstruct

    wrap(ListVariable, "reconstruct", make)


def _torch_constant_tuples_interned(target: Any) -> None:
    """Constant tuples are interned by equality, so `(True,)` may become the `(1,)` of an earlier case."""
    from torch._dynamo.utils import is_safe_constant
    from torch._dynamo.variables.lists import TupleVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        interned: dict[Any, Any] = {}

        def as_python_constant(self: Any) -> Any:
            made = original(self)
            hashable = is_safe_constant(made) and not any(isinstance(item, slice) for item in made)
            return interned.setdefault(made, made) if hashable else made

        return as_python_constant

    wrap(TupleVariable, "as_python_constant", make)


def _torch_list_of_constants_whole(target: Any) -> None:
    """A list of constants is extended from one constant tuple, and lists of constants count as constants."""
    from torch._dynamo.bytecode_transformation import create_instruction
    from torch._dynamo.variables.lists import ListVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            if len(self.items) < 2 or not all(item.is_python_constant() for item in self.items):
                original(self, codegen)
                return
            whole = tuple(item.as_python_constant() for item in self.items)
            codegen.append_output(create_instruction("BUILD_LIST", arg=0))
            codegen.append_output(codegen.create_load_const_unchecked(whole))
            codegen.append_output(create_instruction("LIST_EXTEND", arg=1))

        return reconstruct

    wrap(ListVariable, "reconstruct", make)


# --- own ------------------------------------------------------------------------------------------------


def _own_constants_by_repr(target: Any) -> None:
    """Constants of one type that print alike are merged: a NaN takes the bits of another one."""
    from harness.codegen import assembler
    from harness.codegen.instructions import NO_ARGVAL

    def constant(self: Any, inst: Any) -> int:
        if inst.argval is NO_ARGVAL:
            return int(self.number(inst))
        for index, known in enumerate(self.constants):
            if type(known) is type(inst.argval) and repr(known) == repr(inst.argval):
                return index
        self.constants.append(inst.argval)
        return len(self.constants) - 1

    assembler._HANDLERS["LOAD_CONST"] = constant


def _own_temporaries_restart(target: Any) -> None:
    """The numbers of temporaries start again at each root, over those that a later root still loads."""
    from harness.codegen.output import Output
    from harness.codegen.pycodegen import PyCodegen

    def new_var(self: Any, name: str = "tmp") -> str:
        var = f"{name}_{self._unique}"
        self._unique += 1
        if var not in self.code_options["co_varnames"]:
            self.code_options["co_varnames"] += (var,)
        return var

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def restore_stack(self: Any, stack_values: Any, *, value_from_source: bool = True) -> None:
            for value in stack_values:
                self.tx.output._unique = 0
                original(self, [value], value_from_source=value_from_source)

        return restore_stack

    Output.new_var = new_var  # type: ignore[method-assign]
    wrap(PyCodegen, "restore_stack", make)


def _own_output_keeps_old_top(target: Any) -> None:
    """Loading a graph output does not say that another value is on top of the stack now."""
    from harness.codegen.pycodegen import PyCodegen
    from harness.codegen.variables import TensorVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def generate_tracker(self: Any, value: Any, allow_cache: bool) -> None:
            before = self.top_of_stack
            original(self, value, allow_cache)
            if isinstance(value, TensorVariable) and self.top_of_stack is value:
                self.top_of_stack = before

        return generate_tracker

    wrap(PyCodegen, "_generate_tracker", make)


def _own_complex_not_safe(target: Any) -> None:
    """Complex numbers were forgotten in the list of safe constants."""
    from harness.codegen import host

    host._SAFE_TYPES = host._SAFE_TYPES - {complex}  # type: ignore[misc]


def _own_global_name_not_shifted(target: Any) -> None:
    """The index of a global's name is not shifted past the bit that asks for a NULL."""
    from harness.codegen import assembler

    def flagged_name(self: Any, inst: Any) -> int:
        return int(self.name(inst)) | (inst.arg or 0)

    assembler._HANDLERS["LOAD_GLOBAL"] = flagged_name


def _own_list_counts_distinct(target: Any) -> None:
    """A list is built of as many values as it has different items: a repeated one is left on the stack."""
    from harness.codegen.variables import ListVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            original(self, codegen)
            built = codegen.get_instructions()[-1]
            if built.opname == "BUILD_LIST":
                built.arg = len(dict.fromkeys(self.items))

        return reconstruct

    wrap(ListVariable, "reconstruct", make)


def _own_lists_compared_by_items(target: Any) -> None:
    """List trackers got an equality by their items, so two lists with the same items share a temporary."""
    from harness.codegen.variables import ListVariable

    def equal(self: Any, other: object) -> bool:
        return isinstance(other, ListVariable) and self.items == other.items

    def hashed(self: Any) -> int:
        return hash(tuple(self.items))

    ListVariable.__eq__ = equal  # type: ignore[method-assign]
    ListVariable.__hash__ = hashed  # type: ignore[method-assign]


def _own_first_codegen_only_counts(target: Any) -> None:
    """The first codegen of a frame is taken for the counting pass and keeps nothing, even if the only."""
    from harness.codegen.pycodegen import PyCodegen

    frames: list[Any] = [None]

    def make_init(original: Callable[..., Any]) -> Callable[..., Any]:
        def init(self: Any, tx: Any, *args: Any, **kwargs: Any) -> None:
            original(self, tx, *args, **kwargs)
            self.counting = frames[0] is not tx
            frames[0] = tx

        return init

    def make_keep(original: Callable[..., Any]) -> Callable[..., Any]:
        def keep(self: Any, value: Any) -> None:
            if not self.counting:
                original(self, value)

        return keep

    wrap(PyCodegen, "__init__", make_init)
    wrap(PyCodegen, "_keep", make_keep)


def _own_outputs_reordered(target: Any) -> None:
    """A graph output that is asked for again moves to the end of the outputs, but keeps its index."""
    from harness.codegen.pycodegen import PyCodegen

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def add_graph_output(self: Any, value: Any) -> int:
            key: int = original(self, value)
            self.graph_outputs[key] = self.graph_outputs.pop(key)
            return key

        return add_graph_output

    wrap(PyCodegen, "add_graph_output", make)


def _own_empty_list_pushes_nothing(target: Any) -> None:
    """The stack size does not count the value that an empty list adds."""
    from harness.codegen import assembler

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def encode(opname: str, arg: int | None) -> Any:
            piece = original(opname, arg)
            return piece._replace(effect=0) if opname == "BUILD_LIST" and arg == 0 else piece

        return encode

    wrap(assembler, "encode", make)


def _own_empty_dict_constant(target: Any) -> None:
    """An empty dict is loaded as a constant, so all runs of the code get the same one."""
    from harness.codegen.variables import ConstDictVariable

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def reconstruct(self: Any, codegen: Any) -> None:
            if self.items:
                original(self, codegen)
            else:
                codegen.append_output(codegen.create_load_const_unchecked({}))

        return reconstruct

    wrap(ConstDictVariable, "reconstruct", make)


def _own_dict_values_uncached(target: Any) -> None:
    """The values of a new dict are generated without the cache: rebuilt, whatever is known of them."""
    from harness.codegen.instructions import create_instruction
    from harness.codegen.variables import ConstDictVariable

    def reconstruct(self: Any, codegen: Any) -> None:
        for key, value in self.items:
            codegen(key)
            codegen(value, allow_cache=False)
        codegen.append_output(create_instruction("BUILD_MAP", arg=len(self.items)))

    ConstDictVariable.reconstruct = reconstruct  # type: ignore[method-assign]


FAULTS: tuple[Fault, ...] = (
    Fault("temporary used up by its first reload", "torch", _torch_temporary_used_up, ()),
    Fault("existing container rebuilt without value_from_source", "torch", _torch_existing_rebuilt, ()),
    Fault("graph outputs keyed by shape", "torch", _torch_outputs_by_shape, ()),
    Fault("duplicating instruction shared", "torch", _torch_shared_duplicate, ()),
    Fault("item sources equal without their index", "torch", _torch_item_source_without_index, ()),
    Fault("key loaded below a dict in a temporary", "torch", _torch_key_below_cached_dict, ()),
    Fault("reload leaves the old top of stack", "torch", _torch_reload_keeps_old_top, ()),
    Fault("stack size remembered by opcodes", "torch", _torch_stack_size_by_opcodes, ()),
    Fault("attribute name index shifted", "torch", _torch_attribute_name_shifted, ()),
    Fault("long list loses its last item", "torch", _torch_long_list_cut, ()),
    Fault("constant tuples interned by equality", "torch", _torch_constant_tuples_interned, ()),
    Fault("list of constants loaded whole", "torch", _torch_list_of_constants_whole, ()),
    Fault("constants merged by repr", "own", _own_constants_by_repr, ()),
    Fault("temporaries numbered anew at each root", "own", _own_temporaries_restart, ()),
    Fault("graph output leaves the old top of stack", "own", _own_output_keeps_old_top, ()),
    Fault("complex is no safe constant", "own", _own_complex_not_safe, ()),
    Fault("global name index not shifted", "own", _own_global_name_not_shifted, ()),
    Fault("list built of its distinct items", "own", _own_list_counts_distinct, ()),
    Fault("list trackers compared by items", "own", _own_lists_compared_by_items, ()),
    Fault("only codegen taken for the counting pass", "own", _own_first_codegen_only_counts, ()),
    Fault("graph outputs reordered on reuse", "own", _own_outputs_reordered, ()),
    Fault("empty list not counted in the stack size", "own", _own_empty_list_pushes_nothing, ()),
    Fault("empty dict loaded as a constant", "own", _own_empty_dict_constant, ()),
    Fault("dict values generated without the cache", "own", _own_dict_values_uncached, ()),
)
