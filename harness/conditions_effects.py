"""Named conditions on the order in which effects are carried out, and on how they are traced.

Claim: as in `conditions.py`, which lists them.
"""

from __future__ import annotations

import re

from generators.case import Case
from generators.graph import reached
from generators.nodes import FunctionNode, InstanceNode, IteratorNode, MadeNode, SubclassNode
from oracles.run import Finding

_LOGGED = re.compile(r"^logged\[\d+\]\[(\d+)\] has attributes \[\], not \[")


def finding_is_a_logged_tensor_without_its_attributes(case: Case, finding: Finding) -> bool:
    """A new tensor of a subclass was logged with none of its attributes."""
    told = _LOGGED.search(finding.message)
    node = None if told is None else case.nodes[case.options.logged[int(told[1])]]
    return isinstance(node, SubclassNode) and node.source is None


_TWICE = re.compile(r"^logged\[\d+\]\[(\d+)\] is not the object at logged\[\d+\]\[(\d+)\], and should be$")


def finding_is_a_subclass_converted_twice(case: Case, finding: Finding) -> bool:
    """A tensor of a subclass is two where existing values are rebuilt, or where a new one is logged twice."""
    told = _TWICE.search(finding.message)
    if told is None:
        return finding.subject == "tensor_subclass" and not case.options.value_from_source
    first, second = (case.options.logged[int(place)] for place in told.groups())
    node = case.nodes[first]
    return first == second and isinstance(node, SubclassNode) and node.source is None


def list_with_what_is_no_constant_is_searched(case: Case, finding: Finding) -> bool:
    """Something is removed from a list by its value, and in what is or was in it is a new function or
    iterator, an existing one over a range that has moved, or any frozen dataclass."""
    for effect in case.effects:
        if effect.operation != "remove":
            continue
        stored = [other.value for other in case.effects if other.on == effect.on and other.value is not None]
        if any(_is_no_constant(case, at) for at in reached(case.nodes, [effect.on, *stored])):
            return True
    return False


def _is_no_constant(case: Case, at: int) -> bool:
    """Is it a value whose tracker says so by an error of its own?"""
    node = case.nodes[at]
    if isinstance(node, InstanceNode):
        return node.name == "FrozenRecord"
    if isinstance(node, MadeNode):
        return node.name == "range_iterator" and any(effect.on == at for effect in case.effects)
    return isinstance(node, FunctionNode | IteratorNode) and node.source is None


CONDITIONS = (
    finding_is_a_logged_tensor_without_its_attributes,
    finding_is_a_subclass_converted_twice,
    list_with_what_is_no_constant_is_searched,
)
"""Those that `conditions.py` lists."""
