"""What makers make as torch's own trackers, family by family.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generators.makers import MAKERS
from generators.nodes import MadeNode
from harness.targets import dynamo_made_effects as effects
from harness.targets import dynamo_made_iterators as iterators
from harness.targets import dynamo_made_tensors as tensors
from harness.targets.dynamo_objects import existing_object
from harness.targets.dynamo_tracing import Made

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def tracker(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    """The tracker of what a maker makes."""
    if where is not None and MAKERS[node.name].existing == "loaded":
        return existing_object(made, at, where)
    return MADE[node.name](made, at, node, where)


MADE: dict[str, Made] = {**tensors.MADE, **iterators.MADE, **effects.MADE}
"""Name of a maker -> its tracker."""
