"""Where a value that existed before the frame ran can be loaded from.

Claim: two sources are equal exactly if they load the same thing in the same way. An index is therefore
compared by type and bits (`True`, `1` and `1.0` are three indexes, `0.0` and `-0.0` two), and what
dictionaries find by identity (a NaN, an object that is not a plain constant) by identity.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from harness.codegen import helpers

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen

_BY_VALUE: Final = frozenset({int, bool, str, bytes, type(None), type(...), type(NotImplemented)})


def exact_key(value: object) -> Hashable:
    """A key that is equal for two constants only if no program can tell them apart as an index.

    Holds no reference to what it compares by identity: keep the value alive as long as the key.
    """
    kind = type(value)
    if kind in _BY_VALUE:
        return kind, value
    if isinstance(value, Source):
        return value
    if kind is float or kind is complex:
        real, imag = value.real, value.imag  # type: ignore[attr-defined]
        identity = id(value) if value != value else None
        return kind, struct.pack("<dd", real, imag), identity
    if kind is tuple:
        return kind, tuple(map(exact_key, value))  # type: ignore[call-overload]
    if kind is frozenset:
        return kind, frozenset(map(exact_key, value))  # type: ignore[call-overload]
    if kind is slice:
        return kind, exact_key((value.start, value.stop, value.step))  # type: ignore[attr-defined]
    return kind, id(value)


@dataclass(frozen=True, eq=False)
class Source:
    """A way to load one value. Immutable, hashable, equal by what it loads."""

    _key: Hashable = field(init=False, repr=False)
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # sources are looked up several times for every value, and hash a whole chain
        key = self._make_key()
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_hash", hash((type(self), key)))

    def _make_key(self) -> Hashable:
        raise NotImplementedError

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        return self._hash == other._hash and self._key == other._key

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Append to `codegen` what leaves the value on top of the stack."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class LocalSource(Source):
    """A local variable of the frame; or what is in a cell that is a variable of the frame."""

    local_name: str
    is_derefed_cell_contents: bool = False

    def _make_key(self) -> Hashable:
        return self.local_name, self.is_derefed_cell_contents

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.is_derefed_cell_contents:
            codegen.load_deref(self.local_name)
        else:
            codegen.append_output(codegen.create_load(self.local_name))


@dataclass(frozen=True, eq=False)
class GlobalSource(Source):
    """A global of the frame."""

    global_name: str

    def _make_key(self) -> Hashable:
        return self.global_name

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.append_output(codegen.create_load_global(self.global_name, add=True))


@dataclass(frozen=True, eq=False)
class ChainedSource(Source):
    """A source that is reached from another one, its `base`."""

    base: Source


@dataclass(frozen=True, eq=False)
class AttrSource(ChainedSource):
    """The attribute `member` of the base; with dots, of its attributes."""

    member: str

    def _make_key(self) -> Hashable:
        return self.base, self.member

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.base)
        codegen.extend_output(codegen.create_load_attrs(self.member))


@dataclass(frozen=True, eq=False)
class GetItemSource(ChainedSource):
    """`base[index]`, for a constant index. A slice makes a new object every time it is loaded."""

    index: Any

    def _make_key(self) -> Hashable:
        return self.base, exact_key(self.index)

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.base)
        codegen.append_output(codegen.create_load_const(self.index))
        codegen.append_output(codegen.create_binary_subscr())


@dataclass(frozen=True, eq=False)
class DictGetItemSource(ChainedSource):
    """`base[index]` of a dict. The index is a constant, or a source that loads the key."""

    index: Any

    def _make_key(self) -> Hashable:
        return self.base, exact_key(self.index)

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.base)
        if isinstance(self.index, Source):
            codegen(self.index)
        else:
            codegen.append_output(codegen.create_load_const(self.index))
        codegen.append_output(codegen.create_binary_subscr())


@dataclass(frozen=True, eq=False)
class ImportSource(Source):
    """A module, imported anew: of a dotted name the first."""

    module_name: str

    def _make_key(self) -> Hashable:
        return self.module_name

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.append_output(codegen.create_load_const(0))
        codegen.append_output(codegen.create_load_const(None))
        codegen.append_output(codegen.create_import_name(self.module_name))


def _call(codegen: PyCodegen, module: str, name: str, *arguments: Callable[[], None]) -> None:
    """Call what a module has under a name; each argument pushes itself."""
    codegen.add_push_null(lambda: codegen.load_import_from(module, name))
    for push in arguments:
        push()
    codegen.call_function(len(arguments), push_null=False)


@dataclass(frozen=True, eq=False)
class ConstDictKeySource(ChainedSource):
    """The key at position `index` of a dict."""

    index: int

    def _make_key(self) -> Hashable:
        return self.base, self.index

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(
            *(codegen, helpers.__name__, "dict_keys_getitem"),
            lambda: codegen(self.base),
            lambda: codegen.append_output(codegen.create_load_const(self.index)),
        )


@dataclass(frozen=True, eq=False)
class DefaultsSource(ChainedSource):
    """A default of a function: by position, or of a keyword parameter."""

    idx_key: int | str

    def _make_key(self) -> Hashable:
        return self.base, self.idx_key

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.base)
        codegen.load_attr("__kwdefaults__" if isinstance(self.idx_key, str) else "__defaults__")
        codegen.append_output(codegen.create_load_const(self.idx_key))
        codegen.append_output(codegen.create_binary_subscr())


@dataclass(frozen=True, eq=False)
class ClosureSource(ChainedSource):
    """The tuple of cells that a function closes over."""

    def _make_key(self) -> Hashable:
        return self.base

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.base)
        codegen.load_attr("__closure__")


@dataclass(frozen=True, eq=False)
class CellContentsSource(ChainedSource):
    """What is in a cell."""

    def _make_key(self) -> Hashable:
        return self.base

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.base)
        codegen.load_attr("cell_contents")


@dataclass(frozen=True, eq=False)
class TypeSource(ChainedSource):
    """The class of a value."""

    def _make_key(self) -> Hashable:
        return self.base

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(codegen, "builtins", "type", lambda: codegen(self.base))


@dataclass(frozen=True, eq=False)
class WeakRefCallSource(ChainedSource):
    """What a weak reference refers to."""

    def _make_key(self) -> Hashable:
        return self.base

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.add_push_null(lambda: codegen(self.base))
        codegen.call_function(0, push_null=False)


@dataclass(frozen=True, eq=False)
class TupleIteratorGetItemSource(ChainedSource):
    """The item that an iterator over a tuple gives after `index` others."""

    index: int

    def _make_key(self) -> Hashable:
        return self.base, self.index

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(
            *(codegen, helpers.__name__, "tuple_iterator_getitem"),
            lambda: codegen(self.base),
            lambda: codegen.append_output(codegen.create_load_const(self.index)),
        )


@dataclass(frozen=True, eq=False)
class CallSource(WeakRefCallSource):
    """What the base gives when it is called with nothing."""


@dataclass(frozen=True, eq=False)
class GlobalWeakRefSource(Source):
    """What a weak reference in a global refers to."""

    global_name: str

    def _make_key(self) -> Hashable:
        return self.global_name

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.add_push_null(
            lambda: codegen.append_output(codegen.create_load_global(self.global_name, add=True))
        )
        codegen.call_function(0, push_null=False)


@dataclass(frozen=True, eq=False)
class ConstantSource(GlobalSource):
    """A global that the compiler added, and whose name it has given to the frame."""

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.append_output(codegen.create_load_global(self.global_name, add=False))


@dataclass(frozen=True, eq=False)
class SetGetItemSource(ChainedSource):
    """The element at position `index` of a set."""

    index: int

    def _make_key(self) -> Hashable:
        return self.base, self.index

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(
            *(codegen, helpers.__name__, "set_getitem"),
            lambda: codegen(self.base),
            lambda: codegen.append_output(codegen.create_load_const(self.index)),
        )


@dataclass(frozen=True, eq=False)
class TensorPropertySource(ChainedSource):
    """What the method `name` of a tensor says of dimension `index`; None: it says it of the whole."""

    name: str
    index: int | None = None

    def _make_key(self) -> Hashable:
        return self.base, self.name, self.index

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.base)
        codegen.load_method(self.name)
        if self.index is not None:
            codegen.append_output(codegen.create_load_const(self.index))
        codegen.call_method(0 if self.index is None else 1)


@dataclass(frozen=True, eq=False)
class MarkedSource(ChainedSource):
    """What the base gives, the base being marked for whoever guards it."""

    def _make_key(self) -> Hashable:
        return self.base

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.base)


@dataclass(frozen=True, eq=False)
class IntSource(MarkedSource):
    """What the base gives as an `int`: its own type may be one of the compiler's."""

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(codegen, "builtins", "int", lambda: codegen(self.base))


@dataclass(frozen=True, eq=False)
class TensorOfArraySource(MarkedSource):
    """The tensor over the memory of the array that the base gives."""

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(codegen, helpers.__name__, "to_tensor", lambda: codegen(self.base))


@dataclass(frozen=True, eq=False)
class ListGetItemSource(GetItemSource):
    """An item of a list of a user's class, whatever that makes of indexing."""

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(
            *(codegen, helpers.__name__, "list_getitem"),
            lambda: codegen(self.base),
            lambda: codegen.append_output(codegen.create_load_const(self.index)),
        )


@dataclass(frozen=True, eq=False)
class DictSubclassGetItemSource(DictGetItemSource):
    """What a dict of a user's class has under a key, whatever that makes of indexing."""

    def _push_key(self, codegen: PyCodegen) -> None:
        if isinstance(self.index, Source):
            codegen(self.index)
        else:
            codegen.append_output(codegen.create_load_const(self.index))

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(
            *(codegen, helpers.__name__, "dict_getitem"),
            lambda: codegen(self.base),
            lambda: self._push_key(codegen),
        )


@dataclass(frozen=True, eq=False)
class ModeStackSource(Source):
    """The mode at position `index` of the stack of modes."""

    index: int

    def _make_key(self) -> Hashable:
        return self.index

    def reconstruct(self, codegen: PyCodegen) -> None:
        _call(
            *(codegen, helpers.__name__, "mode_at"),
            lambda: codegen.append_output(codegen.create_load_const(self.index)),
        )
