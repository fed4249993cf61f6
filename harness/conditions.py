"""Named conditions on a case and a finding in it, for the predicates of known failures.

Claim: each says something about the case, or about the place in it that the finding names, and never about a
target's versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from generators.case import Case
from generators.contents import after, before, members
from generators.nodes import (
    BoundMethodNode,
    CellNode,
    ConstantNode,
    DefaultDictNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    IteratorNode,
    NamedTupleNode,
    OrderedDictNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    TupleNode,
    WeakRefNode,
    children,
)
from oracles.run import Finding


def _held(case: Case) -> list[tuple[int, ...]]:
    """For each node the nodes it holds after the effects."""
    changed = after(case)
    return [
        tuple(members(changed[at])) if at in changed else children(node) for at, node in enumerate(case.nodes)
    ]


def _reachable(held: list[tuple[int, ...]], start: int) -> set[int]:
    """The nodes below `start`; `start` itself only if it holds itself, directly or not."""
    seen: set[int] = set()
    pending = list(held[start])
    while pending:
        at = pending.pop()
        if at not in seen:
            seen.add(at)
            pending += held[at]
    return seen


def changed_object_holds_itself(case: Case, finding: Finding) -> bool:
    """After the effects some changed list or dict holds itself, directly or through others."""
    held = _held(case)
    return any(at in _reachable(held, at) for at in after(case))


def changed_object_is_held_by_another(case: Case, finding: Finding) -> bool:
    """After the effects some changed list or dict is held by another changed object."""
    held = _held(case)
    changed = after(case)
    rebuilt = [at for at in changed if case.nodes[at].kind != "object"]
    return any(at in _reachable(held, holder) for holder in changed for at in rebuilt if at != holder)


def attribute_is_set_after_it_was_deleted(case: Case, finding: Finding) -> bool:
    """Some attribute is deleted and, later, set again."""
    deleted: set[tuple[int, str | None]] = set()
    for effect in case.effects:
        place = (effect.on, effect.name)
        if effect.operation == "delete_attribute":
            deleted.add(place)
        elif effect.operation == "set_attribute" and place in deleted:
            return True
    return False


_IN_A_SLICE = re.compile(r"\.(start|stop|step)\b")
_TRACKER_IN_A_SLICE = re.compile(r"\.(start|stop|step) is an? \w+Variable,")


_MADE_FROM_A_TUPLE = (TupleNode, NamedTupleNode, StructSequenceNode, FunctionNode)


def finding_is_in_a_slice_of_more_than_constants(case: Case, finding: Finding) -> bool:
    """The finding names a new slice of more than constants, a place in one, or a constant beside one in a
    tuple, named tuple or function's defaults: those are taken for one constant with the slice."""
    constant = case.is_constant()
    odd = {at for at, node in enumerate(case.nodes) if isinstance(node, SliceNode) and not constant[at]}
    if _TRACKER_IN_A_SLICE.search(finding.message) is not None:
        return True
    if not odd:
        return False
    if finding.node in odd or _IN_A_SLICE.search(finding.message) is not None:
        return True
    together = (set(children(node)) for node in case.nodes if isinstance(node, _MADE_FROM_A_TUPLE))
    return (
        finding.node is not None
        and constant[finding.node]
        and any(finding.node in held and not odd.isdisjoint(held) for held in together)
    )


def finding_is_a_list_iterator_over_a_tuple(case: Case, finding: Finding) -> bool:
    """A new iterator over a list is one over a tuple."""
    if finding.node is None:
        return False
    node = case.nodes[finding.node]
    is_list = isinstance(node, IteratorNode) and node.over == "list" and node.source is None
    return is_list and finding.message.endswith("is a tuple_iterator, not a list_iterator")


def finding_is_an_empty_cell(case: Case, finding: Finding) -> bool:
    """The finding is at a cell that has nothing in it."""
    return finding.node is not None and case.nodes[finding.node] == CellNode()


def finding_is_a_weak_reference(case: Case, finding: Finding) -> bool:
    """The finding is at a weak reference: at its node, or, where places have none (elements of a set, the
    stack of a script), by what is told of it."""
    if finding.node is not None and isinstance(case.nodes[finding.node], WeakRefNode):
        return True
    return finding.message.endswith(" not a ReferenceType")


def new_function_over_an_empty_cell(case: Case, finding: Finding) -> bool:
    """Some new function has, among its cells, one with nothing in it."""
    return any(
        isinstance(node, FunctionNode) and any(case.nodes[cell] == CellNode() for cell in node.closure)
        for node in case.nodes
    )


_IN_A_DICT = re.compile(r"\.(keys|values)\[")


def finding_is_in_a_dict_whose_keys_only_moved(case: Case, finding: Finding) -> bool:
    """The place of the finding lies in a dict, and the effects leave some ordered dict as it was but for the
    order of its keys."""
    moved = {effect.on for effect in case.effects if effect.operation == "move_to_end"}
    return _IN_A_DICT.search(finding.message) is not None and any(
        held == before(case, case.nodes[at]) for at, held in after(case).items() if at in moved
    )


def finding_is_in_a_dict_that_was_reordered(case: Case, finding: Finding) -> bool:
    """The place of the finding lies in a dict, and some ordered dict gets keys and has keys moved."""
    moved = {effect.on for effect in case.effects if effect.operation == "move_to_end"}
    filled = {effect.on for effect in case.effects if effect.operation == "set_key"}
    return _IN_A_DICT.search(finding.message) is not None and not moved.isdisjoint(filled)


def some_value_holds_itself(case: Case, finding: Finding) -> bool:
    """Some value holds itself, directly or through others."""
    held = _held(case)
    return any(at in _reachable(held, at) for at in range(len(held)))


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


def equal_keys_of_two_types(case: Case, finding: Finding) -> bool:
    """Some changed dict or set meets two constants, as keys or elements, that are equal and of two types."""
    for on in {effect.on for effect in case.effects}:
        node = case.nodes[on]
        asked = [at for effect in case.effects if effect.on == on for at in (effect.key, effect.value)]
        if isinstance(node, SetNode):
            asked += node.items
        elif isinstance(node, DictNode | OrderedDictNode | DefaultDictNode):
            asked += [key for key, _ in node.items]
        else:
            continue
        values = [case.nodes[at] for at in asked if at is not None]
        constants = [each.value for each in values if isinstance(each, ConstantNode)]
        if any(one == other and type(one) is not type(other) for one in constants for other in constants):
            return True
    return False


def existing_named_tuple(case: Case, finding: Finding) -> bool:
    """There is an existing named tuple or struct sequence."""
    return any(
        isinstance(node, NamedTupleNode | StructSequenceNode) and node.source is not None
        for node in case.nodes
    )


def two_methods_of_one_object_and_name(case: Case, finding: Finding) -> bool:
    """The finding is at a method bound anew to an existing object, and another one is bound to it by the same
    name."""
    if finding.node is None:
        return False
    node = case.nodes[finding.node]
    if not isinstance(node, BoundMethodNode) or node.source is not None or case.nodes[node.of].source is None:
        return False
    return sum(other == node for other in case.nodes) > 1


CONDITIONS: dict[str, Callable[[Case, Finding], bool]] = {
    condition.__name__: condition
    for condition in (
        changed_object_holds_itself,
        changed_object_is_held_by_another,
        attribute_is_set_after_it_was_deleted,
        finding_is_in_a_slice_of_more_than_constants,
        finding_is_a_list_iterator_over_a_tuple,
        finding_is_an_empty_cell,
        finding_is_a_weak_reference,
        new_function_over_an_empty_cell,
        finding_is_in_a_dict_whose_keys_only_moved,
        finding_is_in_a_dict_that_was_reordered,
        some_value_holds_itself,
        frozenset_with_elements_is_built,
        new_function_with_several_annotations,
        equal_keys_of_two_types,
        existing_named_tuple,
        two_methods_of_one_object_and_name,
    )
}
