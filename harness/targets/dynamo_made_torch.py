"""Torch's own trackers of torch's objects and functions.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from torch._dynamo import variables
from torch._dynamo.variables import base
from torch._dynamo.variables.misc import DebuggingVariable
from torch._dynamo.variables.sdpa import SDPAParamsVariable
from torch._dynamo.variables.torch import DispatchKeySetVariable, FuncTorchInterpreterVariable

from generators.nodes import MadeNode
from harness.targets import dynamo_shapes as shapes
from harness.targets.dynamo_here import GRAPH_INPUTS, PLAIN_DICTS_KNOW_A_CLASS, absent, there
from harness.targets.dynamo_made_tensors import existing_mode
from harness.targets.dynamo_made_values import attribute, built
from harness.targets.dynamo_objects import CLASSES
from harness.targets.dynamo_things import IS_OPAQUE, Opaque
from harness.targets.dynamo_tracing import Made, method
from oracles.graph_values import AsItself

EventVariable = there("torch._dynamo.variables.streams", "EventVariable")
StreamVariable = there("torch._dynamo.variables.streams", "StreamVariable")

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def _value(made: DynamoTrackers, at: int, node: MadeNode) -> Any:
    """The value itself: the existing one, or what the maker makes while the frame is traced."""
    if node.source is not None:
        return made.world.objects[at]
    return CLASSES.makers[node.name](*(made.world.objects[index] for index in node.arguments))


def _holding_value(kind: Any) -> Made:
    """A tracker that holds the value, and gives it back as a global."""
    return lambda made, at, node, where: kind(_value(made, at, node), source=where)


def _numbered(kind: Any, construct: str) -> Made:
    """An object that the graph knows by a number, and that code ahead of the graph makes or loads.

    As tracing a call of its class gives it, but for the proxy, which would grow the graph, and which only
    uses in the graph ask for.
    """

    def make(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        if GRAPH_INPUTS is None:
            raise absent("objects that the graph knows by a number")
        value = _value(made, at, node)
        if where is not None:
            number = GRAPH_INPUTS.register_user_object(value, where)
            mutation = base.AttributeMutationExisting()
            return kind(None, value, number, source=where, mutation_type=mutation)
        named = {variables.ConstantVariable.create("device"): variables.ConstantVariable.create("cpu")}
        written = getattr(kind, construct)(variables.TupleVariable([]), variables.ConstDictVariable(named))
        return kind(None, value, GRAPH_INPUTS.register_graph_created_object(value, written))

    return make


def _removed_handle(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    kind = variables.RemovableHandleVariable
    return kind(mutation_type=base.ValueMutationNew(), idx=kind.REMOVED)


def _opaque(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    """The graph knows it as itself, and gives it back as one of its outputs."""
    if not IS_OPAQUE:
        raise absent("constants of the graph whose class is opaque")
    if where is not None:
        tracker = built(made, made.world.objects[at], where)
    else:
        kind = built(made, Opaque, attribute(made, Opaque.__module__, Opaque.__qualname__))
        tracker = kind.call_function(made.target.translator, made.many(node.arguments), {})
    value = tracker.as_proxy()
    made.proxies[id(value)] = AsItself(value)
    return tracker


def _function_mode(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return existing_mode(made, at, where)


_HOOKS_ARE_ORDERED = isinstance(shapes.OrderedDict, type) and issubclass(
    variables.NNModuleHooksDictVariable, shapes.OrderedDict
)
"""A module's hooks are an ordered dict to Dynamo, also where there are none."""


def _hooks(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    if not node.arguments and _HOOKS_ARE_ORDERED:
        return shapes.OrderedDict({}, source=where)
    if not node.arguments:
        # of a module without hooks, Dynamo takes them for no existing dict at all
        return variables.ConstDictVariable({})
    keys = [variables.ConstantVariable.create(place) for place in range(len(node.arguments))]
    held = dict(zip(keys, made.many(node.arguments), strict=True))
    kind = variables.NNModuleHooksDictVariable
    classes = (collections.OrderedDict,) if PLAIN_DICTS_KNOW_A_CLASS else ()
    return kind(held, *classes, source=where)


def _sdpa_params(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    constants = [variables.ConstantVariable.create(each) for each in (None, 0.0, False, False)]
    (tensor,) = made.many(node.arguments)
    return SDPAParamsVariable(None, [tensor, tensor, tensor, *constants], source=where)


MADE: dict[str, Made] = {
    "stream": _numbered(StreamVariable, "make_construct_in_graph_stream_fn"),
    "event": _numbered(EventVariable, "make_construct_in_graph_event_fn"),
    "storage": method("untyped_storage"),
    "data_ptr": method("data_ptr"),
    "dispatch_keys": _holding_value(DispatchKeySetVariable),
    "interpreter": _holding_value(FuncTorchInterpreterVariable),
    "opaque": _opaque,
    "removed_handle": _removed_handle,
    "function_of_the_graph": _holding_value(variables.TorchInGraphFunctionVariable),
    "function_that_makes_a_manager": _holding_value(variables.TorchCtxManagerClassVariable),
    "function_that_logs": _holding_value(DebuggingVariable),
    "skipped_function": _holding_value(variables.SkipFunctionVariable),
    "function_mode": _function_mode,
    "hooks": _hooks,
    "sdpa_params": _sdpa_params,
}
"""Name of a maker -> its tracker."""

OF_THEIR_CLASS = frozenset({"stream", "event", "skipped_function"})
"""Makers whose existing values, which are loaded, are no objects of just any class to Dynamo."""
