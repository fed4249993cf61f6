"""Effects: changes to existing lists, dicts and attributes, in order.

Claim: every effect drawn is one that plain Python would carry out there and then; what is stored is often an
existing object or one that is returned too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from generators import limits
from generators.builder import Builder
from generators.case import Effect, Options
from generators.contents import Contents, after, before
from generators.draw import Weighted
from generators.members import key


def draw_effects(builder: Builder) -> list[Effect]:
    """The effects of a case whose roots are drawn; nodes for new values are added to the table."""
    draw = builder.draw
    effects: list[Effect] = []
    if not draw.chance(limits.ANY_EFFECT):
        return effects
    changeable = [at for at in builder.existing if builder.nodes[at].kind in _DRAW]
    for _ in range(limits.EFFECTS.high):
        if not changeable or (effects and not draw.chance(limits.MORE_EFFECTS)):
            break
        on = draw.choice(changeable)
        effect = _DRAW[builder.nodes[on].kind](builder, on, _held(builder, effects, on))
        if effect is not None:
            effects.append(effect)
    return effects


def _held(builder: Builder, effects: list[Effect], on: int) -> Any:
    """What the node holds after the effects so far."""
    case = builder.case([on], effects, Options())
    contents: dict[int, Contents] = after(case)
    if on in contents:
        return contents[on]
    return before(case, case.nodes[on])


def _value(builder: Builder) -> int:
    return builder.node(limits.DEPTH.high - 2)


def _list_effect(builder: Builder, on: int, held: list[int]) -> Effect | None:
    draw = builder.draw
    operation = draw.weighted(_ON_LIST)
    if operation in ("set_item", "delete_item") and not held:
        return None
    index = None
    if operation == "insert":
        index = draw.integer(0, len(held))
    elif operation in ("set_item", "delete_item"):
        index = draw.integer(0, len(held) - 1)
    value = _value(builder) if operation in ("append", "insert", "set_item") else None
    return Effect(operation, on, index=index, value=value)


def _dict_effect(builder: Builder, on: int, held: dict[Any, tuple[int, int]]) -> Effect | None:
    draw = builder.draw
    operation = draw.weighted(_ON_DICT)
    if operation == "clear":
        return Effect("clear", on)
    known = [entry[0] for entry in held.values()]
    reuse = draw.chance(limits.KNOWN_KEY)
    if operation == "delete_key" or (reuse and known):
        if not known:
            return None
        index: int | None = draw.choice(known)
    else:
        index = key(builder, set())
    if index is None:
        return None
    value = _value(builder) if operation == "set_key" else None
    return Effect(operation, on, key=index, value=value)


def _object_effect(builder: Builder, on: int, held: dict[str, int]) -> Effect | None:
    draw = builder.draw
    if held and draw.chance(limits.DELETE_ATTRIBUTE):
        return Effect("delete_attribute", on, name=draw.choice(list(held)))
    return Effect("set_attribute", on, name=draw.choice(limits.ATTRIBUTE_NAMES), value=_value(builder))


_ON_LIST = Weighted(
    [(40, "append"), (15, "insert"), (20, "set_item"), (12, "delete_item"), (5, "reverse"), (8, "clear")]
)
_ON_DICT = Weighted([(68, "set_key"), (24, "delete_key"), (8, "clear")])
_DRAW: dict[str, Callable[[Builder, int, Any], Effect | None]] = {
    "list": _list_effect,
    "dict": _dict_effect,
    "object": _object_effect,
}
