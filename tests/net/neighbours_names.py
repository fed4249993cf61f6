"""For the causes in `corpus/known/` about names, exceptions and builtins, the faults beside them.

See `neighbours.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.net.planting import wrap


def _suppression_forgotten(target: Any) -> None:
    """An exception with a cause is given back as if its context were to be shown."""
    from torch._dynamo import variables

    def showing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            real(self, codegen)
            codegen.dup_top()
            codegen.append_output(codegen.create_load_const(False))
            codegen.extend_output(codegen.rot_n(2))
            codegen.store_attr("__suppress_context__")

        return reconstruct

    wrap(variables.ExceptionVariable, "reconstruct", showing)


def _cause_forgotten(target: Any) -> None:
    """An exception of Python's own class is given back without its cause."""
    from torch._dynamo import variables

    def forgetting(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            self.__cause__ = variables.ConstantVariable.create(None)
            real(self, codegen)

        return reconstruct

    wrap(variables.ExceptionVariable, "reconstruct", forgetting)


def _frozenset_as_a_list(target: Any) -> None:
    """A frozenset of more than constants is given back as a list."""
    from torch._dynamo import variables
    from torch._dynamo.bytecode_transformation import create_instruction

    def reconstruct(self: Any, codegen: Any) -> None:
        codegen.foreach([element.vt for element in self.set_items])
        codegen.append_output(create_instruction("BUILD_LIST", arg=len(self.set_items)))

    variables.FrozensetVariable.reconstruct = reconstruct  # type: ignore[method-assign]


def _dict_replayed_by_a_number(target: Any) -> None:
    """What carries out the changes of an ordered dict calls a number."""
    from torch._dynamo import side_effects

    def update(dict_from: Any, dict_to: Any, mro_index: Any) -> None:
        mro_index(dict_to, dict_from)

    side_effects._manual_dict_setitem = update


def _no_range_is_rebuilt(target: Any) -> None:
    """The assertion on ranges never holds."""
    from torch._dynamo import variables

    def reconstruct(self: Any, codegen: Any) -> None:
        raise AssertionError("'range' must not be shadowed in f_globals")

    variables.RangeVariable.reconstruct = reconstruct  # type: ignore[method-assign]


def _another_builtin(target: Any) -> None:
    """A builtin that is rebuilt is another."""
    from torch._dynamo.variables.builtin import BaseBuiltinVariable, BuiltinVariable

    def reconstruct(self: Any, codegen: Any) -> None:
        codegen.append_output(codegen.create_load_global("abs", add=True))

    for kind in (BaseBuiltinVariable, BuiltinVariable):
        kind.reconstruct = reconstruct  # type: ignore[method-assign]


def _cell_in_the_place_of_its_contents(target: Any) -> None:
    """What is in a variable that closures share is the cell."""
    from torch._dynamo.codegen import PyCodegen

    PyCodegen.load_deref = lambda self, name: self.append_output(self.create_load_closure(name))  # type: ignore[method-assign]


def _attributes_of_tensors_forgotten(target: Any) -> None:
    """The attributes of new tensors of subclasses are not set at all."""
    from torch._dynamo import variables
    from torch._dynamo.side_effects import SideEffects

    def forgetting(real: Any) -> Any:
        def codegen_update_mutated(self: Any, cg: Any, log_side_effects: bool = False) -> None:
            for var in self.store_attr_mutations:
                if isinstance(var, variables.TensorWithTFOverrideVariable):
                    self.store_attr_mutations[var] = {}
            real(self, cg, log_side_effects)

        return codegen_update_mutated

    wrap(SideEffects, "codegen_update_mutated", forgetting)


def _function_with_a_default_not_rebuilt(target: Any) -> None:
    """A function with defaults is said to hold what is no constant."""
    from torch._dynamo import variables
    from torch._dynamo.variables.functions import ClosureConversionError

    def refusing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if self.defaults:
                raise ClosureConversionError("failed to convert closure cell to Python constant")
            real(self, codegen)

        return reconstruct

    wrap(variables.NestedUserFunctionVariable, "reconstruct", refusing)


NEIGHBOURS: dict[str, Callable[[Any], None]] = {
    "exception-loses-suppression": _suppression_forgotten,
    "exception-of-a-class-loses-its-cause": _cause_forgotten,
    "frozenset-of-the-users-global": _frozenset_as_a_list,
    "dict-replayed-by-the-users-type": _dict_replayed_by_a_number,
    "range-beside-a-global-of-its-name": _no_range_is_rebuilt,
    "builtin-not-rebuilt-in-export": _another_builtin,
    "tensor-logged-without-its-attributes": _attributes_of_tensors_forgotten,
    "list-with-a-function-is-not-searched": _function_with_a_default_not_rebuilt,
    "cell-called-as-a-temporary": _cell_in_the_place_of_its_contents,
}
