"""Why an exit is not taken by any drawn case: the one table.

Claim: a rule names exits by function and by the text of both lines; an exit that no rule names is one that a
case could take, and does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.torch_coverage.exits import Exit

OTHER_PYTHON = "another CPython"
MISUSE = "deliberate misuse only"
DEBUGGING = "a debugging option"
ACCELERATOR = "needs an accelerator"
DISTRIBUTED = "distributed"
TOOLCHAIN = "needs a compiler toolchain"
INTERNAL = "internal to tracing, never emitted"
COMPILED_AUTOGRAD = "needs compiled autograd, and so a whole program"
RESUMING = "only where a compile puts its frames together"
RAISES = "only raises: no code for it"
NEVER_MADE = "nothing in torch makes it"
ALWAYS_LOADED = "an existing one is changed in place, and so loaded from its source"
TAKEN_FOR_A_CONSTANT = "torch takes each for a constant: `slice-of-anything-is-a-constant`"
NO_CLASS = "a class made in the frame, which tracing refuses before it is called"
BACKWARD = "shows only in a backward pass, and no oracle runs one"
UNUSED_CELL = "a cell of the frame that nothing fills and nothing keeps; those of a case are parameters"

POSSIBLE = frozenset({BACKWARD, UNUSED_CELL})
"""Reasons why no case takes an exit that a program could take: such exits count as missed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason for the exits of the functions whose name matches, from and to lines whose text matches."""

    reason: str
    function: str = ""
    begins: str = ""
    leads: str = ""

    def names(self, found: Exit) -> bool:
        """Is the exit one of those meant?"""
        return all(
            re.search(pattern, text)
            for pattern, text in (
                (self.function, found.function),
                (self.begins, found.begins),
                (self.leads, found.leads),
            )
        )


RULES: tuple[Rule, ...] = (
    Rule(MISUSE, leads=r"^raise (AssertionError|TypeError|ValueError|RuntimeError)"),
    Rule(MISUSE, "LocalGeneratorObjectVariable", "generator_exhausted", "unpack_iterable"),
    Rule(MISUSE, "create_instruction", "^if arg is None", "isinstance"),
    Rule(MISUSE, "add_push_null", "^if isinstance.inst_or_insts, Instruction", "insts: list"),
    Rule(MISUSE, "add_push_null_call_function_ex", "arg & 1 == 0", "version_info"),
    Rule(DEBUGGING, begins=r"generate_pycode"),
    Rule(DEBUGGING, "add_pycode|get_pycode|create_print|create_breakpoint|reconstruct_pycode"),
    Rule(
        RESUMING,
        "create_jump_absolute|create_setup_with|create_swap|create_copy|create_binary_slice|create_load_attrs",
    ),
    Rule(COMPILED_AUTOGRAD, "^BackwardStateGraphArg"),
    Rule(TOOLCHAIN, "TMADescriptor"),
    Rule(ACCELERATOR, "^(CUDADevice|XPUDevice|CudaStream|XpuStream|AcceleratorDevice|CurrentStreamSource)"),
    # torch's CPU has neither a current stream nor an event that is recorded: all others have a number
    Rule(ACCELERATOR, "^(StreamVariable|EventVariable)", "user_object_index is not None", "^prefix = "),
    Rule(DISTRIBUTED, "FSDP"),
    Rule(INTERNAL, "^FakeIdVariable|^ProfilerContextVariable|^PreserveVersionContextVariable"),
    # made for guards alone, or, the last, only for what no trace calls a method of
    Rule(
        INTERNAL,
        "^(CodeSource|FlattenScriptObjectSource|ScriptObjectQualifiedNameSource|GenericAttrSource)",
    ),
    Rule(NEVER_MADE, "^(NamedTupleFieldsSource|DataclassFieldsSource)"),
    Rule(RAISES, "^(IndexedSource|NegateSource|ComptimeVariable|WithEnterFunctionVariable)"),
    Rule(RAISES, "^RemovableHandleVariable", leads=r"^super\(\)\.reconstruct"),
    # its builder gives it a source, and `torch._C._SDPAParams` is not called in a trace
    Rule(NEVER_MADE, "^SDPAParamsVariable", "source is not None|param_vars is None"),
    # all others are constants
    Rule(NEVER_MADE, "^TypingVariable", "GenericAlias"),
    Rule(NEVER_MADE, "^DictSubclassGetItemSource", leads="create_load_const"),
    Rule(NEVER_MADE, "^SuperVariable", "objvar is not None"),
    Rule(NEVER_MADE, "^NestedUserFunctionVariable", "wrapped_fn"),
    Rule(OTHER_PYTHON, "^MapVariable", "strict"),
    Rule(ALWAYS_LOADED, "^MappingProxyVariable", "self.source"),
    Rule(TAKEN_FOR_A_CONSTANT, "^SliceVariable"),
    # every new object that is tracked is one of a user's class
    Rule(NEVER_MADE, "codegen_save_tempvars", "UserDefinedObjectVariable", "add_push_null"),
    Rule(NO_CLASS, "codegen_save_tempvars", "cls_source is None"),
    Rule(BACKWARD, "codegen_save_tempvars", "save_for_backward|for arg in args"),
    Rule(BACKWARD, "codegen_hooks"),
    Rule(UNUSED_CELL, "codegen_update_mutated", "^if var in self.store_attr_mutations"),
)
"""The first rule that names an exit says why."""


def reason_for(found: Exit) -> str:
    """Why no case takes the exit; the empty text: nobody knows."""
    if found.of_another_python:
        return OTHER_PYTHON
    return next((rule.reason for rule in RULES if rule.names(found)), "")
