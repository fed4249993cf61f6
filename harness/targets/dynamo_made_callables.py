"""Torch's own trackers of callables that hold others, of `super`, of methods of slots and of formatted text.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo import variables

from generators.nodes import MadeNode
from harness.targets import dynamo_here as here
from harness.targets.dynamo_made_values import attribute, built, named_at
from harness.targets.dynamo_tracing import Made
from oracles import making

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def _partial(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    function, *arguments = made.many(node.arguments)
    return variables.FunctoolsPartialVariable(function, args=arguments, keywords={})


def _super(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    (held,) = [made.plain[argument] for argument in node.arguments]
    kind = built(made, making.Thing, attribute(made, making.__name__, making.Thing.__qualname__))
    return variables.BuiltinVariable(super).call_function(made.target.translator, [kind, held], {})


def _slot_method(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    if where is not None:
        return built(made, made.world.objects[at], where)
    return here.get_attribute(made.target.translator, made.plain[node.arguments[0]], named_at(made, node, 1))


def _list_method(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    tracker = built(made, made.world.objects[at], where)
    holder = vars(tracker).get("obj")
    if not made.case.options.value_from_source and isinstance(holder, variables.LazyVariableTracker):
        tracker.obj = holder.realize()  # export looks at everything; a list that effects change has a tracker
    return tracker


def _format(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    text, *arguments = made.many(node.arguments)
    return text.call_method(made.target.translator, "format", arguments, {})


MADE: dict[str, Made] = {
    "partial_of": _partial,
    "super": _super,
    "slot_method": _slot_method,
    "list_method": _list_method,
    "format": _format,
}
