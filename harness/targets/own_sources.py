"""A case's sources as our codegen's.

Claim: each loads what the docstring of its kind says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import harness.codegen as codegen
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
from harness.targets.base import Trackers

_WRAPPED = {"dynamic_int": codegen.IntSource, "array": codegen.TensorOfArraySource}
"""The marks of which loading makes something of what the base gives."""


def _item(made: Trackers, entry: Any) -> Any:
    """The class of the source of an item; that of a user's list goes past the methods of its class."""
    return codegen.ListGetItemSource if made.holder_base(entry) == "list" else codegen.GetItemSource


def _dict_item(made: Trackers, entry: Any) -> Any:
    """The same of a dict's."""
    return codegen.DictGetItemSource if made.holder_base(entry) is None else codegen.DictSubclassGetItemSource


SOURCES: dict[type[Any], Callable[[Trackers, Any], codegen.Source]] = {
    LocalName: lambda made, entry: codegen.LocalSource(entry.name),
    GlobalName: lambda made, entry: (
        codegen.ConstantSource(entry.name) if entry.how == "constant" else codegen.GlobalSource(entry.name)
    ),
    **dict.fromkeys((CellName, FreeName), lambda made, entry: codegen.LocalSource(entry.name, True)),
    Import: lambda made, entry: codegen.ImportSource(entry.name),
    Attribute: lambda made, entry: codegen.AttrSource(made.sources[entry.base], entry.name),
    Item: lambda made, entry: _item(made, entry)(made.sources[entry.base], entry.index),
    SliceItem: lambda made, entry: codegen.GetItemSource(made.sources[entry.base], made.slice_of(entry)),
    DictItem: lambda made, entry: _dict_item(made, entry)(made.sources[entry.base], made.key(entry.key)),
    DictKey: lambda made, entry: codegen.ConstDictKeySource(made.sources[entry.base], entry.index),
    DictItemByKey: lambda made, entry: _dict_item(made, entry)(
        made.sources[entry.base], made.sources[entry.by]
    ),
    Default: lambda made, entry: codegen.DefaultsSource(made.sources[entry.base], entry.place),
    ClosureCell: lambda made, entry: codegen.GetItemSource(
        codegen.ClosureSource(made.sources[entry.base]), entry.index
    ),
    CellContents: lambda made, entry: codegen.CellContentsSource(made.sources[entry.base]),
    TypeOf: lambda made, entry: codegen.TypeSource(made.sources[entry.base]),
    TupleIteratorItem: lambda made, entry: codegen.TupleIteratorGetItemSource(
        made.sources[entry.base], entry.index
    ),
    WeakRefCall: lambda made, entry: codegen.WeakRefCallSource(made.sources[entry.base]),
    GlobalReferent: lambda made, entry: codegen.GlobalWeakRefSource(made.sources[entry.base].global_name),
    Gradient: lambda made, entry: codegen.AttrSource(made.sources[entry.base], "grad"),
    Element: lambda made, entry: codegen.SetGetItemSource(made.sources[entry.base], entry.index),
    RandomValue: lambda made, entry: codegen.GetItemSource(made.sources[entry.base], entry.index),
    Superclass: lambda made, entry: codegen.GetItemSource(
        codegen.AttrSource(made.sources[entry.base], "__mro__"), entry.index
    ),
    ClassMember: lambda made, entry: codegen.DictGetItemSource(
        codegen.AttrSource(made.sources[entry.base], "__dict__"), entry.name
    ),
    Subclasses: lambda made, entry: codegen.CallSource(
        codegen.AttrSource(made.sources[entry.base], "__subclasses__")
    ),
    TensorProperty: lambda made, entry: codegen.TensorPropertySource(
        made.sources[entry.base], entry.name, entry.index
    ),
    ModeOnStack: lambda made, entry: codegen.ModeStackSource(entry.index),
    Wrapped: lambda made, entry: _WRAPPED.get(entry.how, codegen.MarkedSource)(made.sources[entry.base]),
}
"""Kind of source -> the codegen's, given those before it."""
