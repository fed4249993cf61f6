"""Torch's own trackers of what is there for its effects.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch._dynamo import variables
from torch._dynamo.variables import base
from torch._dynamo.variables.misc import RandomVariable

from generators.nodes import MadeNode
from harness.targets.dynamo_tracing import Made

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def _random(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    if where is None:
        seed = made.trackers[node.arguments[0]]
        return RandomVariable(seed=seed, mutation_type=base.ValueMutationNew())
    return RandomVariable(made.world.objects[at], source=where, mutation_type=base.ValueMutationExisting())


def _autograd_context(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    if at not in made.live:
        return variables.ConstantVariable.create(None)
    return variables.AutogradFunctionContextVariable.create(made.target.translator)


MADE: Mapping[str, Made] = {"random": _random, "autograd_context": _autograd_context}
