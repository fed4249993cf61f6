"""The kinds of sources that a compiler makes and no program writes.

They are marks of what another source gives, and ways to what a program reaches otherwise: parts of classes,
sets, tensors and parameters, and random numbers.

Claim: each says what it gives in plain Python; the tables here say of which nodes it can be the source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from generators.forms import tensor_property
from generators.library import CLASS_MEMBERS, DERIVED, SUPERCLASSES
from generators.nodes import (
    ArrayNode,
    ConstantNode,
    InstanceNode,
    LibraryNode,
    MadeNode,
    ModuleNode,
    Node,
    ObjectNode,
    SetNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
    base_of,
)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """What the source `base` gives, marked by the compiler in one of the ways of WRAPPERS."""

    kind: ClassVar[str] = "wrapped"
    base: int
    how: str


@dataclass(frozen=True, slots=True)
class GlobalReferent:
    """What the weak reference in a global, the source `base`, refers to: a global that the compiler added."""

    kind: ClassVar[str] = "global_referent"
    base: int


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradient of the parameter that the source `base` gives."""

    kind: ClassVar[str] = "gradient"
    base: int


@dataclass(frozen=True, slots=True)
class Element:
    """The element at position `index` of the set at `base`.

    The order of a set is nobody's promise, so a case has such a source for a set of one element only.
    """

    kind: ClassVar[str] = "element"
    base: int
    index: int


@dataclass(frozen=True, slots=True)
class RandomValue:
    """What call `index` (from 0) of a random generator gave.

    The code begins by making all the calls, and keeps what they give in the local `base`.
    """

    kind: ClassVar[str] = "random_value"
    base: int
    index: int


@dataclass(frozen=True, slots=True)
class Superclass:
    """Class `index` in the method resolution order of the class at `base`."""

    kind: ClassVar[str] = "superclass"
    base: int
    index: int


@dataclass(frozen=True, slots=True)
class ClassMember:
    """What the class at `base` itself has under a name: looked up in its dict, so that no descriptor acts."""

    kind: ClassVar[str] = "class_member"
    base: int
    name: str


@dataclass(frozen=True, slots=True)
class Subclasses:
    """What a call of `__subclasses__` of the class at `base` gives: a new list each time."""

    kind: ClassVar[str] = "subclasses"
    base: int


@dataclass(frozen=True, slots=True)
class TensorProperty:
    """The size or stride (`name`) of the tensor at `base` in dimension `index`, or its offset (no index)."""

    kind: ClassVar[str] = "tensor_property"
    base: int
    name: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class ModeOnStack:
    """The mode at position `index` (from the bottom, 0) of the stack of modes that have been entered."""

    kind: ClassVar[str] = "mode_on_stack"
    index: int


COMPILER_LINKS = (
    *(Wrapped, GlobalReferent, Gradient, Element, RandomValue, Superclass, ClassMember, Subclasses),
    TensorProperty,
)
"""Those that lead on from another source, their `base`."""

COMPILER_SOURCES = (*COMPILER_LINKS, ModeOnStack)


def _library(table: dict[tuple[str, Any], str], holder: Node, at: Any) -> Node | None:
    name = table.get((holder.name, at)) if isinstance(holder, LibraryNode) else None
    return None if name is None else LibraryNode(name)


def _property(source: TensorProperty, holder: Node) -> Node | None:
    if not isinstance(holder, TensorNode):
        return None
    value = tensor_property(holder.output, source.name, source.index)
    return None if value is None else ConstantNode(value)


CLAIMED_FROM: dict[type[Any], Callable[[Any, Node], Node | None]] = {
    Superclass: lambda source, holder: _library(SUPERCLASSES, holder, source.index),
    ClassMember: lambda source, holder: _library(CLASS_MEMBERS, holder, source.name),
    Subclasses: lambda source, holder: _library(DERIVED, holder, None),
    TensorProperty: _property,
}
"""Kinds whose value no node holds -> what they lead to from a holder, but for its source; None: nowhere."""


def is_mode(node: Node) -> bool:
    """May the node be a mode on the stack?"""
    return isinstance(node, MadeNode) and node.name == "mode_on_stack"


def is_claimed(source: Any, node: Node, holder: Node) -> bool:
    """Is the node what a source of the kinds of CLAIMED_FROM leads to from `holder`?"""
    found = CLAIMED_FROM[type(source)](source, holder)
    if isinstance(found, ConstantNode):
        return isinstance(node, ConstantNode) and (type(node.value), node.value) == (int, found.value)
    return isinstance(node, LibraryNode) and isinstance(found, LibraryNode) and node.name == found.name


# --- marks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A way of marking: `accepts` says of which nodes it is a source. `calls`: only arguments of the compiled
    function have it, their trackers being graph outputs; `tensor`: such an argument is converted."""

    accepts: Callable[[Node], bool]
    calls: bool = False
    tensor: bool = False


def _constant_of(kind: type[Any]) -> Callable[[Node], bool]:
    return lambda node: isinstance(node, ConstantNode) and type(node.value) is kind


def _is(kind: type[Any]) -> Callable[[Node], bool]:
    return lambda node: isinstance(node, kind)


WRAPPERS: dict[str, Wrapper] = {
    "unguarded": Wrapper(_is(ObjectNode)),
    "optimizer": Wrapper(_is(ObjectNode)),
    "user_module": Wrapper(_is(ObjectNode)),
    "builtin_module": Wrapper(_is(ObjectNode)),
    "proxied_module": Wrapper(_is(ObjectNode)),
    "static_module": Wrapper(_is(ModuleNode)),
    "symbolic_bool": Wrapper(_constant_of(bool), calls=True),
    "dynamic_int": Wrapper(_constant_of(int), calls=True),
    "array": Wrapper(_is(ArrayNode), calls=True, tensor=True),
}
"""The marks by name: of a value that is not guarded; of an optimizer; of a module of a user's class, of one
of the compiler's library, and of one behind the proxy of another tracer, all of them objects with attributes
to the compiler; of a module that it knows by its path; of a symbolic truth value that is passed as a number;
of a number that the caller calls dynamic; of an array that is passed as a tensor."""

MODULES = ("user_module", "builtin_module", "proxied_module")
"""The marks of modules that are objects with attributes."""

PARAMETER_DICTS = ("_parameters", "_buffers")
"""The attributes of a module that hold its tensors by name."""


def wraps(source: Wrapped, node: Node) -> bool:
    """May a value of this node have such a mark?"""
    wrapper = WRAPPERS.get(source.how)
    return wrapper is not None and wrapper.accepts(node)


# --- what a node has for the other kinds -------------------------------------------------------------------


def compiler_members(node: Node) -> dict[object, int]:
    """What a source of these kinds can lead to from `node`: (kind, place) -> child node."""
    match node:
        case WeakRefNode(of):
            return {(GlobalReferent.kind, None): of}
        case MadeNode("parameter", (gradient,)):
            return {(Gradient.kind, None): gradient}
        case SetNode((element,)):
            return {(Element.kind, 0): element}
        case InstanceNode(_, (element,)) if base_of(node) == "set":
            return {(Element.kind, 0): element}
        case TupleNode(items):
            return {(RandomValue.kind, at): child for at, child in enumerate(items)}
    return {}


COMPILER_KEYS: dict[type[Any], Callable[[Any, list[int | None]], object]] = {
    **dict.fromkeys((Element, RandomValue), lambda link, targets: link.index),
    **dict.fromkeys((GlobalReferent, Gradient), lambda link, targets: None),
}
"""Kind -> the place under which `compiler_members` has its child."""
