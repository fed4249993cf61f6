"""Named conditions on a case and a finding in it, for the predicates of known failures.

Claim: each says something about the case, or about the place in it that the finding names, and never about a
target's versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from generators.case import Case
from generators.contents import after, before, held_after, rebound
from generators.instances import USER_CLASSES
from generators.nodes import (
    BoundMethodNode,
    CellNode,
    FunctionNode,
    InstanceNode,
    IteratorNode,
    NamedTupleNode,
    SliceNode,
    StructSequenceNode,
    TupleNode,
    WeakRefNode,
    called_with,
    children,
    is_stored_later,
    is_tuple,
)
from oracles.run import Finding


def _held(case: Case) -> list[tuple[int, ...]]:
    """For each node the nodes it holds after the effects."""
    return held_after(case, children)


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
    """After the effects some changed list or dict is held by another changed object, or by a variable bound
    anew."""
    held = _held(case)
    changed = after(case)
    rebuilt = [at for at in changed if case.nodes[at].kind != "object"]
    bound = set(rebound(case).values())
    return any(
        at in bound or any(at in _reachable(held, holder) for holder in {*changed, *bound} if holder != at)
        for at in rebuilt
    )


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


_MADE_FROM_A_TUPLE = (TupleNode, NamedTupleNode, StructSequenceNode, FunctionNode)


def finding_is_in_a_slice_of_more_than_constants(case: Case, finding: Finding) -> bool:
    """The finding names a new slice of more than constants, a place in one, or a constant beside one in a
    tuple, named tuple or function's defaults: those are taken for one constant with the slice."""
    constant = case.is_constant()
    odd = {at for at, node in enumerate(case.nodes) if isinstance(node, SliceNode) and not constant[at]}
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
    moved = {effect.on for effect in case.effects if effect.operation in ("move_to_end", "move_to_front")}
    return _IN_A_DICT.search(finding.message) is not None and any(
        held == before(case, case.nodes[at]) for at, held in after(case).items() if at in moved
    )


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


def finding_is_in_a_set_of_a_users_class(case: Case, finding: Finding) -> bool:
    """The finding is at an instance of a user's class that is made from `set`."""
    if finding.node is None:
        return False
    node = case.nodes[finding.node]
    return isinstance(node, InstanceNode) and USER_CLASSES[node.name].base == "set"


def new_object_needs_what_is_made_after_it(case: Case, finding: Finding) -> bool:
    """Some new instance is called with, or is frozen and holds, what leads to a new object that comes later
    in the table and is made before the rest, as it is itself."""
    held = _held(case)
    apart = {at for at, node in enumerate(case.nodes) if is_stored_later(node)}
    for at, node in enumerate(case.nodes):
        if not isinstance(node, InstanceNode) or node.source is not None:
            continue
        needed = [*called_with(node, at), *(node.items if is_tuple(node) else ())]
        if node.name == "FrozenRecord":
            needed = list(held[at])
        if any(later >= at for later in _met_first(held, apart, needed)):
            return True
    return False


def attribute_is_deleted_from_a_new_frozen_object(case: Case, finding: Finding) -> bool:
    """An attribute of some new instance of a frozen class is deleted."""
    return any(
        effect.operation == "delete_attribute"
        and isinstance(node := case.nodes[effect.on], InstanceNode)
        and node.name == "FrozenRecord"
        and node.source is None
        for effect in case.effects
    )


def _met_first(held: list[tuple[int, ...]], apart: set[int], start: Iterable[int]) -> set[int]:
    """The nodes of `apart` that are met on the way from `start`, not through another of them."""
    met: set[int] = set()
    seen: set[int] = set()
    pending = list(start)
    while pending:
        at = pending.pop()
        if at in apart:
            met.add(at)
        elif at not in seen:
            seen.add(at)
            pending += held[at]
    return met


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
        existing_named_tuple,
        two_methods_of_one_object_and_name,
        finding_is_in_a_set_of_a_users_class,
        new_object_needs_what_is_made_after_it,
        attribute_is_deleted_from_a_new_frozen_object,
    )
}
