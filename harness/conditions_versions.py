"""Named conditions on cases that some versions of torch alone do not get right.

Claim: as in `conditions.py`, which lists them.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

from generators.case import Case
from generators.contents import after, members
from generators.links import children
from generators.makers_values import EQUAL_TO
from generators.nodes import (
    ConstantNode,
    DefaultDictNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    InstanceNode,
    IteratorNode,
    MadeNode,
    Node,
    OrderedDictNode,
    SetNode,
)
from oracles.run import Finding

_IN_A_DICT = re.compile(r"\.(keys|values)\[")


def finding_is_in_a_dict_that_was_reordered(case: Case, finding: Finding) -> bool:
    """The place of the finding lies in a dict, and some ordered dict gets keys and has keys moved."""
    moved = {effect.on for effect in case.effects if effect.operation in ("move_to_end", "move_to_front")}
    filled = {effect.on for effect in case.effects if effect.operation == "set_key"}
    return _IN_A_DICT.search(finding.message) is not None and not moved.isdisjoint(filled)


def some_value_holds_itself(case: Case, finding: Finding) -> bool:
    """Some value holds itself, directly or through others, or was stored in itself."""
    if any(effect.value == effect.on for effect in case.effects):
        return True
    changed = after(case)
    held = [
        tuple(members(changed[at])) if at in changed else children(node) for at, node in enumerate(case.nodes)
    ]
    return any(_holds(held, at) for at in range(len(held)))


def _holds(held: list[tuple[int, ...]], start: int) -> bool:
    seen: set[int] = set()
    pending = list(held[start])
    while pending:
        at = pending.pop()
        if at not in seen:
            seen.add(at)
            pending += held[at]
    return start in seen


def frozenset_with_elements_is_built(case: Case, finding: Finding) -> bool:
    """There is a new frozenset, or one that is rebuilt, with something in it."""
    rebuilt = not case.options.value_from_source or bool(case.effects)
    return any(
        isinstance(node, FrozensetNode) and node.items and (node.source is None or rebuilt)
        for node in case.nodes
    )


def new_function_with_several_annotations(case: Case, finding: Finding) -> bool:
    """Some new function has two annotations or more."""
    return any(
        isinstance(node, FunctionNode) and node.source is None and len(node.annotations) > 1
        for node in case.nodes
    )


def _equal_to_members(case: Case, nodes: Iterable[Node]) -> set[Hashable]:
    """What the members of enums among the nodes equal that are strings or numbers too."""
    made = (node for node in nodes if isinstance(node, MadeNode) and node.name == "enum_member")
    named = (case.nodes[node.arguments[0]] for node in made)
    names = (str(node.value) for node in named if isinstance(node, ConstantNode))
    return {EQUAL_TO[name] for name in names if name in EQUAL_TO}


def equal_keys_of_two_types(case: Case, finding: Finding) -> bool:
    """Some changed dict or set meets two constants, as keys or elements, that are equal and of two types."""
    for on in {effect.on for effect in case.effects}:
        node = case.nodes[on]
        asked = [at for effect in case.effects if effect.on == on for at in (effect.key, effect.value)]
        if isinstance(node, SetNode):
            asked += node.items
        elif isinstance(node, DictNode | OrderedDictNode | DefaultDictNode):
            asked += [key for key, _ in node.items]
        elif isinstance(node, InstanceNode):
            asked += [*node.items, *(key for key, _ in node.pairs)]
        else:
            continue
        values = [case.nodes[at] for at in asked if at is not None]
        values += [case.nodes[at] for each in values if isinstance(each, SetNode) for at in each.items]
        constants = [each.value for each in values if isinstance(each, ConstantNode)]
        if not _equal_to_members(case, values).isdisjoint(constants):
            return True
        if any(one == other and type(one) is not type(other) for one in constants for other in constants):
            return True
    return False


def finding_is_in_the_annotations_of_a_new_function(case: Case, finding: Finding) -> bool:
    """The finding is at what an annotation is, and some new function has annotations."""
    annotated = (
        isinstance(node, FunctionNode) and node.source is None and node.annotations for node in case.nodes
    )
    return ".__annotations__[" in finding.message and any(annotated)


_OVER_SEVERAL = frozenset({"zip", "zip_strict", "map", "filter"})


def finding_is_at_what_a_new_zip_map_or_filter_goes_over(case: Case, finding: Finding) -> bool:
    """The finding is at a new zip, map or filter, or at an iterator that one goes over; or an iterator over a
    range is one over a tuple beside one."""
    over: set[int] = set()
    for at, node in enumerate(case.nodes):
        if isinstance(node, MadeNode) and node.name in _OVER_SEVERAL and node.source is None:
            over |= {at, *node.arguments}
    copied = finding.message.endswith(" is a tuple_iterator, not a range_iterator")
    return finding.node in over or (bool(over) and copied)


def finding_is_a_new_iterator_with_nothing_left(case: Case, finding: Finding) -> bool:
    """The finding is at a new iterator all of whose items are taken."""
    node = None if finding.node is None else case.nodes[finding.node]
    return isinstance(node, IteratorNode) and node.source is None and 0 < len(node.items) == node.position


CONDITIONS = (
    finding_is_in_a_dict_that_was_reordered,
    some_value_holds_itself,
    frozenset_with_elements_is_built,
    new_function_with_several_annotations,
    equal_keys_of_two_types,
    finding_is_in_the_annotations_of_a_new_function,
    finding_is_at_what_a_new_zip_map_or_filter_goes_over,
    finding_is_a_new_iterator_with_nothing_left,
)
"""Those that `conditions.py` lists."""
