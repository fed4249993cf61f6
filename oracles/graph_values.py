"""What a graph computes: stand-ins for tensors where torch is not needed, and what is made of them.

Claim: one output has one value whenever it is asked for; an array or a tensor of a subclass is a new object
each time, and `memory_of` tells two of them apart exactly when they do not lie over one memory in one way, or
differ in anything else that a program can ask a tensor for.

What the tensor of a proxy is stands in `generators/forms.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from generators.forms import element_of, object_of, symbolic_value, tensor_property
from generators.nodes import SUBCLASSES


@dataclass(frozen=True, slots=True)
class AsTensor:
    """The symbolic float of a proxy as a tensor, which is an output of its own."""

    proxy: int


@dataclass(frozen=True, slots=True)
class AsView:
    """The tensor of a proxy once more, which is an output of its own: `number` counts those of one proxy.

    So Dynamo makes an array: the graph computes a view of the whole, and the code makes the array of that.
    """

    proxy: int
    number: int


@dataclass(frozen=True, slots=True)
class AsArray:
    """A new array over the tensor of a proxy."""

    proxy: int


@dataclass(frozen=True, slots=True)
class AsSubclass:
    """A new tensor of one of the target's SUBCLASSES over the tensor of a proxy."""

    proxy: int
    subclass: str = SUBCLASSES[0]


@dataclass(frozen=True, slots=True, eq=False)
class AsItself:
    """A constant of the graph, which gives the object itself: two that are equal are two outputs."""

    value: Any


Computed: TypeAlias = "int | AsTensor | AsView"
"""What a graph computes: a proxy, the tensor that is made of a symbolic float, or a view that becomes an
array."""

Output: TypeAlias = "Computed | AsItself"
"""A graph output: what the graph computes, or a constant of it."""

Value: TypeAlias = "Computed | AsArray | AsSubclass"
"""What a target is asked for: what the graph computes, or what plain Python makes of it."""


class GraphValue:
    """Stands in for a tensor where torch is not needed: what proxy number `proxy` computed."""

    __slots__ = ("__dict__", "__weakref__", "proxy")

    def __init__(self, proxy: int) -> None:
        self.proxy = proxy

    def __repr__(self) -> str:
        return f"<graph value {self.proxy}>"

    def item(self) -> bool | int | float | complex:
        return element_of(self.proxy)

    def numpy(self) -> GraphArray:
        return GraphArray(self)

    def size(self, dimension: int) -> int | None:
        return tensor_property(self.proxy, "size", dimension)

    def stride(self, dimension: int) -> int | None:
        return tensor_property(self.proxy, "stride", dimension)

    def storage_offset(self) -> int | None:
        return tensor_property(self.proxy, "storage_offset", None)

    def as_subclass(self, kind: type[GraphSubclass]) -> GraphSubclass:
        return kind(self)


class FloatValue:
    """Stands in for the tensor that is made of a symbolic float."""

    __slots__ = ("proxy",)

    def __init__(self, proxy: int) -> None:
        self.proxy = proxy

    def __repr__(self) -> str:
        return f"<float of proxy {self.proxy} as a tensor>"

    def item(self) -> float:
        return float(symbolic_value(self.proxy, "float"))


class GraphArray:
    """Stands in for an array over a tensor."""

    __slots__ = ("memory",)

    def __init__(self, memory: GraphValue) -> None:
        self.memory = memory

    def item(self) -> int | float | complex:
        return self.memory.item()


class GraphSubclass:
    """Stands in for a tensor of a subclass over another tensor; its attributes are in its `__dict__`."""

    __slots__ = ("__dict__", "memory")

    def __init__(self, memory: GraphValue) -> None:
        self.memory = memory


def subclasses(base: type[Any], parameter: type[Any], **inside: Any) -> dict[str, type[Any]]:
    """Name in SUBCLASSES -> a class; `base` is that of all but parameters, `inside` what those have that do
    more than inherit."""
    plain = type("Overriding", (base,), inside)
    return {
        "plain": plain,
        "inherited": type("Inheriting", (base,), {}),
        "namesake": type("Overriding", (base,), inside),
        "odd name": type("Odd.name 2", (base,), inside),
        "parameter": type("OverridingParameter", (parameter,), inside),
    }


STAND_INS = subclasses(GraphSubclass, GraphSubclass, __slots__=())
"""The classes where no compiler has its own."""


class StandIns:
    """The graph values of a target that needs no torch; one object for each output, made once."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[Output, GraphValue | FloatValue] = {}

    def __call__(self, asked: Value) -> object:
        match asked:
            case AsArray(proxy):
                return self._tensor(proxy).numpy()
            case AsSubclass(proxy, subclass):
                return self._tensor(proxy).as_subclass(STAND_INS[subclass])
            case AsTensor(proxy):
                return self._values.setdefault(asked, FloatValue(proxy))
            case AsView(proxy):
                return self._values.setdefault(asked, GraphValue(proxy))
        return self._tensor(asked)

    def _tensor(self, proxy: int) -> GraphValue:
        first = object_of(proxy)
        value = self._values.setdefault(first, GraphValue(first))
        assert isinstance(value, GraphValue)
        return value


def memory_of(value: Any, *, history: bool = True) -> tuple[Any, ...] | None:
    """What an array or a tensor of a subclass lies over, and how; None for anything else. Without `history`,
    not what automatic differentiation knows of it."""
    kind = type(value)
    if kind is GraphArray or isinstance(value, GraphSubclass):
        return (id(value.memory),)
    if (kind.__module__, kind.__qualname__) == ("numpy", "ndarray"):
        held = value.__array_interface__
        # of an empty array the address says nothing
        return (
            held["data"] if value.size else None,
            held["typestr"],
            held["shape"],
            value.strides,
            value.flags.writeable,
        )
    # a mode overrides torch's functions too, and is no tensor
    is_tensor = hasattr(kind, "__torch_function__") and hasattr(kind, "untyped_storage")
    if is_tensor and kind.__module__ != "torch":
        return (*_as_tensor_tells(value), *(_as_history_tells(value) if history else ()))
    return None


def _as_tensor_tells(value: Any) -> tuple[Any, ...]:
    """All that a tensor says of itself but for its elements, which its memory holds, and its history."""
    return (
        # of an empty tensor the address alone says nothing
        *(value.untyped_storage()._cdata, value.data_ptr(), value.storage_offset()),
        *(str(value.dtype), str(value.layout), str(value.device), tuple(value.shape), value.stride()),
        *(value.is_conj(), value.is_neg()),
    )


def _as_history_tells(value: Any) -> tuple[Any, ...]:
    return value.requires_grad, value.is_leaf, type(value.grad_fn).__name__
