"""What makers make as torch's own trackers, family by family.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generators.makers import MAKERS
from generators.nodes import MadeNode
from harness.targets import dynamo_made_callables as callables
from harness.targets import dynamo_made_contexts as contexts
from harness.targets import dynamo_made_effects as effects
from harness.targets import dynamo_made_exceptions as exceptions
from harness.targets import dynamo_made_iterators as iterators
from harness.targets import dynamo_made_odd as odd
from harness.targets import dynamo_made_tensors as tensors
from harness.targets import dynamo_made_torch as of_torch
from harness.targets import dynamo_made_values as values
from harness.targets.dynamo_objects import existing_object
from harness.targets.dynamo_tracing import Made

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def tracker(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    """The tracker of what a maker makes."""
    if where is not None and MAKERS[node.name].existing == "loaded" and node.name not in BUILT:
        return existing_object(made, at, where)
    return MADE[node.name](made, at, node, where)


TAKE = iterators.TAKE
"""Effect -> how tracing takes items from the tracker of an iterator."""

MADE: dict[str, Made] = {
    **iterators.MADE,
    **values.MADE,
    **exceptions.MADE,
    **callables.MADE,
    **odd.MADE,
    **contexts.MADE,
    **of_torch.MADE,
    **effects.MADE,
    **tensors.MADE,
}
"""Name of a maker -> its tracker."""

BUILT = frozenset({*values.MADE, *exceptions.MADE, *callables.MADE, *odd.MADE, *of_torch.OF_THEIR_CLASS})
"""The makers whose existing values too are tracked as MADE says, and not as objects of a class."""
