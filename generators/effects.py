"""Effects: changes to existing containers and attributes, in order.

Claim: every effect drawn is one that plain Python would carry out there and then; what is stored is often an
existing object or one that is returned too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from generators import limits, sources
from generators.builder import Builder
from generators.case import Effect, Options
from generators.contents import Contents, Left, after, before
from generators.draw import Weighted
from generators.keys import equals_itself
from generators.made import element
from generators.makers import MAKERS
from generators.members import key
from generators.nodes import DequeNode, MadeNode


def draw_effects(builder: Builder) -> list[Effect]:
    """The effects of a case whose roots are drawn; nodes for new values are added to the table."""
    draw = builder.draw
    effects: list[Effect] = []
    if not draw.chance(limits.ANY_EFFECT):
        return effects
    limited = draw.chance(limits.CHANGE_LIMITED)
    another = None
    new = draw.chance(limits.CHANGE_ANOTHER)
    if new or not any(_can_change(builder, at) for at in builder.existing):
        another = sources.draw_changeable(builder, limits.DEPTH.high - 2)
    changeable = [
        at
        for at in builder.existing
        if _can_change(builder, at) and (limited or not _is_limited(builder, at))
    ]
    on = changeable[-1] if changeable else 0
    for _ in range(limits.EFFECTS.high):
        if not changeable or (effects and not draw.chance(limits.MORE_EFFECTS)):
            break
        again = draw.chance(limits.SAME_AGAIN)
        if not (again and effects):
            on = draw.choice(changeable)
        effect = _DRAW[builder.nodes[on].kind](builder, on, _held(builder, effects, on))
        if effect is not None:
            effects.append(effect)
    if not effects and another in changeable:
        # what was drawn to be changed is: nothing else may name it
        moves = "advance" in _allowed(builder, another)
        if not moves:
            effects.append(Effect("clear", another))
        elif _held(builder, effects, another) not in ([], Left(0)):
            effects.append(Effect("advance", another))
    return effects


def _can_change(builder: Builder, at: int) -> bool:
    node = builder.nodes[at]
    return bool(_allowed(builder, at)) if isinstance(node, MadeNode) else node.kind in _DRAW


def _allowed(builder: Builder, at: int) -> tuple[str, ...]:
    """The effects that an iterator or what a maker made allows."""
    node = builder.nodes[at]
    if isinstance(node, MadeNode):
        return MAKERS[node.name].changes
    return ("advance", "drain") if node.kind == "iterator" else ()


def _is_limited(builder: Builder, at: int) -> bool:
    node = builder.nodes[at]
    return isinstance(node, DequeNode) and node.maxlen is not None


def _held(builder: Builder, effects: list[Effect], on: int) -> Any:
    """What the node holds after the effects so far."""
    case = builder.case([on], effects, Options())
    contents: dict[int, Contents] = after(case)
    if on in contents:
        return contents[on]
    return before(case, case.nodes[on])


def _value(builder: Builder) -> int:
    return builder.node(limits.DEPTH.high - 2)


def _sequence_effect(operations: Weighted[str]) -> _Family:
    """Effects on a list or a deque, by operation."""

    def draw_one(builder: Builder, on: int, held: list[int]) -> Effect | None:
        draw = builder.draw
        operation = draw.weighted(operations)
        if operation in ("set_item", "delete_item", "pop_left") and not held:
            return None
        index = None
        if operation == "insert":
            index = draw.integer(0, len(held))
        elif operation in ("set_item", "delete_item"):
            index = draw.integer(0, len(held) - 1)
        stores = operation in ("append", "append_left", "insert", "set_item")
        return Effect(operation, on, index=index, value=_value(builder) if stores else None)

    return draw_one


def _set_effect(builder: Builder, on: int, held: dict[Any, int]) -> Effect | None:
    operation = builder.draw.weighted(_ON_SET)
    if operation == "clear":
        return Effect("clear", on)
    known = [element for element in held.values() if equals_itself(builder.nodes, element)]
    if operation == "discard":
        return Effect("discard", on, value=builder.draw.choice(known)) if known else None
    index = key(builder, set())
    if index is None or not equals_itself(builder.nodes, index):
        return None
    return Effect("add", on, value=index)


def _dict_effect(builder: Builder, on: int, held: dict[Any, tuple[int, int]]) -> Effect | None:
    draw = builder.draw
    ordered = builder.nodes[on].kind == "ordered_dict"
    operation = draw.weighted(_ON_ORDERED_DICT if ordered else _ON_DICT)
    if operation == "clear":
        return Effect("clear", on)
    known = [entry[0] for entry in held.values() if equals_itself(builder.nodes, entry[0])]
    reuse = draw.chance(limits.KNOWN_KEY)
    if operation in ("delete_key", "move_to_end") or (reuse and known):
        if not known:
            return None
        index: int | None = draw.choice(known)
    else:
        index = key(builder, set())
    if index is None or not equals_itself(builder.nodes, index):
        return None
    value = _value(builder) if operation == "set_key" else None
    return Effect(operation, on, key=index, value=value)


def _iterator_effect(builder: Builder, on: int, held: Any) -> Effect | None:
    by_item = builder.draw.chance(limits.ADVANCE_BY_ITEM)
    if not by_item and "drain" in _allowed(builder, on):
        return Effect("drain", on)
    return None if held in ([], Left(0)) else Effect("advance", on)


def _made_effect(builder: Builder, on: int, held: Any) -> Effect | None:
    if "advance" in _allowed(builder, on):
        return _iterator_effect(builder, on, held)
    operation = builder.draw.weighted(_ON_SET)
    if operation == "clear":
        return Effect("clear", on)
    if operation == "discard":
        return Effect("discard", on, value=builder.draw.choice(list(held.values()))) if held else None
    return Effect("add", on, value=element(builder))


def _object_effect(builder: Builder, on: int, held: dict[str, int]) -> Effect | None:
    draw = builder.draw
    if held and draw.chance(limits.DELETE_ATTRIBUTE):
        return Effect("delete_attribute", on, name=draw.choice(list(held)))
    return Effect("set_attribute", on, name=draw.choice(limits.ATTRIBUTE_NAMES), value=_value(builder))


_Family = Callable[[Builder, int, Any], Effect | None]
_ON_LIST = Weighted(
    [(40, "append"), (15, "insert"), (20, "set_item"), (12, "delete_item"), (5, "reverse"), (8, "clear")]
)
_ON_DEQUE = Weighted(
    [
        (26, "append"),
        (20, "append_left"),
        (28, "pop_left"),
        (12, "set_item"),
        (8, "delete_item"),
        (6, "clear"),
    ]
)
_ON_DICT = Weighted([(68, "set_key"), (24, "delete_key"), (8, "clear")])
_ON_ORDERED_DICT = Weighted([(44, "set_key"), (18, "delete_key"), (30, "move_to_end"), (8, "clear")])
_ON_SET = Weighted([(62, "add"), (28, "discard"), (10, "clear")])
_DRAW: dict[str, _Family] = {
    "list": _sequence_effect(_ON_LIST),
    "deque": _sequence_effect(_ON_DEQUE),
    "dict": _dict_effect,
    "ordered_dict": _dict_effect,
    "defaultdict": _dict_effect,
    "set": _set_effect,
    "object": _object_effect,
    "iterator": _iterator_effect,
    "made": _made_effect,
}
