"""The attributes of any program's values, found without a method of the program, and how they are compared.

Claim: slots and the entries of the `__dict__`, those alone, in order.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from oracles import heap_allowed

if TYPE_CHECKING:
    from oracles.heap import HeapWalk
    from oracles.values import Path


def dict_of(value: Any) -> dict[str, Any] | None:
    """The `__dict__` of a value, whatever its class says of it; None where it has none."""
    for kind in type(value).__mro__:
        descriptor = kind.__dict__.get("__dict__")
        if isinstance(descriptor, types.GetSetDescriptorType):
            held = descriptor.__get__(value)
            return held if type(held) is dict else None
    return None


def slots_of(value: Any) -> dict[str, Any]:
    """The filled slots of a value, those of its first base class first."""
    found: dict[str, Any] = {}
    for kind in reversed(type(value).__mro__):
        if "__slots__" not in kind.__dict__:
            continue
        for name, member in kind.__dict__.items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    found[f"{kind.__name__}.{name}" if name in found else name] = member.__get__(value)
                except AttributeError:
                    continue  # an empty slot
    return found


def attributes_of(value: Any) -> dict[str, Any]:
    """Slots, then what is in the `__dict__`, in order."""
    return slots_of(value) | (dict_of(value) or {})


def attributes(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    """Slots, and the entries of the `__dict__` in order, and whose `__dict__` it is."""
    mine, theirs = dict_of(actual), dict_of(expected)
    if mine is not None and theirs is not None:
        walk.identify(mine, theirs, (*path, ("attribute", "__dict__")))
    held = heap_allowed.without(walk, attributes_of(actual), attributes_of(expected))
    by_name(walk, held[0], held[1], path, "attribute")


def by_name(walk: HeapWalk, mine: dict[str, Any], theirs: dict[str, Any], path: Path, step: str) -> None:
    """Equal names in equal order, and what they name. What differs is told: a namespace has many names."""
    if list(mine) != list(theirs):
        lacking, more = (
            [_told(name) for name in one if name not in other]
            for one, other in ((theirs, mine), (mine, theirs))
        )
        told = [f"lacks {', '.join(lacking)}"] * bool(lacking) + [f"has {', '.join(more)} too"] * bool(more)
        order = f"has the names {list(map(_told, mine))}, not {list(map(_told, theirs))}: another order"
        walk.differs("names", path, mine, theirs, " and ".join(told) or order)
    for name in theirs:
        walk.visit(mine[name], theirs[name], (*path, (step, name)))


def _told(name: Any) -> str:
    """A name as text. A compiler gone wrong makes one of anything, and no method of that is called."""
    return name if type(name) is str else f"<a {type(name).__name__}>"
