"""Named conditions on a case and a finding in it, for the predicates of known failures.

Claim: each says something about the case, or about the place in it that the finding names, and never about a
target's versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from generators.case import Case, TupleIteratorItem
from generators.contents import after, before, held_after, rebound
from generators.graph import reached
from generators.instances import USER_CLASSES
from generators.links import children
from generators.makers import ITERATING, is_made_aside
from generators.nodes import (
    BoundMethodNode,
    CellNode,
    DefaultDictNode,
    FunctionNode,
    InstanceNode,
    IteratorNode,
    ListNode,
    MadeNode,
    NamedTupleNode,
    Node,
    OrderedDictNode,
    SliceNode,
    StructSequenceNode,
    SubclassNode,
    TupleNode,
    WeakRefNode,
    called_with,
    is_stored_later,
    is_tuple,
)
from harness import conditions_effects, conditions_names, conditions_versions
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
    """Some attribute is deleted and, later, set again; where the finding is at a `__dict__`, it is one of its
    object, and another key stands in a place."""
    deleted: set[tuple[int, str | None]] = set()
    again: set[int] = set()
    for effect in case.effects:
        place = (effect.on, effect.name)
        if effect.operation == "delete_attribute":
            deleted.add(place)
        elif effect.operation == "set_attribute" and place in deleted:
            again.add(effect.on)
    shown = _made(case, finding.node, "attributes")
    if shown is not None:
        return shown.arguments[0] in again and _KEY.search(finding.message) is not None
    return bool(again)


_KEY = re.compile(r"\.keys\[\d+\] is '\w+', not '\w+'$")


_IN_A_SLICE = re.compile(r"\.(start|stop|step)\b")
_TRACKER_IN_A_SLICE = re.compile(r"\.(start|stop|step) is an? \w+Variable(Tracker)?,")


_MADE_FROM_A_TUPLE = (TupleNode, NamedTupleNode, StructSequenceNode, FunctionNode)


def finding_is_in_a_slice_of_more_than_constants(case: Case, finding: Finding) -> bool:
    """The finding names a new slice of more than constants, a place in one, a tuple that holds one, or a
    constant beside one in a tuple, named tuple or function's defaults: those are taken for one constant with
    the slice."""
    constant = case.is_constant()
    odd = {at for at, node in enumerate(case.nodes) if isinstance(node, SliceNode) and not constant[at]}
    if _TRACKER_IN_A_SLICE.search(finding.message) is not None:
        return True
    if not odd:
        return False
    at = finding.node
    if at in odd or _IN_A_SLICE.search(finding.message) is not None:
        return True
    if at is None:
        return False
    if isinstance(case.nodes[at], TupleNode) and odd.intersection(reached(case.nodes, [at])):
        return True
    together = (set(children(node)) for node in case.nodes if isinstance(node, _MADE_FROM_A_TUPLE))
    return constant[at] and any(at in held and not odd.isdisjoint(held) for held in together)


def finding_is_a_list_iterator_over_a_tuple(case: Case, finding: Finding) -> bool:
    """A new iterator over a list is one over a tuple; it may be one that a maker made of a list."""
    if finding.node is None:
        return False
    node = case.nodes[finding.node]
    is_list = isinstance(node, IteratorNode) and node.over == "list" and node.source is None
    if isinstance(node, MadeNode) and node.source is None and node.name in ITERATING:
        is_list = any(isinstance(case.nodes[at], ListNode) for at in node.arguments)
    return is_list and finding.message.endswith("is a tuple_iterator, not a list_iterator")


def _made(case: Case, at: int | None, *names: str) -> MadeNode | None:
    """The node, if it is what one of these makers makes."""
    node = None if at is None else case.nodes[at]
    return node if isinstance(node, MadeNode) and node.name in names else None


_NOT_TRACKED = re.compile(r" is a tuple_iterator, not a (enumerate|chain)$")


def finding_is_an_iterator_without_a_tracker(case: Case, finding: Finding) -> bool:
    """An enumerate or a chain is an iterator over a tuple."""
    made = _made(case, finding.node, "enumerate", "chain")
    return made is not None and _NOT_TRACKED.search(finding.message) is not None


def finding_is_a_reversed_range(case: Case, finding: Finding) -> bool:
    """The finding is at a new iterator over a range backwards."""
    return _made(case, finding.node, "reversed_range") is not None


_PART = re.compile(r"\.<part \d+> is ")


def finding_is_an_element_of_an_ordered_set(case: Case, finding: Finding) -> bool:
    """The finding is that one element stands in the place of another in an ordered set that is rebuilt."""
    made = _made(case, finding.node, "ordered_set")
    rebuilt = made is not None and (made.source is None or not case.options.value_from_source)
    return rebuilt and _PART.search(finding.message) is not None


def finding_is_a_changed_ordered_set(case: Case, finding: Finding) -> bool:
    """The finding is at an existing ordered set that effects change."""
    changed = any(effect.on == finding.node for effect in case.effects)
    return changed and _made(case, finding.node, "ordered_set") is not None


def finding_is_the_dict_of_a_new_function(case: Case, finding: Finding) -> bool:
    """The finding is at the `__dict__` of a new function: asked for as a value, or as what the function has
    where that was asked for as well."""
    of_new = {
        at: made.arguments[0]
        for at in range(len(case.nodes))
        if (made := _made(case, at, "attributes")) and case.nodes[made.arguments[0]].source is None
    }
    if " is not the object at " in finding.message and ".__dict__" in finding.message:
        # told of the dict, or of the function that has it
        return bool(of_new) and finding.node in (None, *of_new, *of_new.values())
    return finding.node in of_new


def finding_is_a_rebuilt_view_of_keys(case: Case, finding: Finding) -> bool:
    """Existing keys of a dict, where existing values are rebuilt, are a set."""
    made = _made(case, finding.node, "keys")
    is_set = finding.message.endswith((" is a set, not a dict_keys", " is a set, not a odict_keys"))
    return made is not None and made.source is not None and is_set


def finding_is_a_viewed_new_dict(case: Case, finding: Finding) -> bool:
    """The finding is at a new ordered dict or defaultdict that a view or a proxy shows, or at that view.

    A refusal is at no node: then such a dict holds what shows it.
    """
    if finding.node is None:
        return new_dict_holds_what_shows_it(case)
    shown: set[int | None] = set()
    for at in range(len(case.nodes)):
        made = _made(case, at, "keys", "values", "items", "mapping_proxy")
        held = None if made is None else case.nodes[made.arguments[0]]
        if made is not None and isinstance(held, OrderedDictNode | DefaultDictNode) and held.source is None:
            shown |= {at, made.arguments[0]}
    return finding.node in shown


def new_dict_holds_what_shows_it(case: Case) -> bool:
    """Does a new ordered dict or defaultdict hold, at any depth, a view or a proxy of itself?"""
    for at in range(len(case.nodes)):
        made = _made(case, at, "keys", "values", "items", "mapping_proxy")
        held = None if made is None else case.nodes[made.arguments[0]]
        new = isinstance(held, OrderedDictNode | DefaultDictNode) and held.source is None
        if held is not None and new and at in reached(case.nodes, children(held)):
            return True
    return False


def finding_is_a_drained_iterator(case: Case, finding: Finding) -> bool:
    """The finding is at an existing iterator of which an effect takes all that is left."""
    return any(effect.operation == "drain" and effect.on == finding.node for effect in case.effects)


def item_of_an_iterator_that_moved(case: Case, finding: Finding) -> bool:
    """Some source leads through an item of an existing iterator over a tuple that an effect advances."""
    leads_to = case.source_targets()
    moved = {effect.on for effect in case.effects if effect.operation == "advance"}
    return any(
        isinstance(source, TupleIteratorItem) and leads_to[source.base] in moved for source in case.sources
    )


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
    empty = [
        isinstance(node, CellNode) and node.contents is None and node.source is None for node in case.nodes
    ]
    return any(
        isinstance(node, FunctionNode) and any(empty[cell] for cell in node.closure) for node in case.nodes
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
    """There is an existing named tuple, struct sequence, or tuple of a user's class."""
    return any(
        node.source is not None
        and (
            isinstance(node, NamedTupleNode | StructSequenceNode)
            or is_tuple(node)
            or (isinstance(node, MadeNode) and node.name in _TUPLES)
        )
        for node in case.nodes
    )


_TUPLES = frozenset({"pair", "fields", "pair_noted"})
"""The makers of tuples of users' classes."""


def two_methods_of_one_object_and_name(case: Case, finding: Finding) -> bool:
    """The finding is at a method bound anew to an existing object, and another one is bound to it by the same
    name."""
    if finding.node is None:
        return False
    node = case.nodes[finding.node]
    bound = _bound(case, node)
    return bound is not None and sum(_bound(case, other) == bound for other in case.nodes) > 1


def _bound(case: Case, node: Node) -> tuple[int, str] | None:
    """The existing object and the name of a method that is bound anew at a node, if one is."""
    if isinstance(node, BoundMethodNode):
        bound: tuple[int, Any] = (node.of, node.name)
    elif isinstance(node, MadeNode) and node.name == "slot_method":
        of, name = node.arguments
        bound = (of, getattr(case.nodes[name], "value", ""))
    else:
        return None
    return None if node.source is not None or case.nodes[bound[0]].source is None else bound


def finding_is_in_a_set_of_a_users_class(case: Case, finding: Finding) -> bool:
    """The finding is at an instance of a user's class that is made from `set`."""
    if finding.node is None:
        return False
    node = case.nodes[finding.node]
    return isinstance(node, InstanceNode) and USER_CLASSES[node.name].base == "set"


def new_object_needs_what_is_made_after_it(case: Case, finding: Finding) -> bool:
    """Some new object of a class is called with, or is frozen and holds, what leads to a new object that
    comes later in the table and is made before the rest, as it is itself. Where the finding is at attributes,
    there are none at all; there and where one object is two, there was one pass."""
    lacking = finding.message.partition(" has attributes ")[2].startswith("[], ")
    if finding.invariant == "names" and not lacking:
        return False
    if finding.invariant in ("names", "sharing-lost") and case.options.passes != 1:
        return False
    held = _held(case)
    apart = {
        at
        for at, node in enumerate(case.nodes)
        if is_stored_later(node) or is_made_aside(node) or _is_tracked_when_new(node)
    }
    for at, node in enumerate(case.nodes):
        if node.source is None and any(
            later >= at for later in _met_first(held, apart, _made_with(held, at, node))
        ):
            return True
    return False


_CALLED_WITH = {
    **dict.fromkeys(("pair", "fields", "user_error", "user_error_of_its_own"), 0),
    **dict.fromkeys(("pair_noted", "user_error_from", "user_error_while", "user_error_noted"), 1),
}
"""Makers of objects of users' classes -> the first of their arguments that the class is called with."""


def _made_with(held: list[tuple[int, ...]], at: int, node: Node) -> list[int]:
    """The nodes that a new object at index `at` is made with."""
    if isinstance(node, MadeNode) and node.name in _CALLED_WITH:
        return list(node.arguments[_CALLED_WITH[node.name] :])
    if not isinstance(node, InstanceNode):
        return []
    if node.name == "FrozenRecord":
        return list(held[at])
    return [*called_with(node, at), *(node.items if is_tuple(node) else ())]


def _is_tracked_when_new(node: Node) -> bool:
    """Is it something new that Dynamo tracks as an object, beside what is stored later?"""
    of_a_user = isinstance(node, MadeNode) and node.name in ("user_manager", "user_mode")
    return node.source is None and (of_a_user or isinstance(node, SubclassNode))


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
        finding_is_an_iterator_without_a_tracker,
        finding_is_a_reversed_range,
        finding_is_an_element_of_an_ordered_set,
        finding_is_a_changed_ordered_set,
        finding_is_the_dict_of_a_new_function,
        finding_is_a_rebuilt_view_of_keys,
        finding_is_a_viewed_new_dict,
        finding_is_a_drained_iterator,
        item_of_an_iterator_that_moved,
        finding_is_an_empty_cell,
        finding_is_a_weak_reference,
        new_function_over_an_empty_cell,
        finding_is_in_a_dict_whose_keys_only_moved,
        existing_named_tuple,
        two_methods_of_one_object_and_name,
        *conditions_names.CONDITIONS,
        *conditions_versions.CONDITIONS,
        finding_is_in_a_set_of_a_users_class,
        new_object_needs_what_is_made_after_it,
        *conditions_effects.CONDITIONS,
        attribute_is_deleted_from_a_new_frozen_object,
    )
}
