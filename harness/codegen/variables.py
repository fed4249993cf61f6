"""Trackers: what the `own` target knows of a value, and how it is rebuilt.

Claim: a tracker's `reconstruct` leaves exactly one value on the stack, equal to the tracked one, in which
every tracker that occurs twice is one object, cycles included, if the codegen keeps those in temporaries.

Here are what all trackers share, and constants, lists, tuples, dicts, tensors and objects; the others are in
`containers.py`, `iterators.py` and `functions.py`.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Mapping
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


class AttributeMutationNew(MutationType):
    """Attributes of the value may change, and it was made in the frame."""


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


class NullVariable(VariableTracker):
    """The NULL of a call, where the frame is left at the call: no value, and only the call takes it."""

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.append_output(create_instruction("PUSH_NULL"))


class CompositeVariable(VariableTracker):
    """A value that holds others by reference, and may hold itself.

    What can change is made empty, kept in a temporary, and filled: its contents find it there. What cannot
    (a tuple) is made after its contents, and may find that they have made it already.
    """

    def generates_source(self, codegen: PyCodegen) -> bool:
        """Whether `codegen` loads this value from its source: nothing in it is then generated."""
        return self.source is not None and (
            isinstance(self.mutation_type, ValueMutationExisting) or codegen.value_from_source
        )

    def is_met_from(self, codegen: PyCodegen, start: Iterable[VariableTracker]) -> bool:
        """Whether generating the values of `start` comes across this one."""
        seen: set[VariableTracker] = set()
        todo = list(start)
        while todo:
            value = todo.pop()
            if value is self:
                return True
            if (
                isinstance(value, CompositeVariable)
                and value not in seen
                and not value.generates_source(codegen)
            ):
                seen.add(value)
                todo.extend(value.children())
        return False

    def rebuilds_itself(self, codegen: PyCodegen) -> bool:
        """Whether rebuilding this value comes across it again, and would rebuild it there.

        What is in a temporary by now counts as rebuilt: so all values of a cycle are kept, whichever of them
        is generated first, and each is one object even in a single pass.
        """
        return not self.generates_source(codegen) and self.is_met_from(codegen, self.children())

    def keep_empty(self, codegen: PyCodegen) -> None:
        """Keep what is on the stack, this value while it is still empty, for its contents to find."""
        codegen.append_output(create_dup_top())
        codegen.add_cache(self)

    def is_made_by(self, codegen: PyCodegen, parts: Iterable[VariableTracker]) -> bool:
        """Whether one of the parts that this value is made of has made it on its way; it is then loaded.

        For a value that exists only after its parts. A part that contains it comes across it unfinished and
        makes a second one: this asks for that one to be kept. The part is kept too, because it is in the same
        cycle. Where no part contains the value, nothing is emitted.
        """
        parts = list(parts)
        if self.generates_source(codegen) or not self.is_met_from(codegen, parts):
            return False
        through = [part for part in parts if self.is_met_from(codegen, (part,))]
        codegen.tempvars.setdefault(self, None)
        for part in through:
            codegen(part)
            codegen.pop_top()
        made = codegen.tempvars[self]
        if made is None:
            return False
        codegen.append_output(codegen.create_load(made))
        return True


class SequenceVariable(CompositeVariable):
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


class ListVariable(SequenceVariable):
    """A list."""

    type_ = list

    def reconstruct(self, codegen: PyCodegen) -> None:
        cyclic = self.rebuilds_itself(codegen)
        if cyclic:
            codegen.append_output(create_instruction("BUILD_LIST", arg=0))
            self.keep_empty(codegen)
        codegen.foreach(self.items)
        codegen.append_output(create_instruction("BUILD_LIST", arg=len(self.items)))
        if cyclic:
            codegen.append_output(create_instruction("LIST_EXTEND", arg=1))


_UNKNOWN: Final = object()


class ImmutableVariable(SequenceVariable):
    """A value that cannot change. One of constants only is a constant itself."""

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
        # one object per tracker, so that a value that occurs twice stays one
        if self._constant is _UNKNOWN:
            self._constant = self.constant_of([item.as_python_constant() for item in self.items])
        return self._constant

    def constant_of(self, items: list[Any]) -> Any:
        """The value itself, where its items are these constants."""
        return self.type_(items)


class TupleVariable(ImmutableVariable):
    """A tuple."""

    type_ = tuple

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.is_made_by(codegen, self.items):
            return
        codegen.foreach(self.items)
        codegen.append_output(create_build_tuple(len(self.items)))


class ConstDictVariable(CompositeVariable):
    """A dict or an OrderedDict (`user_cls`), as pairs of trackers in its order.

    The list of pairs may be filled later, to close a cycle.
    """

    def __init__(
        self,
        items: Mapping[VariableTracker, VariableTracker]
        | Iterable[tuple[VariableTracker, VariableTracker]] = (),
        user_cls: type[dict[Any, Any]] = dict,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.items = list(items.items() if isinstance(items, Mapping) else items)
        self.user_cls = user_cls

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<{len(self.items)} items>)"

    def python_type(self) -> type:
        return self.user_cls

    def children(self) -> Iterable[VariableTracker]:
        return (child for pair in self.items for child in pair)

    def reconstruct(self, codegen: PyCodegen) -> None:
        cyclic = self.rebuilds_itself(codegen)
        if self.user_cls is collections.OrderedDict:
            self._reconstruct_ordered(codegen, cyclic)
            return
        if cyclic:
            codegen.append_output(create_instruction("BUILD_MAP", arg=0))
            self.keep_empty(codegen)
        self._push_pairs(codegen)
        if cyclic:
            codegen.append_output(create_instruction("DICT_UPDATE", arg=1))

    def _reconstruct_ordered(self, codegen: PyCodegen, cyclic: bool) -> None:
        push_collection_type(codegen, "OrderedDict")
        if cyclic:
            codegen.call_function(0, push_null=False)
            self.keep_empty(codegen)
            fill(codegen, "update", self._push_pairs)
        else:
            self._push_pairs(codegen)
            codegen.call_function(1, push_null=False)

    def _push_pairs(self, codegen: PyCodegen) -> None:
        """Leave a new dict of the pairs on the stack."""
        for key, value in self.items:
            codegen(key)
            codegen(value)
        codegen.append_output(create_instruction("BUILD_MAP", arg=len(self.items)))


def push_collection_type(codegen: PyCodegen, name: str) -> None:
    """Leave a type of the module `collections` on the stack, ready to be called."""
    codegen.add_push_null(
        lambda: codegen.extend_output(
            [codegen.create_load_python_module(collections), codegen.create_load_attr(name)]
        )
    )


def fill(codegen: PyCodegen, method: str, push_contents: Callable[[PyCodegen], None]) -> None:
    """Call a method of what is on top with the contents, and leave it on top."""
    codegen.dup_top()
    codegen.load_method(method)
    push_contents(codegen)
    codegen.call_method(1)
    codegen.pop_top()


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
