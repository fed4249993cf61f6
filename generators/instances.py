"""The classes of a user that `instance` nodes are of, by name.

Claim: this table alone says what an instance may hold, how its attributes come to it, and whether a frame can
make one; that a class exists under each name is the business of `oracles/instances.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

FIELDS = ("x", "y")
"""The attributes that classes with an `__init__` of their own are called with, in order."""


@dataclass(frozen=True, slots=True)
class UserClass:
    """A class. `base`: the kind of node that it holds its contents as; `object`: it has attributes only.

    `slots`: its attributes are x, y and z, and have no order. `through_dict`: a property hides the
    attributes, which are set and deleted in the `__dict__`. `called_with`: attributes that it may be called
    with. `strict`: its own methods raise where they would change it. `existing_only`: compilers do not make
    one.
    """

    base: str = "object"
    slots: bool = False
    through_dict: bool = False
    called_with: tuple[str, ...] = ()
    strict: bool = False
    existing_only: bool = False


USER_CLASSES: dict[str, UserClass] = {
    "Plain": UserClass(called_with=FIELDS),
    "Slotted": UserClass(slots=True),
    "Setter": UserClass(),
    "SlottedSetter": UserClass(slots=True),
    "Record": UserClass(called_with=FIELDS),
    "FrozenRecord": UserClass(called_with=FIELDS),
    "Described": UserClass(through_dict=True),
    "SubList": UserClass("list"),
    "StrictList": UserClass("list", strict=True),
    "SubTuple": UserClass("tuple"),
    "SubDict": UserClass("dict"),
    "StrictDict": UserClass("dict", strict=True),
    "SubOrderedDict": UserClass("ordered_dict"),
    "SubDefaultDict": UserClass("defaultdict", existing_only=True),
    "SubSet": UserClass("set"),
    "SubDeque": UserClass("deque", existing_only=True),
}
"""Setters have a `__setattr__` of their own. Of records, x and y are init fields, and z is not.

`existing_only`: a defaultdict's and a deque's `__new__` are unknown to Dynamo. What a deque holds it does not
look at; what a defaultdict holds it does.
"""

SEQUENCES = frozenset({"list", "tuple", "deque", "set"})
"""The bases whose instances hold `items`."""

MAPPINGS = frozenset({"dict", "ordered_dict", "defaultdict"})
"""The bases whose instances hold `pairs`."""
