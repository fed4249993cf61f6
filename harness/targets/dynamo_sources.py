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
    ClosureCell,
    Default,
    DictItem,
    DictItemByKey,
    DictKey,
    FreeName,
    GlobalName,
    Import,
    Item,
    LocalName,
    SliceItem,
    TypeOf,
    WeakRefCall,
)
from harness.targets import dynamo_here as here

if TYPE_CHECKING:
    from harness.targets.base import Trackers

SOURCES: dict[type[Any], Callable[[Trackers, Any], Any]] = {
    LocalName: lambda made, entry: source.LocalSource(entry.name, is_input=True),
    GlobalName: lambda made, entry: source.GlobalSource(entry.name),
    **dict.fromkeys(
        (CellName, FreeName),
        lambda made, entry: source.LocalSource(entry.name, is_input=True, is_derefed_cell_contents=True),
    ),
    Import: lambda made, entry: here.ImportSource(entry.name),
    Attribute: lambda made, entry: source.AttrSource(made.sources[entry.base], entry.name),
    Item: lambda made, entry: source.GetItemSource(made.sources[entry.base], entry.index),
    SliceItem: lambda made, entry: source.GetItemSource(made.sources[entry.base], made.slice_of(entry)),
    DictItem: lambda made, entry: source.DictGetItemSource(made.sources[entry.base], made.key(entry.key)),
    DictKey: lambda made, entry: source.ConstDictKeySource(made.sources[entry.base], entry.index),
    DictItemByKey: lambda made, entry: source.DictGetItemSource(
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
}
"""Kind of source -> torch's, given those before it."""
