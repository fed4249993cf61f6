"""Faults in how a codegen calls the compiled function: one for each claim on call cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.net.planting import Fault, wrap

VALUES, STACK, ACCESSES, TEMPORARIES = "values", "stack", "accesses", "temporaries"
OTHER_VALUE = ((VALUES, "identity-lost"), (VALUES, "type"), (VALUES, "bits"))
TWICE = ((ACCESSES, "computed twice"),)


def _codegen(target: Any) -> Any:
    """The target's PyCodegen class."""
    if target.name == "own":
        from harness.codegen import PyCodegen

        return PyCodegen
    from torch._dynamo.codegen import PyCodegen as Installed

    return Installed


def _sources(target: Any) -> Any:
    """The module of the target's sources."""
    if target.name == "own":
        from harness.codegen import sources

        return sources
    from torch._dynamo import source

    return source


def _calling(target: Any, around: Callable[[Any, Any, str], None]) -> None:
    """Let `around(real, codegen, name)` take the place of `make_call_generated_code`."""

    def calling(real: Any) -> Any:
        return lambda self, name: around(real, self, name)

    wrap(_codegen(target), "make_call_generated_code", calling)


def _with_arguments(target: Any, change: Callable[[list[Any]], None]) -> None:
    """Let the graph arguments of each call be changed first."""

    def around(real: Any, codegen: Any, name: str) -> None:
        if target.name == "own":
            change(codegen.tx.output.graphargs)
        else:
            arguments = codegen.tx.output.graphargs
            change(arguments)
            for node, argument in zip(codegen.tx.output.placeholders, arguments, strict=True):
                node.meta["grapharg"] = argument
        real(codegen, name)

    _calling(target, around)


# --- what is shared --------------------------------------------------------------------------------------


def nothing_marked(target: Any) -> None:
    _codegen(target).mark_source_temp = lambda self, source: None


def only_the_first_marked(target: Any) -> None:
    def marking(real: Any) -> Any:
        def mark(self: Any, source: Any) -> None:
            if not any(type(value).__name__ in _CHAINED for value in self.tempvars):
                real(self, source)

        return mark

    wrap(_codegen(target), "mark_source_temp", marking)


_CHAINED = {"AttrSource", "GetItemSource", "DictGetItemSource"}


def items_are_not_shared(target: Any) -> None:
    """The index is left out of the kinds of source that are kept."""

    def marking(real: Any) -> Any:
        def mark(self: Any, source: Any) -> None:
            if type(source).__name__ != "GetItemSource":
                real(self, source)

        return mark

    wrap(_codegen(target), "mark_source_temp", marking)


def bases_of_dict_items_forgotten(target: Any) -> None:
    """What a dict item is reached through is no part of it, when what is shared is counted."""
    if target.name == "own":
        from harness.codegen import DictGetItemSource, OwnHost

        wrap(
            OwnHost,
            "nested_sources",
            lambda real: (
                lambda self, source: [] if isinstance(source, DictGetItemSource) else real(self, source)
            ),
        )
        return
    from torch._dynamo import codegen, source

    class Chained(type):
        def __instancecheck__(cls, value: Any) -> bool:
            return isinstance(value, source.ChainedSource) and not isinstance(value, source.DictGetItemSource)

    codegen.ChainedSource = Chained("ChainedSource", (), {})  # type: ignore[attr-defined]


def only_arguments_shared(target: Any) -> None:
    """The descent goes no further than the arguments themselves."""
    if target.name == "own":
        from harness.codegen import OwnHost

        OwnHost.nested_sources = lambda self, source: []  # type: ignore[method-assign]
        return
    from torch._dynamo import codegen

    class Chained(type):
        def __instancecheck__(cls, value: Any) -> bool:
            return False

    codegen.ChainedSource = Chained("ChainedSource", (), {})  # type: ignore[attr-defined]


def attributes_equal_without_base(target: Any) -> None:
    """Two attributes of one name are one source."""
    kind = _sources(target).AttrSource
    kind.__eq__ = lambda self, other: type(self) is type(other) and self.member == other.member
    kind.__hash__ = lambda self: hash(self.member)


def temporary_forgotten_after_one_reload(target: Any) -> None:
    """What was kept is given up after it was loaded again once."""

    def forgetting(real: Any) -> Any:
        def call(self: Any, value: Any, allow_cache: bool = True) -> None:
            kept = self.tempvars.get(value) is not None and self.top_of_stack is not value
            real(self, value, allow_cache)
            if kept:
                self.tempvars[value] = None

        return call

    wrap(_codegen(target), "__call__", forgetting)


# --- the arguments ---------------------------------------------------------------------------------------


def arguments_reversed(target: Any) -> None:
    _with_arguments(target, lambda arguments: arguments.reverse())


def first_argument_for_the_last(target: Any) -> None:
    """Where two other arguments have one source, the last is taken for the first."""

    def mistake(arguments: list[Any]) -> None:
        if len({argument.source for argument in arguments}) == len(arguments) - 1:
            arguments[-1] = arguments[0]

    _with_arguments(target, mistake)


def later_argument_computed_first(target: Any) -> None:
    """Everything is kept, and an argument that is not the first is computed before all others."""

    def around(real: Any, codegen: Any, name: str) -> None:
        arguments = codegen.tx.output.graphargs
        for argument in arguments:
            source = argument.source
            while type(source).__name__ in _CHAINED:
                codegen.mark_source_temp(source)
                source = source.base
        if len(arguments) > 1:
            codegen(arguments[-1].source)
            codegen.pop_top()
        real(codegen, name)

    _calling(target, around)


def stale_top_of_stack(target: Any) -> None:
    """After an item was loaded, what it is an item of is believed to be on top."""

    def staying(real: Any) -> Any:
        def call(self: Any, value: Any, allow_cache: bool = True) -> None:
            real(self, value, allow_cache)
            if type(value).__name__ == "GetItemSource":
                self.top_of_stack = value.base

        return call

    wrap(_codegen(target), "__call__", staying)


# --- conversions -----------------------------------------------------------------------------------------


def _unconverted(argument: Any) -> Any:
    import dataclasses

    return dataclasses.replace(argument, pass_arg_as_tensor=False)


def conversion_left_out(target: Any) -> None:
    def leave_out(arguments: list[Any]) -> None:
        arguments[:] = [_unconverted(argument) for argument in arguments]

    _with_arguments(target, leave_out)


def first_conversion_only(target: Any) -> None:
    def leave_out(arguments: list[Any]) -> None:
        converted = [at for at, argument in enumerate(arguments) if argument.pass_arg_as_tensor]
        for at in converted[1:]:
            arguments[at] = _unconverted(arguments[at])

    _with_arguments(target, leave_out)


def converted_in_single_precision(target: Any) -> None:
    if target.name == "own":
        import struct

        from harness.targets import own_calls

        wrap(
            own_calls,
            "as_tensor",
            lambda real: (
                lambda value: real(struct.unpack("f", struct.pack("f", value))[0] if value == 0.1 else value)
            ),
        )
        return
    import torch

    torch._as_tensor_fullprec = torch.as_tensor  # type: ignore[attr-defined]


# --- temporaries -----------------------------------------------------------------------------------------


def temporaries_kept(target: Any) -> None:
    _codegen(target).clear_tempvars = lambda self: self.clear_tos()


def last_temporary_kept(target: Any) -> None:
    def clearing(real: Any) -> Any:
        def clear(self: Any) -> None:
            if len(self.tempvars) > 2:
                self.tempvars.popitem()
            real(self)

        return clear

    wrap(_codegen(target), "clear_tempvars", clearing)


def deleted_before_the_call(target: Any) -> None:
    """A temporary is deleted as soon as it was loaded again, and once more in the end."""

    def loading(real: Any) -> Any:
        def call(self: Any, value: Any, allow_cache: bool = True) -> None:
            name = self.tempvars.get(value)
            real(self, value, allow_cache)
            if name is not None:
                self._output.append(self.create_delete(name))

        return call

    wrap(_codegen(target), "__call__", loading)


_PLANTED: tuple[tuple[str, Callable[[Any], None], tuple[tuple[str, str], ...]], ...] = (
    ("no source marked", nothing_marked, TWICE),
    ("only the first source marked", only_the_first_marked, TWICE),
    ("items are not shared", items_are_not_shared, TWICE),
    ("bases of dict items forgotten", bases_of_dict_items_forgotten, TWICE),
    ("only arguments shared", only_arguments_shared, TWICE),
    (
        "attributes equal without base",
        attributes_equal_without_base,
        (
            (VALUES, "identity-lost"),
            (VALUES, "type"),
            (VALUES, "bits"),
            (VALUES, "raised"),
            (VALUES, "sharing-gained"),
            (TEMPORARIES, "left bound"),
        ),
    ),
    (
        "temporary forgotten after one reload",
        temporary_forgotten_after_one_reload,
        (*TWICE, (TEMPORARIES, "left bound")),
    ),
    (
        "arguments reversed",
        arguments_reversed,
        (*OTHER_VALUE, (ACCESSES, "computed out of order")),
    ),
    (
        "first argument for the last",
        first_argument_for_the_last,
        (*OTHER_VALUE, (ACCESSES, "not computed")),
    ),
    ("later argument computed first", later_argument_computed_first, ((ACCESSES, "computed out of order"),)),
    (
        "stale top of stack",
        stale_top_of_stack,
        (
            (VALUES, "identity-lost"),
            (VALUES, "type"),
            (VALUES, "bits"),
            (VALUES, "sharing-gained"),
            (VALUES, "raised"),
        ),
    ),
    ("conversion left out", conversion_left_out, ((VALUES, "type"),)),
    ("first conversion only", first_conversion_only, ((VALUES, "type"),)),
    ("converted in single precision", converted_in_single_precision, ((VALUES, "bits"),)),
    ("temporaries kept", temporaries_kept, ((TEMPORARIES, "left bound"),)),
    ("last temporary kept", last_temporary_kept, ((TEMPORARIES, "left bound"),)),
    ("deleted before the call", deleted_before_the_call, ((STACK, "unbound-local"),)),
)

FAULTS = tuple(
    Fault(f"{target}: {name}", target, apply, caught_by, ("call",))
    for target in ("own", "torch")
    for name, apply, caught_by in _PLANTED
)
