"""Effects: changes to containers, attributes and variables, in order.

Claim: every effect drawn is one that plain Python would carry out there and then; what is stored is often an
existing object, one that is returned too, or one that is changed itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from generators import limits, sources, trackers
from generators.builder import Builder
from generators.case import REBINDING, Effect, Options
from generators.contents import ImpossibleEffectError, Parts, after, before, changed_as
from generators.draw import Weighted
from generators.instances import USER_CLASSES
from generators.keys import equals_itself
from generators.links import children
from generators.made import element
from generators.members import key
from generators.nodes import (
    ConstantNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    InstanceNode,
    IteratorNode,
    ListNode,
    MadeNode,
    Node,
    OrderedDictNode,
    SetNode,
    TensorNode,
    TupleNode,
)


def draw_effects(builder: Builder) -> list[Effect]:
    """The effects of a case whose roots are drawn; nodes for new values are added to the table."""
    draw = builder.draw
    effects: list[Effect] = []
    if not draw.chance(limits.ANY_EFFECT):
        return effects
    builder.lean = True  # what is there for its changes alone is small
    limited = draw.chance(limits.CHANGE_LIMITED)
    on = _target(builder, limited)
    for _ in range(limits.EFFECTS.high):
        if effects and not draw.chance(limits.MORE_EFFECTS):
            break
        again = draw.chance(limits.SAME_AGAIN)
        if not (again and effects):
            on = _target(builder, limited)
        rebinding = draw.chance(limits.REBIND)
        effect = _rebinding(builder, effects) if rebinding else None
        if effect is None and on is not None:
            effect = _drawn(builder, effects, on)
        if effect is not None:
            effects.append(effect)
    if draw.chance(limits.STORE_CHANGED):
        effects += _stored(builder, effects, limited)
    return effects


# --- what is changed ----------------------------------------------------------------------------------------


def _target(builder: Builder, limited: bool) -> int | None:
    """What is to be changed: something of a family drawn beforehand, or anything; None: there is nothing."""
    draw = builder.draw
    by_kind = draw.chance(limits.CHANGE_KIND)
    known = draw.chance(limits.CHANGE_KNOWN)
    new = draw.chance(limits.CHANGE_NEW)
    kind = draw.weighted(_FAMILIES)
    found = [at for at, node in enumerate(builder.nodes) if _can_change(builder, at, limited)]
    if not new:
        found = [at for at in found if builder.nodes[at].source is not None]
    if not by_kind and found:
        return draw.choice(found)
    of_kind = [at for at in found if family_of(builder.nodes[at]) == kind]
    if known and of_kind:
        return draw.choice(of_kind)
    # a deque drawn to be changed has no limit where none may be changed
    drawn_as = "limited_deque" if limited and kind == "deque" else kind
    at = sources.draw_changeable(builder, limits.DEPTH.high, drawn_as)
    return at if _can_change(builder, at, limited) else None


_ONLY_EXISTING = (MadeNode, TensorNode, IteratorNode)
"""Kinds of nodes that are changed where they existed before."""


def _can_change(builder: Builder, at: int, limited: bool) -> bool:
    node = builder.nodes[at]
    if family_of(node) not in sources.CHANGEABLE or (
        node.source is None and isinstance(node, _ONLY_EXISTING)
    ):
        return False
    if isinstance(node, DequeNode) and node.maxlen is not None and not limited:
        return False
    if node.source is None:
        # what a maker was given it may have looked at already
        return not any(isinstance(other, MadeNode) and at in children(other) for other in builder.nodes)
    if isinstance(node, TensorNode) and _is_twice(builder, node):
        return False  # one object has one tracker
    return at in builder.existing


def _is_twice(builder: Builder, tensor: TensorNode) -> bool:
    """Does another existing node stand for the same tensor?"""
    same = [node for node in builder.nodes if isinstance(node, TensorNode) and node.output == tensor.output]
    return sum(node.source is not None for node in same) > 1


def family_of(node: Node) -> str:
    """The family in CHANGEABLE of a node; a name that is none for what no effect changes."""
    if isinstance(node, MadeNode):
        return "Random" if node.name == "random" else node.name
    if not isinstance(node, InstanceNode):
        return node.kind
    kind = USER_CLASSES[node.name]
    if kind.base == "object":
        return "Slotted" if kind.slots else "Plain"
    return _SUBCLASSES[kind.base]


_SUBCLASSES = {
    "list": "SubList",
    "tuple": "SubTuple",
    "dict": "SubDict",
    "ordered_dict": "SubOrderedDict",
    "defaultdict": "SubDefaultDict",
    "set": "SubSet",
    "deque": "SubDeque",
}
_FAMILIES: Weighted[str] = Weighted(
    [
        *((11, kind) for kind in ("list", "dict", "set", "deque", "ordered_dict", "defaultdict")),
        *((12, kind) for kind in ("SubList", "SubDict", "SubOrderedDict", "SubDefaultDict")),
        (13, "SubSet"),
        *((6, kind) for kind in ("object", "Plain")),
        (10, "Slotted"),
        *((3, kind) for kind in ("iterator", "count", "range_iterator", "ordered_set")),
        *((5, kind) for kind in ("SubDeque", "SubTuple")),
        (4, "Random"),
        (2, "tensor"),
    ]
)


# --- how --------------------------------------------------------------------------------------------------


def _drawn(builder: Builder, effects: Sequence[Effect], on: int) -> Effect | None:
    """A change of the node; None where the draw is not possible."""
    node = builder.nodes[on]
    kinds = changed_as(node)
    draw = builder.draw
    of_attributes = draw.chance(limits.EXTRA_ATTRIBUTES)
    kind = kinds[-1] if of_attributes else kinds[0]
    operation = draw.weighted(
        _OPERATIONS[node.name if kind == "made" and isinstance(node, MadeNode) else kind]
    )
    held = _held(builder, effects, on, kind)
    effect = _FIELDS[operation](builder, Effect(operation, on), held, _changed(effects))
    if effect is None or not _is_possible(builder, [*effects, effect]):
        return None
    return effect


def _changed(effects: Sequence[Effect]) -> list[int]:
    """The nodes that are changed."""
    return list(dict.fromkeys(effect.on for effect in effects if effect.operation not in REBINDING))


def _held(builder: Builder, effects: Sequence[Effect], on: int, kind: str) -> Any:
    """What the node holds after the effects so far, as what it is changed as."""
    case = builder.case([on], list(effects), Options())
    changed = after(case)
    held = changed[on] if on in changed else before(case, case.nodes[on])
    if isinstance(held, Parts):
        return held.attributes if kind == "object" else held.inside
    return held


def _is_possible(builder: Builder, effects: list[Effect]) -> bool:
    try:
        after(builder.case([0], effects, Options()))
    except ImpossibleEffectError:
        return False
    return True


def _value(builder: Builder, changed: list[int]) -> int:
    """What is stored: at times something that is changed itself."""
    named = builder.draw.chance(limits.NAME_CHANGED)
    if named and changed:
        return builder.draw.choice(changed)
    return builder.node(limits.DEPTH.high - 1)


_Draw = Callable[[Builder, Effect, Any, list[int]], "Effect | None"]


def _plain(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    return effect


def _with_value(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    return replace(effect, value=_value(builder, changed))


def _at_index(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    last = len(held) if effect.operation == "insert" else len(held) - 1
    if last < 0:
        return None
    index = builder.draw.integer(0, last)
    stores = effect.operation != "delete_item"
    return replace(effect, index=index, value=_value(builder, changed) if stores else None)


def _from_another(kinds: tuple[type[Any], ...], draw_new: Callable[[Builder, int], int]) -> _Draw:
    """With what another container holds, one that is there or a new one."""

    def draw_one(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
        known = builder.draw.chance(limits.CHANGE_KNOWN)
        found = [at for at in builder.shareable if isinstance(builder.nodes[at], kinds)]
        other = builder.draw.choice(found) if known and found else draw_new(builder, limits.DEPTH.high - 1)
        return replace(effect, value=other)

    return draw_one


def _known_constant(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    # the first of those that are equal is taken out, and nothing else may stand before it
    found = list(itertools.takewhile(lambda at: isinstance(builder.nodes[at], ConstantNode), held))
    return replace(effect, value=builder.draw.choice(found)) if found else None


def _known_element(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    known = [element for element in held.values() if equals_itself(builder.nodes, element)]
    return replace(effect, value=builder.draw.choice(known)) if known else None


def _new_element(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    if isinstance(builder.nodes[effect.on], MadeNode):
        return replace(effect, value=element(builder))
    index = key(builder, set())
    if index is None or not equals_itself(builder.nodes, index):
        return None
    return replace(effect, value=index)


def _known_key(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    known = [entry[0] for entry in held.values() if equals_itself(builder.nodes, entry[0])]
    return replace(effect, key=builder.draw.choice(known)) if known else None


def _any_key(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    reuse = builder.draw.chance(limits.KNOWN_KEY)
    known = _known_key(builder, effect, held, changed) if reuse else None
    index = known.key if known is not None else key(builder, set())
    if index is None or not equals_itself(builder.nodes, index):
        return None
    return replace(effect, key=index, value=_value(builder, changed))


def _new_attribute(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    name = builder.draw.choice(limits.ATTRIBUTE_NAMES)
    return replace(effect, name=name, value=_value(builder, changed))


def _known_attribute(builder: Builder, effect: Effect, held: Any, changed: list[int]) -> Effect | None:
    return replace(effect, name=builder.draw.choice(list(held))) if held else None


_ITEMS = _from_another((ListNode, TupleNode), trackers.draw_list)
_ENTRIES = _from_another((DictNode, OrderedDictNode, DefaultDictNode), trackers.draw_dict)
_ELEMENTS = _from_another((SetNode, FrozensetNode), trackers.draw_set)
_FIELDS: dict[str, _Draw] = {
    **dict.fromkeys(("append", "append_left"), _with_value),
    **dict.fromkeys(("insert", "set_item", "delete_item"), _at_index),
    **dict.fromkeys(("pop_left", "pop", "reverse", "sort", "clear", "pop_item", "pop_first"), _plain),
    **dict.fromkeys(("extend", "extend_left", "replace"), _ITEMS),
    "remove": _known_constant,
    **dict.fromkeys(("set_key", "set_default"), _any_key),
    **dict.fromkeys(("delete_key", "pop_key", "move_to_end", "move_to_front"), _known_key),
    "update": _ENTRIES,
    "add": _new_element,
    "discard": _known_element,
    **dict.fromkeys(
        ("set_update", "difference_update", "intersection_update", "symmetric_difference_update"), _ELEMENTS
    ),
    "set_attribute": _new_attribute,
    "delete_attribute": _known_attribute,
    **dict.fromkeys(("draw_number", "advance", "drain"), _plain),
}
"""Operation -> how its fields are drawn."""

_ON_DICT: list[tuple[int, str]] = [
    (42, "set_key"),
    (16, "delete_key"),
    (10, "clear"),
    (9, "set_default"),
    (9, "update"),
    (8, "pop_key"),
    (6, "pop_item"),
]
_OPERATIONS: dict[str, Weighted[str]] = {
    "list": Weighted(
        [
            *(
                (30, "append"),
                (16, "set_item"),
                (10, "insert"),
                (10, "delete_item"),
                (7, "reverse"),
                (6, "clear"),
            ),
            *((7, "extend"), (5, "pop"), (18, "remove"), (5, "sort"), (7, "replace")),
        ]
    ),
    "deque": Weighted(
        [
            *((26, "append"), (16, "append_left"), (13, "set_item"), (9, "delete_item"), (9, "pop_left")),
            *((7, "reverse"), (6, "clear"), (7, "extend"), (5, "extend_left"), (4, "pop")),
        ]
    ),
    "dict": Weighted(_ON_DICT),
    "defaultdict": Weighted(_ON_DICT),
    "ordered_dict": Weighted([*_ON_DICT, (11, "move_to_end"), (12, "move_to_front"), (12, "pop_first")]),
    "set": Weighted(
        [
            *((44, "add"), (22, "discard"), (8, "clear"), (8, "set_update"), (6, "difference_update")),
            *((6, "intersection_update"), (6, "symmetric_difference_update")),
        ]
    ),
    "object": Weighted([(64, "set_attribute"), (36, "delete_attribute")]),
    "random": Weighted([(1, "draw_number")]),
    **dict.fromkeys(("iterator", "range_iterator"), Weighted([(80, "advance"), (20, "drain")])),
    "count": Weighted([(1, "advance")]),
    "ordered_set": Weighted([(60, "add"), (28, "discard"), (12, "clear")]),
}
"""Kind, or name of a maker -> the operations that change it."""


# --- variables bound anew, and what is changed stored elsewhere ------------------------------------------


def _rebinding(builder: Builder, effects: Sequence[Effect]) -> Effect | None:
    return _bound_to(builder, _value(builder, _changed(effects)))


def _bound_to(builder: Builder, value: int) -> Effect | None:
    """A variable bound to the value; None where there is no variable."""
    variables = [("rebind_global", name, at) for name, at in builder.globals.items()]
    cells = {**builder.cell_variables, **builder.free_variables}
    variables += [("rebind_cell", name, at) for name, at in cells.items()]
    if not variables:
        return None
    operation, name, at = builder.draw.choice(variables)
    return Effect(operation, at, name=name, value=value)


def _stored(builder: Builder, effects: Sequence[Effect], limited: bool) -> list[Effect]:
    """Something that is changed is stored in something else, which may be changed by that alone."""
    changed = _changed(effects)
    if not changed:
        return []
    value = builder.draw.choice(changed)
    bound = _bound_to(builder, value) if builder.draw.chance(limits.REBIND) else None
    if bound is not None:
        return [bound]
    again = builder.draw.chance(limits.SAME_AGAIN)
    on = builder.draw.choice(changed) if again else _target(builder, limited)
    if on is None or on == value:
        return []
    kind = changed_as(builder.nodes[on])[0]
    operation = _STORES.get(kind)
    if operation is None:
        return []
    held = _held(builder, effects, on, kind)
    effect = _FIELDS[operation](builder, Effect(operation, on), held, [])
    if effect is None:
        return []
    effect = replace(effect, value=value)
    return [effect] if _is_possible(builder, [*effects, effect]) else []


_STORES = {
    **dict.fromkeys(("list", "deque"), "append"),
    **dict.fromkeys(("dict", "ordered_dict", "defaultdict"), "set_key"),
    "object": "set_attribute",
}
"""Kind -> the operation that stores in it."""
