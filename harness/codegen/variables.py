"""Trackers: what the `own` target knows of a value, and how it is rebuilt.

Claim: a tracker's `reconstruct` leaves exactly one value on the stack, equal to the tracked one, in which
every tracker that occurs twice is one object, cycles included, if the codegen keeps those in temporaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import GeneratorType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from harness.codegen.instructions import create_build_tuple, create_dup_top, create_instruction

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen
    from harness.codegen.sources import Source


class MutationType:
    """Which changes of its value a tracker may record, and whether the value is older than the frame."""


class ValueMutationNew(MutationType):
    """The value itself may change, and was made in the frame."""


class ValueMutationExisting(MutationType):
    """The value itself may change, and existed before the frame."""


class AttributeMutationExisting(MutationType):
    """Attributes of the value may change, and it existed before the frame."""


class VariableTracker:
    """A value as the compiler sees it. Compared and hashed by identity: two trackers are two values."""

    def __init__(self, *, source: Source | None = None, mutation_type: MutationType | None = None) -> None:
        self.source = source
        self.mutation_type = mutation_type

    def is_realized(self) -> bool:
        """Whether the tracker is what it will be, or still stands for a value nobody has looked at."""
        return True

    def is_python_constant(self) -> bool:
        return False

    def as_python_constant(self) -> Any:
        raise NotImplementedError

    def python_type(self) -> type:
        raise NotImplementedError

    def as_proxy(self) -> Any:
        raise NotImplementedError

    def children(self) -> Iterable[VariableTracker]:
        """The trackers that `reconstruct` generates."""
        return ()

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Append to `codegen` what leaves the value on top of the stack."""
        raise NotImplementedError


class ConstantVariable(VariableTracker):
    """A value that is known and never changes."""

    def __init__(
        self, value: object, *, source: Source | None = None, mutation_type: MutationType | None = None
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"

    def is_python_constant(self) -> bool:
        return True

    def as_python_constant(self) -> Any:
        return self.value

    def python_type(self) -> type:
        return type(self.value)


class _Container(VariableTracker):
    """A value that holds others by reference."""

    def generates_source(self, codegen: PyCodegen) -> bool:
        """Whether `codegen` loads this value where it is, instead of rebuilding it."""
        return self.source is not None and (
            isinstance(self.mutation_type, ValueMutationExisting) or codegen.value_from_source
        )

    def rebuilds_itself(self, codegen: PyCodegen) -> bool:
        """Whether rebuilding this value comes across it again.

        Where the value has a source, coming across it loads the source: nothing is rebuilt.
        """
        if self.generates_source(codegen):
            return False
        seen: set[VariableTracker] = set()
        todo = list(self.children())
        while todo:
            child = todo.pop()
            if child is self:
                return True
            if isinstance(child, _Container) and child not in seen and not child.generates_source(codegen):
                seen.add(child)
                todo.extend(child.children())
        return False


class _Sequence(_Container):
    """A value made of the values of `items`. The list may be filled later, to close a cycle."""

    type_: ClassVar[type]

    def __init__(
        self,
        items: Iterable[VariableTracker] = (),
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.items = list(items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<{len(self.items)} items>)"

    def python_type(self) -> type:
        return self.type_

    def children(self) -> Iterable[VariableTracker]:
        return self.items


class ListVariable(_Sequence):
    """A list."""

    type_ = list

    def reconstruct(self, codegen: PyCodegen) -> None:
        cyclic = self.rebuilds_itself(codegen)
        if cyclic:
            # its items find it in a temporary while it is still empty
            codegen.append_output(create_instruction("BUILD_LIST", arg=0))
            codegen.append_output(create_dup_top())
            codegen.add_cache(self)
        codegen.foreach(self.items)
        codegen.append_output(create_instruction("BUILD_LIST", arg=len(self.items)))
        if cyclic:
            codegen.append_output(create_instruction("LIST_EXTEND", arg=1))


_UNKNOWN: Final = object()


class TupleVariable(_Sequence):
    """A tuple. One of constants only is a constant itself."""

    type_ = tuple

    def __init__(
        self,
        items: Iterable[VariableTracker] = (),
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(items, source=source, mutation_type=mutation_type)
        self._constant: Any = _UNKNOWN

    def is_python_constant(self) -> bool:
        return all(item.is_python_constant() for item in self.items)

    def as_python_constant(self) -> Any:
        # one object per tracker, so that a tuple that occurs twice stays one
        if self._constant is _UNKNOWN:
            self._constant = tuple(item.as_python_constant() for item in self.items)
        return self._constant

    def reconstruct(self, codegen: PyCodegen) -> None:
        # A tuple can only be made after its items. If one of these contains the tuple, it makes the
        # tuple on its way, from its own unfinished self: ask for that one to be kept, and use it.
        cyclic = self.rebuilds_itself(codegen)
        if cyclic:
            codegen.tempvars.setdefault(self, None)
        codegen.foreach(self.items)
        made = codegen.tempvars.get(self) if cyclic else None
        if made is None:
            codegen.append_output(create_build_tuple(len(self.items)))
            return
        for _ in self.items:
            codegen.pop_top()
        codegen.append_output(codegen.create_load(made))


class ConstDictVariable(_Container):
    """A dict, as pairs of trackers in the dict's order. The list may be filled later, to close a cycle."""

    def __init__(
        self,
        items: Mapping[VariableTracker, VariableTracker]
        | Iterable[tuple[VariableTracker, VariableTracker]] = (),
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.items = list(items.items() if isinstance(items, Mapping) else items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<{len(self.items)} items>)"

    def python_type(self) -> type:
        return dict

    def children(self) -> Iterable[VariableTracker]:
        return (child for pair in self.items for child in pair)

    def reconstruct(self, codegen: PyCodegen) -> None:
        cyclic = self.rebuilds_itself(codegen)
        if cyclic:
            codegen.append_output(create_instruction("BUILD_MAP", arg=0))
            codegen.append_output(create_dup_top())
            codegen.add_cache(self)
        for key, value in self.items:
            codegen(key)
            codegen(value)
        codegen.append_output(create_instruction("BUILD_MAP", arg=len(self.items)))
        if cyclic:
            codegen.append_output(create_instruction("DICT_UPDATE", arg=1))


class UserDefinedObjectVariable(VariableTracker):
    """An object of a user's class. It can be loaded from where it is; nobody knows how to make another."""

    def __init__(
        self,
        value_type: type,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.value_type = value_type

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value_type.__qualname__})"

    def python_type(self) -> type:
        return self.value_type


class TensorVariable(VariableTracker):
    """A value that the compiled graph computes: `proxy` is what stands for it in the graph."""

    def __init__(
        self, proxy: object, *, source: Source | None = None, mutation_type: MutationType | None = None
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.proxy = proxy

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.proxy!r})"

    def as_proxy(self) -> Any:
        return self.proxy


class LocalGeneratorVariable(_Sequence):
    """A generator made in the frame, drained: an iterator over the items it still had."""

    type_ = GeneratorType

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.foreach(self.items)
        codegen.append_output(create_build_tuple(len(self.items)))
        codegen.append_output(create_instruction("GET_ITER"))


class ContextManagerGeneratorVariable(LocalGeneratorVariable):
    """The object that a `@contextmanager` function returns. Its frame cannot leave the compiled region."""
