"""What every container holds after the effects of a case, as node indices.

Claim: `after(case)` says what plain Python would leave, without making anything real; an effect that plain
Python would refuse (no such index, no such key) is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from generators.case import OPERATIONS, Case, DictNode, Effect, ListNode, Node, ObjectNode, TupleNode
from generators.keys import node_identity

Contents: TypeAlias = "list[int] | dict[Any, tuple[int, int]] | dict[str, int]"
"""Items of a list; identity of a key -> (key node, value node) of a dict; name -> node of an object."""


class ImpossibleEffectError(ValueError):
    """An effect that plain Python would refuse; `at` is its place in the case, `what` the reason."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(f"effects[{at}]: {what}")
        self.at = at
        self.what = what


def before(case: Case, node: Node) -> Contents | None:
    """What the node holds before any effect, or None for a leaf."""
    match node:
        case ListNode(items) | TupleNode(items):
            return list(items)
        case DictNode(pairs):
            return {node_identity(case, key): (key, value) for key, value in pairs}
        case ObjectNode(attributes):
            return dict(attributes)
    return None


def after(case: Case) -> dict[int, Contents]:
    """For each node that an effect changes, what it holds in the end; raises ImpossibleEffectError."""
    changed: dict[int, Contents] = {}
    for at, effect in enumerate(case.effects):
        node = case.nodes[effect.on]
        if node.kind not in OPERATIONS[effect.operation][0]:
            raise ImpossibleEffectError(at, f"{effect.operation} does not change a {node.kind}")
        if effect.on not in changed:
            held = before(case, node)
            if held is None:
                raise ImpossibleEffectError(at, f"a {node.kind} cannot be changed")
            changed[effect.on] = held
        try:
            _APPLY[effect.operation](case, changed[effect.on], effect)
        except (IndexError, KeyError):
            raise ImpossibleEffectError(at, _REFUSED[effect.operation]) from None
    return changed


def _insert(case: Case, held: Any, effect: Effect) -> None:
    if effect.index is not None and effect.index > len(held):
        raise IndexError
    held.insert(effect.index, effect.value)


def _delete(case: Case, held: Any, effect: Effect) -> None:
    del held[effect.index]


def _set_key(case: Case, held: Any, effect: Effect) -> None:
    identity = node_identity(case, effect.key or 0)
    # a dict keeps the key that it has
    key = held[identity][0] if identity in held else effect.key
    held[identity] = (key, effect.value)


_REFUSED = {
    "insert": "there is no such place in the list then",
    "set_item": "the list has no such item then",
    "delete_item": "the list has no such item then",
    "delete_key": "the dict has no such key then",
    "delete_attribute": "the object has no such attribute then",
}
_APPLY: dict[str, Callable[[Case, Any, Effect], None]] = {
    "append": lambda case, held, effect: held.append(effect.value),
    "insert": _insert,
    "set_item": lambda case, held, effect: held.__setitem__(effect.index, effect.value),
    "delete_item": _delete,
    "reverse": lambda case, held, effect: held.reverse(),
    "clear": lambda case, held, effect: held.clear(),
    "set_key": _set_key,
    "delete_key": lambda case, held, effect: held.__delitem__(node_identity(case, effect.key or 0)),
    "set_attribute": lambda case, held, effect: held.__setitem__(effect.name, effect.value),
    "delete_attribute": lambda case, held, effect: held.__delitem__(effect.name),
}


def members(contents: Contents) -> list[int]:
    """The nodes held, in order; of a dict's entry the key and then the value."""
    if isinstance(contents, list):
        return contents
    found: list[int] = []
    for member in contents.values():
        found += member if isinstance(member, tuple) else (member,)
    return found
