"""Named conditions on a case, for the predicates of known failures.

Claim: each says something about the case alone, never about what a target made of it.
"""

from __future__ import annotations

from collections.abc import Callable

from generators.case import Case
from generators.contents import after, members
from generators.nodes import children


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


def changed_object_holds_itself(case: Case) -> bool:
    """After the effects some changed list or dict holds itself, directly or through others."""
    held = _held(case)
    return any(at in _reachable(held, at) for at in after(case))


def changed_object_is_held_by_another(case: Case) -> bool:
    """After the effects some changed list or dict is held by another changed object."""
    held = _held(case)
    changed = after(case)
    rebuilt = [at for at in changed if case.nodes[at].kind != "object"]
    return any(at in _reachable(held, holder) for holder in changed for at in rebuilt if at != holder)


def attribute_is_set_after_it_was_deleted(case: Case) -> bool:
    """Some attribute is deleted and, later, set again."""
    deleted: set[tuple[int, str | None]] = set()
    for effect in case.effects:
        place = (effect.on, effect.name)
        if effect.operation == "delete_attribute":
            deleted.add(place)
        elif effect.operation == "set_attribute" and place in deleted:
            return True
    return False


CONDITIONS: dict[str, Callable[[Case], bool]] = {
    condition.__name__: condition
    for condition in (
        changed_object_holds_itself,
        changed_object_is_held_by_another,
        attribute_is_set_after_it_was_deleted,
    )
}
