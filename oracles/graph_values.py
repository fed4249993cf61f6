"""What a graph computes: stand-ins for tensors where torch is not needed, and what is made of them.

Claim: one output has one value whenever it is asked for; an array or a tensor of a subclass is a new object
each time, and `memory_of` tells two of them apart exactly when they do not lie over one memory in one way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from generators.nodes import tensor_property


@dataclass(frozen=True, slots=True)
class AsTensor:
    """The symbolic float of a proxy as a tensor, which is an output of its own."""

    proxy: int


@dataclass(frozen=True, slots=True)
class AsArray:
    """A new array over the tensor of a proxy."""

    proxy: int


@dataclass(frozen=True, slots=True)
class AsSubclass:
    """A new tensor of the harness's subclass over the tensor of a proxy."""

    proxy: int


Output: TypeAlias = "int | AsTensor"
"""A graph output: a proxy, or the tensor that is made of a symbolic float."""

Value: TypeAlias = "Output | AsArray | AsSubclass"
"""What a target is asked for: a graph output, or what plain Python makes of it."""


def element_of(proxy: int) -> int | float:
    """The one element of the tensor that a proxy stands for: whole numbers and floats in turn."""
    return proxy if proxy % 2 else float(proxy)


_SYMBOLIC: dict[str, Callable[[int], Any]] = {
    "int": lambda proxy: proxy - 5,
    "float": lambda proxy: -0.0 if proxy % 4 == 0 else proxy / 8,
    "bool": lambda proxy: proxy % 2 == 0,
}


def symbolic_value(proxy: int, form: str) -> int | float | bool:
    """The number that a proxy stands for, of the type named `form`."""
    value: int | float | bool = _SYMBOLIC[form](proxy)
    return value


class GraphValue:
    """Stands in for a tensor where torch is not needed: what proxy number `proxy` computed."""

    __slots__ = ("__dict__", "__weakref__", "proxy")

    def __init__(self, proxy: int) -> None:
        self.proxy = proxy

    def __repr__(self) -> str:
        return f"<graph value {self.proxy}>"

    def item(self) -> int | float:
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

    def item(self) -> int | float:
        return self.memory.item()


class GraphSubclass:
    """Stands in for a tensor of a subclass over another tensor."""

    __slots__ = ("memory",)

    def __init__(self, memory: GraphValue) -> None:
        self.memory = memory


class StandIns:
    """The graph values of a target that needs no torch; one object for each output, made once."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[Output, GraphValue | FloatValue] = {}

    def __call__(self, asked: Value) -> object:
        match asked:
            case AsArray(proxy):
                return self._tensor(proxy).numpy()
            case AsSubclass(proxy):
                return self._tensor(proxy).as_subclass(GraphSubclass)
            case AsTensor(proxy):
                return self._values.setdefault(asked, FloatValue(proxy))
        return self._tensor(asked)

    def _tensor(self, proxy: int) -> GraphValue:
        value = self._values.setdefault(proxy, GraphValue(proxy))
        assert isinstance(value, GraphValue)
        return value


def memory_of(value: Any) -> tuple[Any, ...] | None:
    """What an array or a tensor of a subclass lies over, and how; None for anything else."""
    kind = type(value)
    if kind is GraphArray or kind is GraphSubclass:
        return (id(value.memory),)
    if (kind.__module__, kind.__qualname__) == ("numpy", "ndarray"):
        held = value.__array_interface__
        return (held["data"], held["typestr"], held["shape"], value.strides)
    if hasattr(kind, "__torch_function__") and kind.__module__ != "torch":
        return (value.data_ptr(), str(value.dtype), tuple(value.shape), value.stride())
    return None
