"""Named conditions on names that generated code shares with the frame, and on exceptions.

Claim: as in `conditions.py`, which lists them.
"""

from __future__ import annotations

import re

from generators.case import Case
from generators.contents import after
from generators.instances import MAPPINGS
from generators.nodes import (
    DefaultDictNode,
    FrozensetNode,
    InstanceNode,
    MadeNode,
    Node,
    OrderedDictNode,
    base_of,
)
from oracles.run import Finding


def frozenset_is_made_beside_a_global_of_its_name(case: Case, finding: Finding) -> bool:
    """A global is called `frozenset`, and some new frozenset is more than a constant."""
    constant = case.is_constant()
    made = (isinstance(node, FrozensetNode) and not constant[at] for at, node in enumerate(case.nodes))
    return "frozenset" in dict(case.globals) and any(made)


def dict_is_replayed_beside_a_global_called_type(case: Case, finding: Finding) -> bool:
    """A global is called `type`, and some ordered dict, defaultdict or dict of a user's class is new or
    changed; or one is called `list` or `set`, and so is some list or set of a user's class."""
    changed = after(case)
    looked_up = {
        _looked_up(node) for at, node in enumerate(case.nodes) if node.source is None or at in changed
    }
    return not looked_up.isdisjoint(dict(case.globals))


def _looked_up(node: Node) -> str | None:
    """The name that the code which replays what the node holds looks up among the frame's globals."""
    base = base_of(node) if isinstance(node, InstanceNode) else None
    if base in MAPPINGS or isinstance(node, OrderedDictNode | DefaultDictNode):
        return "type"
    return base if base in ("list", "set") else None


def a_global_is_called_range(case: Case, finding: Finding) -> bool:
    """A global is called `range`."""
    return "range" in dict(case.globals)


_NOT_THERE = re.compile(r" object has no attribute '\w+'$")
_TEMPORARY = re.compile(r"tmp_[0-9]+")


def a_cell_is_called_as_a_temporary(case: Case, finding: Finding) -> bool:
    """A free variable has the name of a local that the code makes for itself: the finding names it, or what
    it leads to is changed by a call, and something else was called."""
    called = [name for name, _ in case.free if _TEMPORARY.fullmatch(name)]
    if finding.invariant == "raised":
        changed = {effect.on for effect in case.effects}
        lost = any(at in changed for name, at in case.free if name in called)
        return lost and _NOT_THERE.search(finding.message) is not None
    return any(f"'{name}'" in finding.message for name in called)


_SUPPRESSION = re.compile(r"\.<part 2> is (True|False), not (True|False)$")
_CAUSE = re.compile(r"\.<part [01]> is a NoneType, not a \w+$")


def finding_is_the_suppression_of_an_exception(case: Case, finding: Finding) -> bool:
    """The finding is at the suppression of an exception, and some exception of Python's own has one that does
    not follow from its cause."""
    odd = {"error_from_none", "error_from_shown"}
    made = any(isinstance(node, MadeNode) and node.name in odd for node in case.nodes)
    return made and _SUPPRESSION.search(finding.message) is not None


def finding_is_the_cause_of_a_users_exception(case: Case, finding: Finding) -> bool:
    """The finding is at the cause or the context of an exception, which it lacks, and some exception of a
    user's class has one."""
    led = {"user_error_from", "user_error_while"}
    made = any(isinstance(node, MadeNode) and node.name in led for node in case.nodes)
    return made and _CAUSE.search(finding.message) is not None


def finding_is_what_a_null_manager_gives(case: Case, finding: Finding) -> bool:
    """There is a new `nullcontext` of a value, and the finding is at what entering one gives, or nowhere."""
    made = any(isinstance(node, MadeNode) and node.name == "null_of" for node in case.nodes)
    return made and (finding.node is None or ".enter_result is " in finding.message)


CONDITIONS = (
    frozenset_is_made_beside_a_global_of_its_name,
    dict_is_replayed_beside_a_global_called_type,
    a_global_is_called_range,
    a_cell_is_called_as_a_temporary,
    finding_is_the_suppression_of_an_exception,
    finding_is_the_cause_of_a_users_exception,
    finding_is_what_a_null_manager_gives,
)
