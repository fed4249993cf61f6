"""How Dynamo drives its codegen through one pass, and the configuration that it does so in.

Claim: what is asked of the codegen, and in which order, is what `OutputGraph.codegen_suffix` asks.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from torch._dynamo import bytecode_transformation, config, source
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.misc import DebuggingVariable

from generators.case import Case
from harness.targets.base import LOGGING
from harness.targets.dynamo_here import accepts, lacks, there
from harness.targets.dynamo_trackers import DynamoTrackers

CODEGEN_CELLS = there("torch._dynamo.output_graph", "OutputGraph.codegen_cells")
CAN_LEAVE_OUT = hasattr(config, "replay_side_effects") or lacks("torch._dynamo.config.replay_side_effects")
REPORTS = accepts(SideEffects.codegen_update_mutated, "log_side_effects")


def configured(case: Case) -> AbstractContextManager[object]:
    """The configuration that the options of a case want, if it is not the one there is."""
    wanted = []
    if not case.options.replay:
        if CAN_LEAVE_OUT is not True:
            CAN_LEAVE_OUT()
        wanted.append("replay_side_effects")
    if case.options.profile == "unmarked":
        wanted.append("record_runtime_overhead")
    return _patch(tuple(wanted)) if wanted else nullcontext()


@cache
def _patch(switched_off: tuple[str, ...]) -> AbstractContextManager[object]:
    """One for all cases: each that is made leaves a context variable in the process for good."""
    patch: AbstractContextManager[object] = config.patch(dict.fromkeys(switched_off, False))
    return patch


def one_pass(translator: Any, codegen: Any, case: Case, build: DynamoTrackers, *, last: bool) -> None:
    """Everything that the codegen is asked for in one of two passes, or in the only one."""
    effects = translator.output.side_effects
    effects.codegen_save_tempvars(codegen)
    if case.options.replay:
        effects.codegen_hooks(codegen)
    if case.options.logged:
        _log(translator, codegen, build.many(case.options.logged))
    if case.options.resumed:
        CODEGEN_CELLS(translator.output, translator, codegen)
    codegen.restore_stack(build.roots(), value_from_source=case.options.value_from_source)
    reports = REPORTS and last and case.options.reported
    effects.codegen_update_mutated(codegen, **({"log_side_effects": True} if reports else {}))


def _log(translator: Any, codegen: Any, arguments: list[Any]) -> None:
    where = source.GlobalSource(LOGGING)
    function = DebuggingVariable(translator.f_globals[LOGGING], source=where)
    codegen.add_push_null(lambda: codegen(function))
    for argument in arguments:
        codegen(argument)
    codegen.extend_output(bytecode_transformation.create_call_function(len(arguments), False))
    codegen.extend_output([bytecode_transformation.create_instruction("POP_TOP")])
