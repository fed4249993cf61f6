"""What every container holds after the effects of a case, as node indices.

Claim: `after(case)` says what plain Python would leave, without making anything real; an effect that plain
Python would refuse (no such index, no such key) is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from generators.case import OPERATIONS, Case, Effect
from generators.keys import node_identity
from generators.makers import MAKERS
from generators.nodes import (
    DefaultDictNode,
    DequeNode,
    DictNode,
    IteratorNode,
    ListNode,
    MadeNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    RangeNode,
    SetNode,
)


@dataclass
class Left:
    """What an iterator over no nodes has left: so many items, None: it never ends."""

    count: int | None

    def take(self) -> None:
        """One item less; raises IndexError where there is none."""
        if self.count == 0:
            raise IndexError
        if self.count is not None:
            self.count -= 1

    def clear(self) -> None:
        """Nothing is left; raises IndexError where it never ends."""
        if self.count is None:
            raise IndexError
        self.count = 0


Contents: TypeAlias = "list[int] | dict[Any, tuple[int, int]] | dict[Any, int] | Left"
"""Items of a list or deque, or that an iterator has left; identity of a key -> (key node, value node) of a
dict; name -> node of an object; identity of an element -> node of a set."""


class ImpossibleEffectError(ValueError):
    """An effect that plain Python would refuse; `at` is its place in the case, `what` the reason."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(f"effects[{at}]: {what}")
        self.at = at
        self.what = what


def before(case: Case, node: Node) -> Contents | None:
    """What the node holds before any effect, or None for one that no effect changes."""
    match node:
        case ListNode(items) | DequeNode(items):
            return list(items)
        case DictNode(pairs) | OrderedDictNode(pairs) | DefaultDictNode(pairs):
            return {node_identity(case.nodes, key): (key, value) for key, value in pairs}
        case SetNode(items):
            return {node_identity(case.nodes, element): element for element in items}
        case ObjectNode(attributes):
            return dict(attributes)
        case IteratorNode(items, position):
            return list(items[position:])
        case MadeNode(name, arguments) if MAKERS[name].changes:
            return _of_made(case, name, arguments)
    return None


def _of_made(case: Case, name: str, arguments: tuple[int, ...]) -> Contents:
    if name == "ordered_set":
        held: dict[Any, int] = {}
        for element in arguments:
            held.setdefault(node_identity(case.nodes, element), element)
        return held
    over = case.nodes[case.same_object(arguments[0]) or 0]
    return Left(len(range(over.start, over.stop, over.step)) if isinstance(over, RangeNode) else None)


def left(case: Case) -> dict[int, Contents]:
    """For each node that an effect changes, what the emitted code leaves in it."""
    return after(case) if case.options.replay else {}


def after(case: Case) -> dict[int, Contents]:
    """For each node that an effect changes, what it holds in the end; raises ImpossibleEffectError."""
    changed: dict[int, Contents] = {}
    for at, effect in enumerate(case.effects):
        node = case.nodes[effect.on]
        made = isinstance(node, MadeNode) and effect.operation not in MAKERS[node.name].changes
        if made or node.kind not in OPERATIONS[effect.operation][0]:
            raise ImpossibleEffectError(at, f"{effect.operation} does not change a {node.kind}")
        if effect.on not in changed:
            held = before(case, node)
            if held is None:
                raise ImpossibleEffectError(at, f"a {node.kind} cannot be changed")
            changed[effect.on] = held
        try:
            _APPLY[effect.operation](case, changed[effect.on], effect)
        except (IndexError, KeyError):
            raise ImpossibleEffectError(at, _REFUSED[effect.operation].format(node.kind)) from None
    return changed


def _limit(case: Case, effect: Effect) -> int | None:
    node = case.nodes[effect.on]
    return node.maxlen if isinstance(node, DequeNode) else None


def _append(case: Case, held: Any, effect: Effect) -> None:
    held.append(effect.value)
    most = _limit(case, effect)
    if most is not None:
        # a deque of limited length loses its first items
        del held[: max(0, len(held) - most)]


def _append_left(case: Case, held: Any, effect: Effect) -> None:
    held.insert(0, effect.value)
    most = _limit(case, effect)
    if most is not None:
        del held[most:]


def _insert(case: Case, held: Any, effect: Effect) -> None:
    if effect.index is not None and effect.index > len(held):
        raise IndexError
    held.insert(effect.index, effect.value)


def _delete(case: Case, held: Any, effect: Effect) -> None:
    del held[effect.index]


def _set_key(case: Case, held: Any, effect: Effect) -> None:
    identity = node_identity(case.nodes, effect.key or 0)
    # a dict keeps the key that it has
    key = held[identity][0] if identity in held else effect.key
    held[identity] = (key, effect.value)


def _move_to_end(case: Case, held: Any, effect: Effect) -> None:
    identity = node_identity(case.nodes, effect.key or 0)
    held[identity] = held.pop(identity)


def _advance(case: Case, held: Any, effect: Effect) -> None:
    if isinstance(held, Left):
        held.take()
    else:
        del held[0]


def _add(case: Case, held: Any, effect: Effect) -> None:
    # a set keeps the element that it has
    held.setdefault(node_identity(case.nodes, effect.value or 0), effect.value)


_REFUSED = {
    "pop_left": "the {} is empty then",
    "insert": "there is no such place in the {} then",
    "set_item": "the {} has no such item then",
    "delete_item": "the {} has no such item then",
    "delete_key": "the {} has no such key then",
    "move_to_end": "the {} has no such key then",
    "discard": "the {} has no such element then",
    "delete_attribute": "the {} has no such attribute then",
    "advance": "the {} has nothing left then",
    "drain": "the {} never ends",
}
_APPLY: dict[str, Callable[[Case, Any, Effect], None]] = {
    "append": _append,
    "append_left": _append_left,
    "pop_left": lambda case, held, effect: held.__delitem__(0),
    "insert": _insert,
    "set_item": lambda case, held, effect: held.__setitem__(effect.index, effect.value),
    "delete_item": _delete,
    "reverse": lambda case, held, effect: held.reverse(),
    **dict.fromkeys(("clear", "drain"), lambda case, held, effect: held.clear()),
    "advance": _advance,
    "set_key": _set_key,
    "delete_key": lambda case, held, effect: held.__delitem__(node_identity(case.nodes, effect.key or 0)),
    "move_to_end": _move_to_end,
    "add": _add,
    "discard": lambda case, held, effect: held.__delitem__(node_identity(case.nodes, effect.value or 0)),
    "set_attribute": lambda case, held, effect: held.__setitem__(effect.name, effect.value),
    "delete_attribute": lambda case, held, effect: held.__delitem__(effect.name),
}


def members(contents: Contents) -> list[int]:
    """The nodes held, in order; of a dict's entry the key and then the value."""
    if isinstance(contents, Left):
        return []
    if isinstance(contents, list):
        return contents
    found: list[int] = []
    for member in contents.values():
        found += member if isinstance(member, tuple) else (member,)
    return found
