"""The classes of a user that `instance` nodes are of, in plain Python, and what their instances are made of.

Claim: what is done here to an instance goes past all methods that its class has of its own, and so do the
looks at it.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MemberDescriptorType
from typing import Any, NoReturn

from generators.instances import MAPPINGS, USER_CLASSES
from generators.nodes import InstanceNode


class Plain:
    """Attributes, and an `__init__` that sets them."""

    def __init__(self, *values: Any) -> None:
        for name, value in zip(("x", "y"), values, strict=False):
            setattr(self, name, value)


class Slotted:
    """Slots, and no dict."""

    __slots__ = ("x", "y", "z")


class Setter:
    """A `__setattr__` of its own."""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)


class SlottedSetter:
    """Slots, and a `__setattr__` of its own."""

    __slots__ = ("x", "y", "z")

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)


@dataclass(eq=False, repr=False)
class Record:
    """A dataclass with a field that its `__init__` does not take."""

    x: Any
    y: Any
    z: Any = field(init=False)


@dataclass(frozen=True, eq=False, repr=False)
class FrozenRecord:
    """A frozen dataclass with a field that its `__init__` does not take."""

    x: Any
    y: Any
    z: Any = field(init=False)


class Described:
    """A property hides the attribute of its name in the dict."""

    @property
    def x(self) -> str:
        """Something else than what is in the dict."""
        return "from the property"


class SubList(list[Any]):
    """A list."""


class SubTuple(tuple[Any, ...]):
    """A tuple."""


class SubDict(dict[Any, Any]):
    """A dict."""


class SubOrderedDict(collections.OrderedDict[Any, Any]):
    """An ordered dict."""


class SubDefaultDict(collections.defaultdict[Any, Any]):
    """A defaultdict."""


class SubSet(set[Any]):
    """A set."""


class SubDeque(collections.deque[Any]):
    """A deque."""


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("was changed through a method of its own class")


class StrictList(list[Any]):
    """A list whose own methods may not change it."""

    append = extend = insert = pop = remove = clear = reverse = sort = _refuse
    __setitem__ = __delitem__ = __iadd__ = _refuse


class StrictDict(dict[Any, Any]):
    """A dict whose own methods may not change it."""

    __setitem__ = __delitem__ = update = clear = pop = popitem = setdefault = _refuse


CLASSES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(Plain, Slotted, Setter, SlottedSetter, Record, FrozenRecord, Described),
        *(
            SubList,
            StrictList,
            SubTuple,
            SubDict,
            StrictDict,
            SubOrderedDict,
            SubDefaultDict,
            SubSet,
            SubDeque,
        ),
    )
}
"""The class that each name of USER_CLASSES stands for."""

BASES: dict[str, type[Any]] = {
    "object": object,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "ordered_dict": collections.OrderedDict,
    "defaultdict": collections.defaultdict,
    "set": set,
    "deque": collections.deque,
}
"""What instances are made and changed as."""


def base_class(value: Any) -> type[Any]:
    """The class of Python's own whose methods change an instance of a user's class; of any other value its
    own class."""
    kind = USER_CLASSES.get(type(value).__name__) if is_instance(value) else None
    return type(value) if kind is None else BASES[kind.base]


def is_instance(value: Any) -> bool:
    """Is it an instance of one of the classes?"""
    return CLASSES.get(type(value).__name__) is type(value)


def set_attribute(value: Any, name: str, stored: Any) -> None:
    """Set an attribute, whatever the class has instead."""
    if hasattr(value, "__dict__"):
        vars(value)[name] = stored
    else:
        object.__setattr__(value, name, stored)


def delete_attribute(value: Any, name: str) -> None:
    """Delete an attribute, whatever the class has instead."""
    if hasattr(value, "__dict__"):
        del vars(value)[name]
    else:
        object.__delattr__(value, name)


def attributes_of(value: Any) -> dict[str, Any]:
    """The attributes that are set: in the order in which they came, or in that of the slots."""
    if hasattr(value, "__dict__"):
        return dict(vars(value))
    slots = [name for name, slot in vars(type(value)).items() if isinstance(slot, MemberDescriptorType)]
    return {name: getattr(value, name) for name in slots if hasattr(value, name)}


def shell(node: InstanceNode) -> Any:
    """An empty instance; None for one that is made of its items."""
    base: Any = BASES[USER_CLASSES[node.name].base]
    return None if base is tuple else base.__new__(CLASSES[node.name])


def whole(node: InstanceNode, values: list[Any]) -> Any:
    """An instance that is made of its items."""
    return tuple.__new__(CLASSES[node.name], [values[item] for item in node.items])


def fill(node: InstanceNode, value: Any, values: list[Any]) -> None:
    """Put into an instance what it holds."""
    base = USER_CLASSES[node.name].base
    add = _ADD.get(base)
    for item in node.items if add is not None else ():
        add(value, values[item])  # type: ignore[misc]
    for key, member in node.pairs if base in MAPPINGS else ():
        BASES[base].__setitem__(value, values[key], values[member])
    for name, child in node.attributes:
        set_attribute(value, name, values[child])


_ADD: dict[str, Callable[[Any, Any], None]] = {
    "list": list.append,
    "set": set.add,
    "deque": collections.deque.append,
}
