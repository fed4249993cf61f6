"""Torch's own trackers of tuples of users' classes and of odd objects.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo import variables

from generators.nodes import MadeNode
from harness.targets.dynamo_here import track_new
from harness.targets.dynamo_made_values import attribute, built
from harness.targets.dynamo_tracing import Made
from oracles import makers_odd
from oracles.makers_odd import Fields, Pair

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def _tuple(kind: type[Any], *, noted: bool = False) -> Made:
    """A tuple of a user's class, called with a tuple of the items; with a note, that is set on it."""

    def make(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        if where is not None:
            return built(made, made.world.objects[at], where)
        items = made.many(node.arguments[1:] if noted else node.arguments)
        tracked = built(made, kind, attribute(made, makers_odd.__name__, kind.__qualname__))
        called = [variables.TupleVariable(items)]
        tracker = track_new(made, tracked, tracked, called)
        if noted:
            made.side_effects.store_attr(tracker, "note", made.trackers[node.arguments[0]])
        return tracker

    return make


def _odd(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return built(made, made.world.objects[at], where)


MADE: dict[str, Made] = {
    "pair": _tuple(Pair),
    "fields": _tuple(Fields),
    "pair_noted": _tuple(Pair, noted=True),
    "odd": _odd,
}
