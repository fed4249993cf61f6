"""Trackers that torch's own tracing makes: a builtin or a method called on other trackers.

Claim: what is given is what tracing such a call gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo import variables

from generators.nodes import MadeNode

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers

Made = Callable[["DynamoTrackers", int, MadeNode, Any], Any]
"""Makes the tracker of a node, given all trackers made so far, the node's index, the node and the source."""


def traced(function: Any, **constants: Any) -> Made:
    """The tracker that tracing a call of this builtin gives; `constants`: what it is given by keyword."""

    def call(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        builtin = variables.BuiltinVariable(function)
        named = {name: variables.ConstantVariable.create(value) for name, value in constants.items()}
        return builtin.call_function(made.target.translator, made.many(node.arguments), named)

    return call


def method(name: str) -> Made:
    """The tracker that tracing a call of the first argument's method gives."""

    def call(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        held, *arguments = made.many(node.arguments)
        return held.call_method(made.target.translator, name, arguments, {})

    return call
