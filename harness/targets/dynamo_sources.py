"""A case's sources as torch's own.

Claim: each is the source that Dynamo gives such a value when it reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo import source

from generators.case import (
    Attribute,
    CellContents,
    CellName,
    ClassMember,
    ClosureCell,
    Default,
    DictItem,
    DictItemByKey,
    DictKey,
    Element,
    FreeName,
    GlobalName,
    GlobalReferent,
    Gradient,
    Import,
    Item,
    LocalName,
    ModeOnStack,
    RandomValue,
    SliceItem,
    Subclasses,
    Superclass,
    TensorProperty,
    TupleIteratorItem,
    TypeOf,
    WeakRefCall,
    Wrapped,
)
from generators.compiler_sources import PARAMETER_DICTS
from harness.targets import dynamo_here as here

if TYPE_CHECKING:
    from harness.targets.base import Trackers

_HERE: dict[str, Any] = {
    name: here.there(source.__name__, name)
    for name in (
        "AttrProxySource",
        "CallFunctionNoArgsSource",
        "ConstantSource",
        "ConvertIntSource",
        "DictSubclassGetItemSource",
        "DynamicScalarSource",
        "GlobalWeakRefSource",
        "GradSource",
        "ListGetItemSource",
        "NNModuleSource",
        "NonSerializableSetGetItemSource",
        "NumpyTensorSource",
        "OptimizerSource",
        "RandomValueSource",
        "SkipGuardSource",
        "SyntheticLocalSource",
        "TensorProperty",
        "TensorPropertySource",
        "TorchFunctionModeStackSource",
        "TypeDictSource",
        "TypeMROSource",
        "UnspecializedBuiltinNNModuleSource",
        "UnspecializedNNModuleSource",
        "UnspecializedParamBufferSource",
    )
}
"""The classes that a version may lack."""

_LOCALS: dict[str, Callable[[str], Any]] = {
    "": lambda name: source.LocalSource(name, is_input=True),
    "synthetic": _HERE["SyntheticLocalSource"],
}
_GLOBALS: dict[str, Callable[[str], Any]] = {"": source.GlobalSource, "constant": _HERE["ConstantSource"]}
_WRAPPED: dict[str, Callable[[Any], Any]] = {
    "unguarded": _HERE["SkipGuardSource"],
    "optimizer": _HERE["OptimizerSource"],
    "user_module": _HERE["UnspecializedNNModuleSource"],
    "builtin_module": _HERE["UnspecializedBuiltinNNModuleSource"],
    "proxied_module": lambda base: _HERE["UnspecializedNNModuleSource"](_HERE["AttrProxySource"](base)),
    "static_module": _HERE["NNModuleSource"],
    "symbolic_bool": _HERE["ConvertIntSource"],
    "dynamic_int": lambda base: _HERE["DynamicScalarSource"](base, True),
    "array": _HERE["NumpyTensorSource"],
}
"""The ways of names and marks -> torch's source, given the name or the base."""


def _attribute(base: Any, name: str) -> Any:
    """An attribute; those of a module that hold its parameters and buffers have a class of their own."""
    if name in PARAMETER_DICTS and isinstance(base, _HERE["UnspecializedNNModuleSource"]):
        return _HERE["UnspecializedParamBufferSource"](base, name)
    return source.AttrSource(base, name)


def _item(made: Trackers, entry: Any) -> Any:
    """The class of the source of an item; that of a user's list goes past the methods of its class."""
    return _HERE["ListGetItemSource"] if made.holder_base(entry) == "list" else source.GetItemSource


def _dict_item(made: Trackers, entry: Any) -> Any:
    """The same of a dict's."""
    return source.DictGetItemSource if made.holder_base(entry) is None else _HERE["DictSubclassGetItemSource"]


SOURCES: dict[type[Any], Callable[[Trackers, Any], Any]] = {
    LocalName: lambda made, entry: _LOCALS[entry.how](entry.name),
    GlobalName: lambda made, entry: _GLOBALS[entry.how](entry.name),
    **dict.fromkeys(
        (CellName, FreeName),
        lambda made, entry: source.LocalSource(entry.name, is_input=True, is_derefed_cell_contents=True),
    ),
    Import: lambda made, entry: here.ImportSource(entry.name),
    Attribute: lambda made, entry: _attribute(made.sources[entry.base], entry.name),
    Item: lambda made, entry: _item(made, entry)(made.sources[entry.base], entry.index),
    SliceItem: lambda made, entry: source.GetItemSource(made.sources[entry.base], made.slice_of(entry)),
    DictItem: lambda made, entry: _dict_item(made, entry)(made.sources[entry.base], made.key(entry.key)),
    DictKey: lambda made, entry: source.ConstDictKeySource(made.sources[entry.base], entry.index),
    DictItemByKey: lambda made, entry: _dict_item(made, entry)(
        made.sources[entry.base], made.sources[entry.by]
    ),
    Default: lambda made, entry: source.DefaultsSource(
        made.sources[entry.base], entry.place, isinstance(entry.place, str)
    ),
    ClosureCell: lambda made, entry: source.GetItemSource(
        here.closure_source(made.sources[entry.base]), entry.index
    ),
    CellContents: lambda made, entry: here.cell_contents_source(made.sources[entry.base], "free"),
    TypeOf: lambda made, entry: source.TypeSource(made.sources[entry.base]),
    WeakRefCall: lambda made, entry: source.WeakRefCallSource(made.sources[entry.base]),
    TupleIteratorItem: lambda made, entry: source.TupleIteratorGetItemSource(
        made.sources[entry.base], entry.index
    ),
    GlobalReferent: lambda made, entry: _HERE["GlobalWeakRefSource"](made.sources[entry.base].global_name),
    Gradient: lambda made, entry: _HERE["GradSource"](made.sources[entry.base], "grad"),
    Element: lambda made, entry: _HERE["NonSerializableSetGetItemSource"](
        made.sources[entry.base], entry.index
    ),
    RandomValue: lambda made, entry: _HERE["RandomValueSource"](entry.index),
    Superclass: lambda made, entry: source.GetItemSource(
        _HERE["TypeMROSource"](made.sources[entry.base]), entry.index
    ),
    ClassMember: lambda made, entry: source.DictGetItemSource(
        _HERE["TypeDictSource"](made.sources[entry.base]), entry.name
    ),
    Subclasses: lambda made, entry: _HERE["CallFunctionNoArgsSource"](
        source.AttrSource(made.sources[entry.base], "__subclasses__")
    ),
    TensorProperty: lambda made, entry: _HERE["TensorPropertySource"](
        made.sources[entry.base], _HERE["TensorProperty"][entry.name.upper()], entry.index
    ),
    ModeOnStack: lambda made, entry: _HERE["TorchFunctionModeStackSource"](entry.index),
    Wrapped: lambda made, entry: _WRAPPED[entry.how](made.sources[entry.base]),
}
"""Kind of source -> torch's, given those before it."""
