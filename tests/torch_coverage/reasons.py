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
    Rule(ACCELERATOR, "^(CUDADevice|XPUDevice|CudaStream|XpuStream|AcceleratorDevice)"),
    Rule(DISTRIBUTED, "FSDP"),
    Rule(INTERNAL, "^FakeIdVariable|^ProfilerContextVariable|^PreserveVersionContextVariable"),
)
"""The first rule that names an exit says why."""


def reason_for(found: Exit) -> str:
    """Why no case takes the exit; the empty text: nobody knows."""
    if found.of_another_python:
        return OTHER_PYTHON
    return next((rule.reason for rule in RULES if rule.names(found)), "")
