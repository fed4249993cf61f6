"""Torch's own trackers of context managers, and of what is made with one.

Claim: as in `dynamo_trackers.py`. Tracing a call of some managers changes the state of the process, and the
graph, at once: their trackers are made by their classes, with what such a call gives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import source, variables
from torch._dynamo.variables import ctx_manager
from torch._dynamo.variables.builder import SourcelessBuilder

from generators.nodes import MadeNode
from harness.targets.dynamo_contexts import BACKENDS, UserMode, autocast_arguments
from harness.targets.dynamo_here import there, track_new
from harness.targets.dynamo_made_tensors import existing_mode
from harness.targets.dynamo_tracing import Made
from oracles.makers_contexts import UserManager

FxTracebackAnnotate = there(ctx_manager.__name__, "FxTracebackAnnotateVariable")
ErrorOnGraphBreak = there(ctx_manager.__name__, "ErrorOnGraphBreakVariable")
CudagraphOverride = there(ctx_manager.__name__, "CudagraphOverrideVariable")
ProfilerRecordFunction = there(ctx_manager.__name__, "ProfilerRecordFunctionContextVariable")

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def _constants(made: DynamoTrackers, node: MadeNode) -> list[Any]:
    return [made.plain[at].as_python_constant() for at in node.arguments]


def _made(kind: Any, *before: Any) -> Made:
    """A manager of this class, given these and then what its node is made of, all constants."""

    def make(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        return kind(*before, *_constants(made, node), source=where)

    return make


def _grad_mode(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return ctx_manager.GradModeVariable.create(made.target.translator, *_constants(made, node))


def _no_grad(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return variables.TorchCtxManagerClassVariable(torch.no_grad).call_function(made.target.translator, [], {})


def _autocast(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    (enabled,) = _constants(made, node)
    return ctx_manager.AutocastModeVariable(list(autocast_arguments(enabled)), source=where)


def _catch_warnings(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    given = dict(zip(("record",), made.many(node.arguments), strict=False))
    return ctx_manager.CatchWarningsCtxManagerVariable.create(made.target.translator, given)


def _torch_function(kind: Any) -> Made:
    def make(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        called = variables.TorchCtxManagerClassVariable(kind)
        return called.call_function(made.target.translator, [], {})

    return make


def _saved_tensors_hooks(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return ctx_manager.DisabledSavedTensorsHooksVariable(_constants(made, node), [None])


def _record_function(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return ProfilerRecordFunction.create(torch.profiler.record_function, made.many(node.arguments), {})


def _sdpa_kernel(in_order: bool) -> Made:
    def make(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        return ctx_manager.SDPAKernelVariable.create(made.target.translator, list(BACKENDS), in_order)

    return make


def _annotate(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    # the manager gets the source of the function that made it
    named = source.AttrSource(made.target.translator.import_source("torch.fx.traceback"), "annotate")
    (text,) = _constants(made, node)
    return FxTracebackAnnotate({"note": text}, source=named)


def _patched_config(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    (value,) = _constants(made, node)
    return ctx_manager.DynamoConfigPatchVariable({"verbose": value}, source=where)


def _null_of(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return ctx_manager.NullContextVariable(*made.many(node.arguments))


def _new_of_class(made: DynamoTrackers, kind: type[Any]) -> Any:
    """A new object of a user's class, with nothing set on it yet."""
    translator = made.target.translator
    named = source.AttrSource(translator.import_source(kind.__module__), kind.__qualname__)
    return track_new(
        made,
        SourcelessBuilder.create(translator, object),
        variables.UserDefinedClassVariable(kind, source=named),
        [],
    )


def _user_manager(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    tracker = _new_of_class(made, UserManager)
    made.side_effects.store_attr(tracker, "given", made.trackers[node.arguments[0]])
    return tracker


def _user_mode(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return _new_of_class(made, UserMode) if where is None else existing_mode(made, at, where)


def _decorated(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    manager, function = made.many(node.arguments)
    return manager.call_function(made.target.translator, [function], {})


def _entered(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    (manager,) = made.many(node.arguments)
    return ctx_manager.WithExitFunctionVariable(manager, target=None)


MADE: dict[str, Made] = {
    "grad_mode": _grad_mode,
    "no_grad": _no_grad,
    "autocast": _autocast,
    "catch_warnings": _catch_warnings,
    "recorded_warnings": _catch_warnings,
    "disable_torch_function": _torch_function(torch._C.DisableTorchFunction),
    "disable_torch_function_subclass": _torch_function(torch._C.DisableTorchFunctionSubclass),
    "saved_tensors_hooks": _saved_tensors_hooks,
    "record_function": _record_function,
    "sdpa_kernel": _sdpa_kernel(False),
    "sdpa_kernel_in_order": _sdpa_kernel(True),
    "annotate": _annotate,
    "patched_config": _patched_config,
    "error_on_graph_break": _made(ErrorOnGraphBreak),
    "cudagraphs": _made(CudagraphOverride),
    "null_of": _null_of,
    "user_manager": _user_manager,
    "user_mode": _user_mode,
    "decorated": _decorated,
    "entered": _entered,
}
"""Name of a maker -> its tracker."""
