"""What effects do, in plain Python.

Claim: each operation is the one statement of plain Python that its name stands for; what is of a user's class
is changed by the methods of the class of Python's own that it is made from.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from types import CellType
from typing import Any

from generators.case import REBINDING, Effect
from oracles.instances import base_class, delete_attribute, is_instance, set_attribute


def carry_out(effect: Effect, values: list[Any]) -> None:
    """The effect; `values` has the value of each node."""
    target: Any = values[effect.on]
    value = None if effect.value is None else values[effect.value]
    key = None if effect.key is None else values[effect.key]
    function = _BY_FUNCTION.get(effect.operation)
    if function is not None:
        function(target, str(effect.name), value)
        return
    method, given = METHODS[effect.operation]
    arguments = {"index": effect.index, "key": key, "value": value}
    fixed = FIXED.get(effect.operation, ())
    named = OPTIONS.get(effect.operation, {})
    getattr(base_class(target), method)(target, *fixed, *[arguments[name] for name in given], **named)


def bind(effect: Effect, values: list[Any], module: dict[str, Any], cells: dict[str, CellType]) -> None:
    """The effect that binds a variable: a global of the module, or what is in a cell."""
    value = values[effect.value or 0]
    if effect.operation == "rebind_global":
        module[str(effect.name)] = value
    elif str(effect.name) in cells:
        # nobody sees what is in a cell of the frame that no function has
        cells[str(effect.name)].cell_contents = value


def is_binding(effect: Effect) -> bool:
    """Does it bind a variable, and change no object?"""
    return effect.operation in REBINDING


def _set(target: Any, name: str, value: Any) -> None:
    (set_attribute if is_instance(target) else setattr)(target, name, value)


def _delete(target: Any, name: str, value: Any) -> None:
    (delete_attribute if is_instance(target) else delattr)(target, name)


def _advance(target: Any, name: str, value: Any) -> None:
    next(target)


def _drain(target: Any, name: str, value: Any) -> None:
    collections.deque(target, maxlen=0)


_BY_FUNCTION: dict[str, Callable[[Any, str, Any], None]] = {
    "advance": _advance,
    "drain": _drain,
    "set_attribute": _set,
    "delete_attribute": _delete,
}

METHODS: dict[str, tuple[str, tuple[str, ...]]] = {
    "append": ("append", ("value",)),
    "append_left": ("appendleft", ("value",)),
    "pop_left": ("popleft", ()),
    "insert": ("insert", ("index", "value")),
    "set_item": ("__setitem__", ("index", "value")),
    "delete_item": ("__delitem__", ("index",)),
    "reverse": ("reverse", ()),
    "clear": ("clear", ()),
    "set_key": ("__setitem__", ("key", "value")),
    "delete_key": ("__delitem__", ("key",)),
    "move_to_end": ("move_to_end", ("key",)),
    "add": ("add", ("value",)),
    "discard": ("discard", ("value",)),
    "extend": ("extend", ("value",)),
    "extend_left": ("extendleft", ("value",)),
    "pop": ("pop", ()),
    "remove": ("remove", ("value",)),
    "sort": ("sort", ()),
    "replace": ("__setitem__", ("value",)),
    "set_default": ("setdefault", ("key", "value")),
    "pop_key": ("pop", ("key",)),
    "pop_item": ("popitem", ()),
    "update": ("update", ("value",)),
    "move_to_front": ("move_to_end", ("key",)),
    "pop_first": ("popitem", ()),
    "set_update": ("update", ("value",)),
    "difference_update": ("difference_update", ("value",)),
    "intersection_update": ("intersection_update", ("value",)),
    "symmetric_difference_update": ("symmetric_difference_update", ("value",)),
    "draw_number": ("random", ()),
}
"""Operation -> the method that is called, and the fields of the effect that are its arguments."""

FIXED: dict[str, tuple[Any, ...]] = {"replace": (slice(None),)}
"""Operation -> arguments before those of the effect."""

OPTIONS: dict[str, dict[str, Any]] = {
    "move_to_front": {"last": False},
    "pop_first": {"last": False},
}
"""Operation -> arguments by keyword."""
