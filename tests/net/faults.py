"""The net's own faults: at least one for each kind of mistake that the oracles claim to catch."""

from __future__ import annotations

import os
import time
from types import CodeType
from typing import Any

from tests.net.planting import Fault, change_code, wrap

VALUES, STACK, TARGET, ISOLATION = "values", "stack", "target", "isolation"

# --- torch's codegen ---------------------------------------------------------------------------------


def torch_wrong_output_index(target: Any) -> None:
    from torch._dynamo.codegen import PyCodegen

    wrap(PyCodegen, "load_graph_output", lambda real: lambda self, index: real(self, max(0, index - 1)))


def torch_output_asked_twice(target: Any) -> None:
    from torch._dynamo.codegen import GraphOutputEntry, PyCodegen

    def add(self: Any, value: Any) -> int:
        key = id(value)  # the tracker, where it should be the proxy
        if key not in self.graph_outputs:
            # the index that the entry claims is the one of another order
            self.graph_outputs[key] = GraphOutputEntry(-1 - len(self.graph_outputs), value)
        return key

    PyCodegen.add_graph_output = add  # type: ignore[method-assign]


def torch_stale_top_of_stack(target: Any) -> None:
    from torch._dynamo.codegen import PyCodegen

    def staying(real: Any) -> Any:
        def call(self: Any, value: Any, allow_cache: bool = True) -> None:
            before = self.top_of_stack
            real(self, value, allow_cache)
            if before is not None and type(value).__name__ == "TensorVariable":
                self.top_of_stack = before

        return call

    wrap(PyCodegen, "__call__", staying)


def torch_dropped_duplicate(target: Any) -> None:
    from torch._dynamo.codegen import PyCodegen

    def add_cache(self: Any, value: Any) -> None:
        self._output.pop()
        variable = self.new_var()
        self.tempvars[value] = variable
        self._output.append(self.create_store(variable))

    PyCodegen.add_cache = add_cache  # type: ignore[method-assign]


def torch_key_and_value_swapped(target: Any) -> None:
    from torch._dynamo import bytecode_transformation, variables

    def reconstruct(self: Any, codegen: Any) -> None:
        for key, value in self.items.items():
            codegen(value) if value.is_python_constant() else codegen(key.vt)
            codegen(key.vt) if value.is_python_constant() else codegen(value)
        codegen.append_output(bytecode_transformation.create_instruction("BUILD_MAP", arg=len(self.items)))

    variables.ConstDictVariable.reconstruct_kvs_into_new_dict = reconstruct  # type: ignore[method-assign]


def torch_lost_aliasing(target: Any) -> None:
    from torch._dynamo.codegen import PyCodegen

    def forgetting(real: Any) -> Any:
        def add_cache(self: Any, value: Any) -> None:
            real(self, value)
            self.tempvars[value] = None

        return add_cache

    wrap(PyCodegen, "add_cache", forgetting)


def torch_existing_list_copied(target: Any) -> None:
    from torch._dynamo import bytecode_transformation, source

    def copying(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            create = bytecode_transformation.create_instruction
            codegen.append_output(create("BUILD_LIST", arg=0))
            real(self, codegen)
            codegen.append_output(create("LIST_EXTEND", arg=1))

        return reconstruct

    wrap(source.GetItemSource, "reconstruct", copying)


def torch_signed_zero_lost(target: Any) -> None:
    from torch._dynamo.codegen import PyCodegen

    def rounding(real: Any) -> Any:
        return lambda self, value: real(self, value + 0.0 if type(value) is float else value)

    wrap(PyCodegen, "create_load_const", rounding)


def torch_tuple_becomes_list(target: Any) -> None:
    from torch._dynamo import bytecode_transformation
    from torch._dynamo.variables import lists

    lists.create_build_tuple = lambda size: bytecode_transformation.create_instruction(  # type: ignore[assignment]
        "BUILD_LIST", arg=size
    )


def torch_item_off_by_one(target: Any) -> None:
    from torch._dynamo import source

    def reconstruct(self: Any, codegen: Any) -> None:
        from torch._dynamo.bytecode_transformation import create_binary_subscr

        codegen(self.base)
        index = max(0, self.index - 1) if isinstance(self.index, int) else self.index
        codegen.append_output(codegen.create_load_const(index))
        codegen.append_output(create_binary_subscr())

    source.GetItemSource.reconstruct = reconstruct  # type: ignore[method-assign]


def torch_assertion_in_a_corner(target: Any) -> None:
    from torch._dynamo.codegen import PyCodegen

    def failing(real: Any) -> Any:
        def load(self: Any, name: str) -> Any:
            if len(self.tempvars) > 2:
                # raised by code that looks like torch's own
                exec(
                    compile(
                        "raise AssertionError('too many')", PyCodegen.__call__.__code__.co_filename, "exec"
                    )
                )
            return real(self, name)

        return load

    wrap(PyCodegen, "create_load", failing)


def torch_segfault(target: Any) -> None:
    import ctypes

    from torch._dynamo import variables

    def crashing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if not self.items:
                ctypes.string_at(0)
            real(self, codegen)

        return reconstruct

    wrap(variables.ListVariable, "reconstruct", crashing)


def torch_stack_size_one_short(target: Any) -> None:
    change_code(target, lambda code: code.replace(co_stacksize=max(1, code.co_stacksize - 1)))


# --- our codegen -------------------------------------------------------------------------------------


def own_dropped_duplicate(target: Any) -> None:
    from harness.codegen import PyCodegen

    PyCodegen._duplicate = lambda self: None  # type: ignore[method-assign]


def own_build_off_by_one(target: Any) -> None:
    from harness import codegen
    from harness.codegen import variables

    def create(opname: str, **arguments: Any) -> Any:
        if opname == "BUILD_LIST" and arguments["arg"] > 1:
            arguments["arg"] -= 1
        return codegen.create_instruction(opname, **arguments)

    variables.create_instruction = create  # type: ignore[assignment]


def own_true_is_one(target: Any) -> None:
    from harness.codegen import PyCodegen

    wrap(
        PyCodegen,
        "create_load_const",
        lambda real: lambda self, value: real(self, int(value) if type(value) is bool else value),
    )


def own_unbound_local(target: Any) -> None:
    from harness.codegen import PyCodegen

    def misnaming(real: Any) -> Any:
        def add_cache(self: Any, value: Any) -> None:
            real(self, value)
            self.tempvars[value] = self.new_var()

        return add_cache

    wrap(PyCodegen, "add_cache", misnaming)


def own_global_for_local(target: Any) -> None:
    from harness.codegen import sources

    def reconstruct(self: Any, codegen: Any) -> None:
        codegen.append_output(codegen.create_load_global(self.local_name, add=True))

    sources.LocalSource.reconstruct = reconstruct  # type: ignore[method-assign]


def own_order_reversed(target: Any) -> None:
    from harness.codegen import variables

    def reversing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            self.items = self.items[::-1]
            real(self, codegen)

        return reconstruct

    wrap(variables.ConstDictVariable, "reconstruct", reversing)


def own_refuses_more(target: Any) -> None:
    from harness.codegen import variables

    def refusing(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            if len(self.items) == 3:
                raise NotImplementedError
            real(self, codegen)

        return reconstruct

    wrap(variables.ListVariable, "reconstruct", refusing)


def own_hang(target: Any) -> None:
    from harness.codegen import variables

    def hanging(real: Any) -> Any:
        def reconstruct(self: Any, codegen: Any) -> None:
            while len(self.items) == 4:
                time.sleep(0.1)
            real(self, codegen)

        return reconstruct

    wrap(variables.TupleVariable, "reconstruct", hanging)


def own_exit(target: Any) -> None:
    from harness.codegen import sources

    sources.DictGetItemSource.reconstruct = lambda self, codegen: os._exit(0)  # type: ignore[method-assign]


# --- emitted code ------------------------------------------------------------------------------------


def _spliced(code: CodeType, added: bytes, constant: object = None) -> CodeType:
    """The code with `added` before its final RETURN_VALUE; `constant` becomes the last constant."""
    import dis

    assert code.co_code[-2] == dis.opmap["RETURN_VALUE"]
    return code.replace(
        co_code=code.co_code[:-2] + added + code.co_code[-2:],
        co_consts=(*code.co_consts, constant),
        co_stacksize=code.co_stacksize + 4,
        co_linetable=b"",
    )


def _only_some(code: CodeType, change: Any) -> CodeType:
    return change(code) if len(code.co_consts) == 3 else code


def _operations(*pairs: tuple[str, int]) -> bytes:
    import dis

    out = b""
    for name, argument in pairs:
        caches = dis._inline_cache_entries[dis.opmap[name]]  # type: ignore[attr-defined]
        out += bytes((dis.opmap[name], argument)) + b"\0\0" * caches
    return out


def own_null_on_the_wrong_side(target: Any) -> None:
    def change(code: CodeType) -> CodeType:
        last = len(code.co_consts)
        call = _operations(
            ("LOAD_CONST", last), ("PUSH_NULL", 0), ("PRECALL", 0), ("CALL", 0), ("POP_TOP", 0)
        )
        return _spliced(code, call, _nothing)

    change_code(target, lambda code: _only_some(code, change))


def _nothing() -> None:
    """Called by emitted code."""


def own_left_over(target: Any) -> None:
    def change(code: CodeType) -> CodeType:
        extra = _operations(("LOAD_CONST", len(code.co_consts)), ("SWAP", 2))
        return _spliced(code, extra)

    change_code(target, lambda code: _only_some(code, change))


def torch_returns_null(target: Any) -> None:
    change_code(
        target, lambda code: _only_some(code, lambda code: _spliced(code, _operations(("PUSH_NULL", 0))))
    )


def own_constant_out_of_range(target: Any) -> None:
    def change(code: CodeType) -> CodeType:
        return _spliced(code, _operations(("LOAD_CONST", 250), ("POP_TOP", 0)))

    change_code(target, lambda code: _only_some(code, change))


FAULTS = (
    Fault(
        "torch: wrong output index",
        "torch",
        torch_wrong_output_index,
        ((VALUES, "identity-lost"), (VALUES, "type")),
    ),
    Fault(
        "torch: output asked twice",
        "torch",
        torch_output_asked_twice,
        ((VALUES, "output-asked-twice"), (VALUES, "identity-lost")),
    ),
    Fault(
        "torch: stale top of stack",
        "torch",
        torch_stale_top_of_stack,
        (
            *((VALUES, "identity-lost"), (VALUES, "type"), (VALUES, "raised")),
            *((VALUES, "sharing-gained"), (VALUES, "names")),
        ),
    ),
    # torch's own assembler refuses an underflow before an oracle sees it
    Fault(
        "torch: dropped duplicate",
        "torch",
        torch_dropped_duplicate,
        ((STACK, "underflow"), (TARGET, "raised")),
    ),
    Fault(
        "torch: key and value swapped",
        "torch",
        torch_key_and_value_swapped,
        ((VALUES, "bits"), (VALUES, "type"), (VALUES, "length"), (VALUES, "raised"), (VALUES, "names")),
    ),
    Fault(
        "torch: lost aliasing", "torch", torch_lost_aliasing, ((VALUES, "sharing-lost"), (TARGET, "raised"))
    ),
    Fault(
        "torch: existing list copied",
        "torch",
        torch_existing_list_copied,
        ((VALUES, "identity-lost"), (VALUES, "raised"), (VALUES, "type")),
    ),
    Fault("torch: -0.0 for 0.0", "torch", torch_signed_zero_lost, ((VALUES, "bits"),)),
    Fault(
        "torch: tuple becomes list", "torch", torch_tuple_becomes_list, ((VALUES, "type"), (VALUES, "raised"))
    ),
    Fault(
        "torch: item off by one",
        "torch",
        torch_item_off_by_one,
        ((VALUES, "identity-lost"), (VALUES, "type"), (VALUES, "bits"), (VALUES, "raised")),
    ),
    Fault("torch: assertion in a corner", "torch", torch_assertion_in_a_corner, ((TARGET, "raised"),)),
    Fault("torch: segfault", "torch", torch_segfault, ((ISOLATION, "crash"),)),
    Fault("torch: stack size one short", "torch", torch_stack_size_one_short, ((STACK, "stack-depth"),)),
    Fault("torch: returns NULL", "torch", torch_returns_null, ((STACK, "null-returned"),)),
    Fault(
        "own: BUILD off by one",
        "own",
        own_build_off_by_one,
        # the value that is left may lie on a NULL that waits for its call
        ((STACK, "left-over-at-return"), (STACK, "null-duplicated"), (STACK, "null-in-container")),
    ),
    Fault(
        "own: dropped duplicate", "own", own_dropped_duplicate, ((STACK, "underflow"), (STACK, "null-side"))
    ),
    Fault("own: True is 1", "own", own_true_is_one, ((VALUES, "type"),)),
    Fault("own: unbound local", "own", own_unbound_local, ((STACK, "unbound-local"),)),
    Fault("own: global for local", "own", own_global_for_local, ((VALUES, "raised"),)),
    Fault("own: order reversed", "own", own_order_reversed, ((VALUES, "bits"), (VALUES, "type"))),
    Fault("own: refuses more", "own", own_refuses_more, ((TARGET, "refused"), (TARGET, "raised"))),
    Fault("own: hang", "own", own_hang, ((ISOLATION, "hang"),)),
    Fault("own: exit", "own", own_exit, ((ISOLATION, "crash"),)),
    Fault("own: NULL on the wrong side", "own", own_null_on_the_wrong_side, ((STACK, "null-side"),)),
    Fault("own: left over at return", "own", own_left_over, ((STACK, "left-over-at-return"),)),
    Fault("own: constant out of range", "own", own_constant_out_of_range, ((STACK, "const-index"),)),
)
