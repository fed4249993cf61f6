"""Faults that only scripts find: of the public methods that single values hardly use, and of what is
remembered."""

from __future__ import annotations

from typing import Any

from tests.net.planting import Fault, wrap

VALUES, STACK, TARGET, ISOLATION = "values", "stack", "target", "isolation"


# --- both codegens: methods of the same name are wrapped in the same way -----------------------------------


def _class_of(target: Any) -> Any:
    if target.name == "own":
        from harness.codegen import PyCodegen

        return PyCodegen
    from torch._dynamo.codegen import PyCodegen as TorchPyCodegen

    return TorchPyCodegen


def rotates_one_less(target: Any) -> None:
    def less(real: Any) -> Any:
        return lambda self, n: real(self, n - 1 if n == 5 else n)

    wrap(_class_of(target), "rot_n", less)


def values_above_ignored(target: Any) -> None:
    def ignoring(real: Any) -> Any:
        return lambda self, name, push_null, num_on_stack=0: real(self, name, push_null)

    wrap(_class_of(target), "load_function_name", ignoring)


def values_above_rotated_once(target: Any) -> None:
    def once(real: Any) -> Any:
        def load(self: Any, name: str, push_null: bool, num_on_stack: int = 0) -> Any:
            made = real(self, name, push_null, num_on_stack)
            # the callable and its NULL go down together only by two rotations
            return made[: 1 + (len(made) - 1) // 2] if push_null and num_on_stack else made

        return load

    wrap(_class_of(target), "load_function_name", once)


def keyword_names_reversed(target: Any) -> None:
    def reversing(real: Any) -> Any:
        return lambda self, nargs, names, push_null: real(self, nargs, tuple(reversed(names)), push_null)

    wrap(_class_of(target), "create_call_function_kw", reversing)


def scope_not_put_back(target: Any) -> None:
    def leaving(self: Any, stack_values: Any, *, value_from_source: bool = True) -> None:
        before = self.value_from_source
        self.value_from_source = before and value_from_source
        self.foreach(stack_values)
        self.value_from_source = before  # not where a value raised

    _class_of(target).restore_stack = leaving


def scope_not_narrowed_by_the_outer(target: Any) -> None:
    def widening(self: Any, stack_values: Any, *, value_from_source: bool = True) -> None:
        before = self.value_from_source
        self.value_from_source = value_from_source
        try:
            self.foreach(stack_values)
        finally:
            self.value_from_source = before

    _class_of(target).restore_stack = widening


def temporaries_not_deleted(target: Any) -> None:
    def forgetting(self: Any) -> None:
        self.tempvars.clear()
        self.clear_tos()

    _class_of(target).clear_tempvars = forgetting


def temporaries_deleted_and_remembered(target: Any) -> None:
    def remembering(self: Any) -> None:
        for name in self.tempvars.values():
            if name is not None:
                self._output.append(self.create_delete(name))

    _class_of(target).clear_tempvars = remembering


def clash_overwritten(target: Any) -> None:
    import re

    def overwriting(self: Any, name: str, value: Any) -> Any:
        name = re.sub(r"[^a-zA-Z0-9_]+", "_", name)
        self.tx.f_globals[name] = value
        return [self.create_load_global(name, add=True)]

    _class_of(target).setup_globally_cached = overwriting


def duplicate_over_null(target: Any) -> None:
    def hasty(real: Any) -> Any:
        def add(self: Any, gen_fn: Any, call_function_ex: bool = False) -> None:
            known = self.top_of_stack

            def push() -> None:
                self.top_of_stack = known
                gen_fn()

            real(self, push, call_function_ex)

        return add

    wrap(_class_of(target), "add_push_null", hasty)


def null_on_the_wrong_side(target: Any) -> None:
    def wrong(real: Any) -> Any:
        def add(self: Any, gen_fn: Any, call_function_ex: bool = False) -> None:
            before = len(self._output)
            real(self, gen_fn, call_function_ex)
            added = self._output[before:]
            if added and added[0].opname == "PUSH_NULL":
                self._output[before:] = [*added[1:], added[0]]

        return add

    wrap(_class_of(target), "add_push_null", wrong)


def top_not_forgotten_by_a_pop(target: Any) -> None:
    def keeping(real: Any) -> Any:
        def pop(self: Any) -> None:
            known = self.top_of_stack
            real(self)
            self.top_of_stack = known

        return pop

    wrap(_class_of(target), "pop_top", keeping)


def stale_top_after_a_call(target: Any) -> None:
    def keeping(real: Any) -> Any:
        def call(self: Any, nargs: int, push_null: bool) -> None:
            known = self.top_of_stack
            real(self, nargs, push_null)
            self.top_of_stack = known

        return call

    wrap(_class_of(target), "call_function", keeping)


def dereferences_the_first_cell(target: Any) -> None:
    def first(real: Any) -> Any:
        return lambda self, name: real(self, self.cell_and_freevars()[1] if name == "outer_b" else name)

    wrap(_class_of(target), "create_load_deref", first)


def cells_reversed(target: Any) -> None:
    def reversing(real: Any) -> Any:
        def make(self: Any, fn_name: str, code: Any, *more: Any) -> None:
            count = len(code.co_freevars)
            if count > 1:
                # the tuple is built just before
                loads = self._output[-1 - count : -1]
                self._output[-1 - count : -1] = loads[::-1]
            real(self, fn_name, code, *more)

        return make

    wrap(_class_of(target), "make_function_with_closure", reversing)


def null_popped_as_a_value(target: Any) -> None:
    def popping(real: Any) -> Any:
        return lambda self: real(self)[-1:]

    wrap(_class_of(target), "pop_null", popping)


def module_of_another_name(target: Any) -> None:
    def trusting(real: Any) -> Any:
        def load(self: Any, mod: Any) -> Any:
            name = mod.__name__.rpartition(".")[2]
            known = name in self.tx.output.global_scope
            return self.create_load_global(name, add=True) if known else real(self, mod)

        return load

    wrap(_class_of(target), "create_load_python_module", trusting)


def uninterned_global_accepted(target: Any) -> None:
    def accepting(real: Any) -> Any:
        return lambda self, name, add=False: real(self, name, True)

    wrap(_class_of(target), "create_load_global", accepting)


def refused_values_left_in_the_output(target: Any) -> None:
    def appending(self: Any, insts: Any) -> None:
        from harness.codegen.errors import NotAnInstructionError

        for inst in insts:
            if isinstance(inst, str):
                if target.name == "own":
                    raise NotAnInstructionError("no instruction", where="extend_output", remedy="none")
                raise AssertionError("no instruction")  # noqa: TRY004 - as torch does
            self._output.append(inst)
        self.clear_tos()

    _class_of(target).extend_output = appending


_CAUGHT: dict[Any, tuple[tuple[str, str], ...]] = {
    rotates_one_less: ((VALUES, ""),),
    values_above_ignored: ((VALUES, ""), (STACK, "")),
    values_above_rotated_once: ((STACK, ""), (VALUES, "")),
    keyword_names_reversed: ((VALUES, "bits"),),
    scope_not_put_back: ((TARGET, "misuse-changed"),),
    scope_not_narrowed_by_the_outer: ((VALUES, ""),),
    temporaries_not_deleted: ((TARGET, "temporaries"),),
    temporaries_deleted_and_remembered: ((TARGET, "temporaries"),),
    clash_overwritten: ((TARGET, "misuse-accepted"),),
    duplicate_over_null: ((STACK, "null-duplicated"),),
    null_on_the_wrong_side: ((STACK, ""),),
    top_not_forgotten_by_a_pop: ((VALUES, ""), (STACK, "")),
    stale_top_after_a_call: ((VALUES, ""), (STACK, "")),
    dereferences_the_first_cell: ((VALUES, ""),),
    cells_reversed: ((VALUES, ""),),
    null_popped_as_a_value: ((STACK, ""),),
    module_of_another_name: ((VALUES, ""),),
    uninterned_global_accepted: ((TARGET, "misuse-accepted"),),
    refused_values_left_in_the_output: ((TARGET, "misuse-changed"),),
}
"""Fault -> the oracle, and the invariant unless it may be any, of which one should catch it."""

FAULTS = tuple(
    Fault(f"{target}: {fault.__name__.replace('_', ' ')}", target, fault, caught, ("script",))
    for fault, caught in _CAUGHT.items()
    for target in ("own", "torch")
)
