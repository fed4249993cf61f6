"""Faults in what Dynamo makes of whole programs: reconstruct methods, effects, resume functions and cells.

Each is planted in a forked child and never undone, is a mistake that a person could make, and names the
programs below `tests/e2e/programs/` of which one should show it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.net.faults import torch_existing_list_copied, torch_lost_aliasing, torch_wrong_output_index
from tests.net.planting import wrap

STACK, VALUES, ISOLATION = "stack", "values", "isolation"


@dataclass(frozen=True)
class ProgramFault:
    """`apply()` plants it; one of `programs` shows it, by an (oracle, kind) of `caught_by`."""

    name: str
    apply: Callable[[], None]
    programs: tuple[str, ...]
    caught_by: tuple[tuple[str, str], ...]


# --- how they are planted ---------------------------------------------------------------------------------


def _altered(kind: str, name: str, change: Callable[[Any], Any]) -> Callable[[], None]:
    """While a tracker is rebuilt one of its attributes is another."""

    def apply() -> None:
        from torch._dynamo import variables

        def make(real: Any) -> Any:
            def reconstruct(self: Any, codegen: Any) -> None:
                before = getattr(self, name)
                setattr(self, name, change(before))
                try:
                    real(self, codegen)
                finally:
                    setattr(self, name, before)

            return reconstruct

        wrap(getattr(variables, kind), "reconstruct", make)

    return apply


def _forgotten(*kinds: str) -> Callable[[], None]:
    """What trackers of these classes note of changes is not replayed."""

    def apply() -> None:
        from torch._dynamo import variables
        from torch._dynamo.side_effects import SideEffects

        gone = tuple(getattr(variables, kind) for kind in kinds)

        def make(real: Any) -> Any:
            def update(self: Any, codegen: Any, *args: Any, **named: Any) -> None:
                modified = self._get_modified_vars()
                self._get_modified_vars = lambda: [each for each in modified if not isinstance(each, gone)]
                try:
                    real(self, codegen, *args, **named)
                finally:
                    del self._get_modified_vars

            return update

        wrap(SideEffects, "codegen_update_mutated", make)

    return apply


def _attributes(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[], None]:
    """The attributes that are set are changed before they are replayed."""

    def apply() -> None:
        from torch._dynamo.side_effects import SideEffects

        def make(real: Any) -> Any:
            def update(self: Any, codegen: Any, *args: Any, **named: Any) -> None:
                before = self.store_attr_mutations
                self.store_attr_mutations = {var: change(held) for var, held in before.items()}
                try:
                    real(self, codegen, *args, **named)
                finally:
                    self.store_attr_mutations = before

            return update

        wrap(SideEffects, "codegen_update_mutated", make)

    return apply


def _generated(change: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
    """A resume function is made with other arguments."""

    def apply() -> None:
        from torch._dynamo.resume_execution import ContinueExecutionCache

        real = ContinueExecutionCache.generate

        def generate(cls: Any, *args: Any, **named: Any) -> Any:
            bound = inspect.signature(real).bind(*args, **named)
            change(bound.arguments)
            return real(*bound.args, **bound.kwargs)

        ContinueExecutionCache.generate = classmethod(generate)  # type: ignore[assignment]

    return apply


def _resumed(change: Callable[[Any], Any]) -> Callable[[], None]:
    """The code of a resume function is another."""

    def apply() -> None:
        from torch._dynamo.resume_execution import ContinueExecutionCache

        real = ContinueExecutionCache.generate

        def generate(cls: Any, *args: Any, **named: Any) -> Any:
            made = real(*args, **named)
            metadata = ContinueExecutionCache.generated_code_metadata
            changed = change(made)
            metadata[changed] = metadata[made]
            return changed

        ContinueExecutionCache.generate = classmethod(generate)  # type: ignore[assignment]

    return apply


def _constants(change: Callable[[Any], Any]) -> Callable[[], None]:
    """Constants are loaded as other ones."""

    def apply() -> None:
        from torch._dynamo.codegen import PyCodegen

        wrap(
            PyCodegen,
            "create_load_const",
            lambda real: lambda self, value, *rest: real(self, change(value), *rest),
        )

    return apply


# --- single ones ------------------------------------------------------------------------------------------


def _tuple_becomes_list() -> None:
    from torch._dynamo import bytecode_transformation
    from torch._dynamo.variables import lists

    lists.create_build_tuple = lambda size: bytecode_transformation.create_instruction(  # type: ignore[assignment]
        "BUILD_LIST", arg=size
    )


def _last_key_lost() -> None:
    from torch._dynamo import variables

    def make(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            before = self.items
            self.items = dict(list(before.items())[:-1]) if len(before) > 1 else before
            try:
                real(self, codegen)
            finally:
                self.items = before

        return reconstruct

    wrap(variables.ConstDictVariable, "reconstruct_kvs_into_new_dict", make)


def _outputs_cloned() -> None:
    from torch._dynamo.bytecode_transformation import create_call_method
    from torch._dynamo.codegen import PyCodegen

    def make(real: Any) -> Any:
        def load(self: Any, index: int) -> None:
            real(self, index)
            self.load_method("clone")
            self.extend_output(create_call_method(0))

        return load

    wrap(PyCodegen, "load_graph_output", make)


def _qualified_name_lost() -> None:
    from torch._dynamo.variables import functions

    def make(real: Any) -> Any:
        def create(*args: Any) -> Any:
            made = real(*args)
            made.__qualname__ = made.__name__
            return made

        return create

    wrap(functions, "_create_nested_fn", make)


def _all_cells_are_one() -> None:
    from types import CellType

    from torch._dynamo import utils

    one = CellType()
    utils.make_cell = lambda value=None: one  # type: ignore[assignment]


def _hooks_forgotten() -> None:
    from torch._dynamo.side_effects import SideEffects

    SideEffects.codegen_hooks = lambda self, codegen: None  # type: ignore[method-assign]


def _dict_order_kept() -> None:
    from torch._dynamo import variables

    variables.ConstDictVariable.should_reconstruct_all = property(  # type: ignore[assignment]
        lambda self: False, lambda self, value: None
    )


def _reversed_closure(closure: Any) -> Any:
    from torch._dynamo import variables

    return variables.TupleVariable(list(reversed(closure.items))) if closure else closure


def _without_deletions(held: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if type(value).__name__ != "DeletedVariable"}


def _other_consts(code: Any) -> Any:
    changed = (3 if type(each) is int and each == 2 else each for each in code.co_consts)
    return code.replace(co_consts=tuple(changed))


def _first_two_swapped(names: dict[str, Any]) -> None:
    one, *rest = names["argnames"] or (None,)
    if rest:
        names["argnames"] = (*rest, one)


def _none(value: Any) -> Any:
    return None


def _a_constant_none(value: Any) -> Any:
    from torch._dynamo import variables

    return variables.ConstantVariable.create(None)


def _less_by_one(value: Any) -> Any:
    return type(value)(list(value)[:-1])


_BITS, _TYPE, _LENGTH, _NAMES = ((VALUES, kind) for kind in ("bits", "type", "length", "names"))
_SHARING = ((VALUES, "sharing-lost"), (VALUES, "identity-lost"), (VALUES, "memory"))

FAULTS: list[ProgramFault] = [
    # reconstruct methods and the codegen under them
    ProgramFault(
        "items of a new list backwards",
        _altered("ListVariable", "items", lambda items: items[::-1]),
        ("control/for_over_many", "control/comprehensions"),
        (_BITS, _TYPE),
    ),
    ProgramFault(
        "item of a new list lost",
        _altered("ListVariable", "items", _less_by_one),
        ("closures/made_in_a_loop",),
        (_LENGTH,),
    ),
    ProgramFault("tuple becomes a list", _tuple_becomes_list, ("aliasing/argument_returned",), (_TYPE,)),
    ProgramFault("last key of a new dict lost", _last_key_lost, ("mutation/dict_union",), (_LENGTH,)),
    ProgramFault(
        "element of a new set lost",
        _altered("SetVariable", "items", lambda items: dict(list(items.items())[:-1])),
        ("control/comprehensions",),
        (_LENGTH,),
    ),
    ProgramFault(
        "bound of a new deque lost",
        _altered("DequeVariable", "maxlen", _a_constant_none),
        ("mutation/deque_made_with_bound",),
        (_BITS, _TYPE, _LENGTH),
    ),
    ProgramFault(
        "defaults of a nested function lost",
        _altered("NestedUserFunctionVariable", "defaults", _none),
        ("functions/defaults_and_annotations",),
        (_LENGTH,),
    ),
    ProgramFault(
        "keyword defaults of a nested function lost",
        _altered("NestedUserFunctionVariable", "kwdefaults", _none),
        ("functions/defaults_and_annotations", "functions/varied_signatures_returned"),
        (_NAMES,),
    ),
    ProgramFault(
        "qualified name of a nested function lost",
        _qualified_name_lost,
        ("functions/defaults_and_annotations",),
        (_BITS,),
    ),
    ProgramFault(
        "keywords of a partial lost",
        _altered("FunctoolsPartialVariable", "keywords", lambda held: {}),
        ("functions/partial",),
        (_NAMES,),
    ),
    ProgramFault(
        "arguments of an exception lost",
        _altered("ExceptionVariable", "args", lambda args: type(args)()),
        ("exceptions/stored",),
        (_LENGTH,),
    ),
    ProgramFault(
        "truth loaded as a number",
        _constants(lambda value: int(value) if type(value) is bool else value),
        ("aliasing/tensor_under_two_names",),
        (_TYPE,),
    ),
    ProgramFault(
        "index of a graph output less by one",
        lambda: torch_wrong_output_index(None),
        ("generators/two_at_once", "control/modes"),
        (_BITS, (VALUES, "sharing-gained")),
    ),
    ProgramFault(
        "a new object built for each mention",
        lambda: torch_lost_aliasing(None),
        ("aliasing/result_holds_argument_twice", "breaks/aliases_kept", "aliasing/new_list_in_two_places"),
        (*_SHARING, (VALUES, "type")),
    ),
    ProgramFault(
        "an existing list copied",
        lambda: torch_existing_list_copied(None),
        ("aliasing/nested_containers",),
        (*_SHARING, _TYPE),
    ),
    ProgramFault("graph outputs cloned", _outputs_cloned, ("views/of_new_tensor",), _SHARING),
    # side effects
    ProgramFault(
        "changes of lists forgotten", _forgotten("ListVariable"), ("mutation/list_methods",), (_LENGTH, _TYPE)
    ),
    ProgramFault(
        "changes of dicts forgotten",
        _forgotten("ConstDictVariable"),
        ("mutation/dict_methods",),
        (_LENGTH, _BITS),
    ),
    ProgramFault(
        "changes of sets forgotten",
        _forgotten("SetVariable"),
        ("mutation/set_methods",),
        ((VALUES, "elements"),),
    ),
    ProgramFault(
        "changes of deques forgotten", _forgotten("DequeVariable"), ("mutation/deque_rotated",), (_LENGTH,)
    ),
    ProgramFault(
        "globals not bound", _forgotten("NewGlobalVariable"), ("mutation/globals",), (_BITS, _TYPE, _LENGTH)
    ),
    ProgramFault(
        "iterators not advanced",
        _forgotten("CountIteratorVariable"),
        ("iterators/count_and_cycle",),
        (_BITS,),
    ),
    ProgramFault(
        "attributes set backwards",
        _attributes(lambda held: dict(reversed(held.items()))),
        ("classes/dataclass", "aliasing/cycle_of_new_objects"),
        (_NAMES,),
    ),
    ProgramFault(
        "deleted attributes forgotten", _attributes(_without_deletions), ("mutation/attributes",), (_NAMES,)
    ),
    ProgramFault("order of keys not replayed", _dict_order_kept, ("mutation/dict_order",), (_BITS, _LENGTH)),
    ProgramFault("hooks forgotten", _hooks_forgotten, ("autograd/hook_on_argument",), (_BITS, _LENGTH)),
    # resume functions
    ProgramFault(
        "arguments of a resume function in another order",
        _generated(_first_two_swapped),
        ("breaks/aliases_kept", "breaks/several_in_one_frame"),
        (_TYPE, _BITS, (STACK, "wrong-kind")),
    ),
    ProgramFault(
        "with blocks not entered again",
        _generated(lambda names: names.update(setup_fns=(), setup_fn_target_offsets=())),
        ("control/with_across_a_break",),
        (_BITS, _TYPE, (STACK, "underflow"), (STACK, "wrong-kind"), (STACK, "null-as-object")),
    ),
    ProgramFault(
        "constants of another resume function",
        _resumed(_other_consts),
        ("breaks/inside_call", "breaks/aliases_kept"),
        (_BITS,),
    ),
    ProgramFault(
        "stack of a resume function too small",
        _resumed(lambda code: code.replace(co_stacksize=1)),
        ("breaks/print",),
        ((STACK, "stack-depth"),),
    ),
    ProgramFault(
        "free variables of a resume function in another order",
        _resumed(lambda code: code.replace(co_freevars=code.co_freevars[::-1])),
        ("breaks/several_in_one_frame",),
        (_TYPE, _BITS, (STACK, "wrong-kind")),
    ),
    # cells
    ProgramFault(
        "cells not filled",
        _forgotten("CellVariable"),
        ("closures/function_returned", "closures/existing_cell"),
        (_BITS, _TYPE, _LENGTH),
    ),
    ProgramFault(
        "cells of a nested function in another order",
        _altered("NestedUserFunctionVariable", "closure", _reversed_closure),
        ("closures/nested_three_deep",),
        (_TYPE, _BITS, *_SHARING),
    ),
    ProgramFault(
        "one cell for all variables",
        _all_cells_are_one,
        ("closures/returned_twice", "closures/nested_three_deep"),
        ((VALUES, "sharing-gained"), _BITS, _TYPE),
    ),
]
