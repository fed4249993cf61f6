"""What a codegen has to be told about the compiler it works in.

`PyCodegen` itself knows no instruction class, no tracker class and no compiler: it asks its host. `OwnHost`
answers for the trackers and sources of this package, without torch; a compiler that brings its own classes
brings its own host.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NoReturn, Protocol

from harness.codegen import helpers
from harness.codegen.errors import ContextManagerReturnedError, GraphBreak
from harness.codegen.graph_outputs import (
    NumpyNdarrayVariable,
    SymNodeVariable,
    TensorWithTFOverrideVariable,
    UnspecializedPythonVariable,
)
from harness.codegen.instructions import NATIVE, Builders, Instruction
from harness.codegen.iterators import ContextManagerGeneratorVariable, LocalGeneratorVariable
from harness.codegen.lazy import LazyVariableTracker
from harness.codegen.objects import NNModuleVariable
from harness.codegen.sources import AttrSource, ChainedSource, DictGetItemSource, Source
from harness.codegen.variables import TensorVariable, ValueMutationExisting, VariableTracker

Role = Literal["as tensor", "enter mark", "exit mark", "profiler flag", "to numpy", "to subclass", "unwrap"]
"""What emitted code needs of its surroundings: the conversion of a graph argument to a tensor, the profiler's
marks (two functions of one module) and the flag that says whether one runs, an array over a tensor, a tensor
as one of a subclass, an object of the graph without what it is wrapped in."""


class Kind(enum.Enum):
    """What a tracker is, as far as the codegen treats it differently."""

    OTHER = enum.auto()
    TENSOR = enum.auto()
    SYMBOLIC = enum.auto()
    NDARRAY = enum.auto()
    UNSPECIALIZED = enum.auto()
    TENSOR_SUBCLASS = enum.auto()
    LOCAL_GENERATOR = enum.auto()
    CONTEXT_MANAGER_GENERATOR = enum.auto()
    MODULE = enum.auto()
    WRAPPED = enum.auto()


class SourceLike(Protocol):
    """A way to load one value; hashable, equal by what it loads. May lack `reconstruct`."""

    def reconstruct(self, codegen: Any) -> None: ...


class TrackerLike(Protocol):
    """A value as the compiler sees it; hashed by identity."""

    source: Any
    mutation_type: Any

    def is_realized(self) -> bool: ...
    def is_python_constant(self) -> bool: ...
    def as_python_constant(self) -> Any: ...
    def as_proxy(self) -> Any: ...
    def reconstruct(self, codegen: Any) -> None: ...


class GraphArgLike(Protocol):
    """An argument of the compiled graph."""

    @property
    def source(self) -> Any: ...
    @property
    def pass_arg_as_tensor(self) -> bool: ...
    def reconstruct(self, codegen: Any) -> None: ...


class OutputLike(Protocol):
    """The `tx.output` of a translator."""

    @property
    def code_options(self) -> dict[str, Any]: ...
    @property
    def graphargs(self) -> Sequence[GraphArgLike]: ...
    @property
    def global_scope(self) -> dict[str, Any]: ...
    def new_var(self) -> str: ...
    def update_co_names(self, name: str) -> None: ...
    def install_global_by_id(self, prefix: str, value: Any) -> str: ...


class TranslatorLike(Protocol):
    """The translator that a codegen emits for."""

    @property
    def output(self) -> OutputLike: ...
    @property
    def f_globals(self) -> dict[str, Any]: ...
    @property
    def export(self) -> bool: ...
    def cell_and_freevars(self) -> Sequence[str]: ...
    def import_source(self, module_name: str) -> Any: ...


class Host(Protocol):
    """The questions a codegen asks. Each has one answer for all cases: a host keeps no state."""

    @property
    def builders(self) -> Builders:
        """How instructions are made, and what they are on this CPython."""

    def is_instruction(self, value: object) -> bool: ...
    def is_source(self, value: object) -> bool: ...
    def is_tracker(self, value: object) -> bool: ...

    def kind(self, tracker: Any) -> Kind:
        """What a tracker is. May realise a lazy one, so it is asked only where that does no harm."""

    def is_computed_anew(self, tracker: Any) -> bool:
        """Whether a tracker that was not realised has a rule to compute its value anew. Realises nothing."""

    def is_existing_value(self, mutation_type: object) -> bool:
        """Whether a mutation type says that the value may change and is older than the frame."""

    def is_safe_constant(self, value: object) -> bool:
        """Whether all code may share the value as a constant."""

    def nested_sources(self, source: Any) -> Sequence[Any]:
        """The sources that loading this one loads too, in that order."""

    def attribute_source(self, base: Any, member: str) -> Any:
        """The source of an attribute of what `base` loads."""

    def helper(self, role: Role) -> tuple[str, str] | None:
        """Module and attribute of what emitted code needs; None where there is none."""

    @property
    def float_dtype(self) -> Any:
        """The type of the tensor that a symbolic float becomes: it must keep every bit."""

    def graph_break(
        self,
        *,
        gb_type: str,
        context: str,
        explanation: str,
        hints: Sequence[str],
        cause: BaseException | None = None,
    ) -> NoReturn:
        """Give up on a value."""

    def incorrect_usage(self, what: str, *, where: str, remedy: str) -> NoReturn:
        """Refuse a program that no compiler could serve."""


# --- our own answers ------------------------------------------------------------------------------------

_SAFE_TYPES: Final = frozenset(
    {
        *(int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented)),
        types.CodeType,
    }
)
_SAFE_BASES: Final = (enum.Enum, type, types.GenericAlias, type(typing.List[int]))  # noqa: UP006
# by name, because a value of such a type exists only where torch was imported by someone else
_SAFE_TORCH_TYPES: Final = frozenset(
    {
        *(("torch", name) for name in ("Size", "device", "dtype", "memory_format", "layout")),
        *(("torch", name) for name in ("finfo", "iinfo")),
        ("torch.nn.attention", "_SDPBackend"),
        ("torch._utils", "_CudaDeviceProperties"),
        *(("torch.utils._pytree", name) for name in ("SequenceKey", "MappingKey", "GetAttrKey")),
    }
)


def is_safe_constant(value: object) -> bool:
    """Whether a value cannot change and has no identity that matters, so that `LOAD_CONST` may load it."""
    kind = type(value)
    if kind in _SAFE_TYPES:
        return True
    if kind is tuple or kind is frozenset:
        return all(map(is_safe_constant, value))  # type: ignore[call-overload]
    if kind is slice:  # a release takes every slice for safe, and so loses which tuple it holds (FINDINGS.md)
        return all(map(is_safe_constant, (value.start, value.stop, value.step)))  # type: ignore[attr-defined]
    return isinstance(value, _SAFE_BASES) or (kind.__module__, kind.__qualname__) in _SAFE_TORCH_TYPES


_KINDS: Final[tuple[tuple[type[VariableTracker], Kind], ...]] = (
    (ContextManagerGeneratorVariable, Kind.CONTEXT_MANAGER_GENERATOR),
    (LocalGeneratorVariable, Kind.LOCAL_GENERATOR),
    (TensorWithTFOverrideVariable, Kind.TENSOR_SUBCLASS),
    (NumpyNdarrayVariable, Kind.NDARRAY),
    (UnspecializedPythonVariable, Kind.UNSPECIALIZED),
    (SymNodeVariable, Kind.SYMBOLIC),
    (TensorVariable, Kind.TENSOR),
    (NNModuleVariable, Kind.MODULE),
    (VariableTracker, Kind.OTHER),
)
"""The kinds of our trackers: the first class that fits counts."""

_HELPERS: Final[Mapping[Role, tuple[str, str]]] = types.MappingProxyType(
    {
        "as tensor": ("torch", "_as_tensor_fullprec"),
        "to numpy": (helpers.__name__, "to_numpy"),
        "to subclass": (helpers.__name__, "to_subclass"),
    }
)


class OwnHost:
    """The host of the trackers and sources in this package. `helpers` says where helper functions live."""

    def __init__(self, helpers: Mapping[Role, tuple[str, str]] = _HELPERS) -> None:
        self.builders = NATIVE
        self.float_dtype = "float64"
        self.is_safe_constant: Callable[[object], bool] = is_safe_constant
        self._helpers = helpers
        self._kinds: dict[type, Kind] = {}

    def is_instruction(self, value: object) -> bool:
        return isinstance(value, Instruction)

    def is_source(self, value: object) -> bool:
        return isinstance(value, Source)

    def is_tracker(self, value: object) -> bool:
        return isinstance(value, VariableTracker)

    def kind(self, tracker: VariableTracker) -> Kind:
        if isinstance(tracker, LazyVariableTracker):
            return self.kind(tracker.realize())
        cls = type(tracker)
        if cls not in self._kinds:
            self._kinds[cls] = next(kind for base, kind in _KINDS if issubclass(cls, base))
        return self._kinds[cls]

    def is_computed_anew(self, tracker: VariableTracker) -> bool:
        return False

    def is_existing_value(self, mutation_type: object) -> bool:
        return isinstance(mutation_type, ValueMutationExisting)

    def nested_sources(self, source: Source) -> Sequence[Source]:
        nested = [source.base] if isinstance(source, ChainedSource) else []
        if isinstance(source, DictGetItemSource) and isinstance(source.index, Source):
            nested.append(source.index)
        return nested

    def attribute_source(self, base: Source, member: str) -> Source:
        return AttrSource(base, member)

    def helper(self, role: Role) -> tuple[str, str] | None:
        return self._helpers.get(role)

    def graph_break(
        self,
        *,
        gb_type: str,
        context: str,
        explanation: str,
        hints: Sequence[str],
        cause: BaseException | None = None,
    ) -> NoReturn:
        raise GraphBreak(gb_type=gb_type, context=context, explanation=explanation, hints=hints) from cause

    def incorrect_usage(self, what: str, *, where: str, remedy: str) -> NoReturn:
        raise ContextManagerReturnedError(what, where=where, remedy=remedy)
