"""The names of a frame, and what is bound to them.

Claim: no name is bound twice, and where all of them are taken what is there already is taken in the place of
something new.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from generators import limits
from generators.builder import Builder
from generators.case import CellName, FreeName, GlobalName, Import, LocalName
from generators.draw import Weighted
from generators.library import LIBRARY_CLASSES, LIBRARY_MODULES
from generators.nodes import LibraryNode

Family: TypeAlias = Callable[[Builder, int, int], int]
"""Draws what is at a source, given the builder, the index of the source and the depth; gives the node's."""


def draw_class(builder: Builder, depth: int) -> int:
    """A class that the frame names: it is no existing value, and a constant."""
    return builder.add(LibraryNode(builder.draw.choice(LIBRARY_CLASSES)))


def draw_import(builder: Builder, depth: int) -> int:
    """A module, imported."""
    name = builder.draw.choice(LIBRARY_MODULES)
    return builder.add(LibraryNode(name, builder.add_source(Import(name))))


def bind(builder: Builder, depth: int, value: Family) -> int:
    """A new node bound to a name of its own, or one that exists already where all names are taken."""
    kind = builder.draw.weighted(_BINDINGS)
    names, bound = _NAMES[kind], _bound_names(builder)[kind]
    hostile = builder.draw.chance(limits.HOSTILE_NAME)
    if hostile and builder.hostile:
        at = builder.draw.integer(0, len(_HOSTILE[kind]) - 1)
        names = (*_HOSTILE[kind][at:], *names)
    free = [name for name in names if name not in bound]
    if not free:
        there = builder.existing or builder.opened_existing
        return builder.draw.choice(there or [draw_import(builder, depth)])
    bound[free[0]] = -1  # taken: the value is drawn below, and may bind names itself
    bound[free[0]] = value(builder, builder.add_source(kind(free[0])), depth)
    return bound[free[0]]


def _bound_names(builder: Builder) -> dict[Any, dict[str, int]]:
    return {
        LocalName: builder.locals,
        GlobalName: builder.globals,
        CellName: builder.cell_variables,
        FreeName: builder.free_variables,
    }


_NAMES: dict[Any, tuple[str, ...]] = {
    LocalName: limits.LOCAL_NAMES,
    GlobalName: limits.GLOBAL_NAMES,
    CellName: limits.CELL_NAMES,
    FreeName: limits.FREE_NAMES,
}
_HOSTILE: dict[Any, tuple[str, ...]] = {
    LocalName: limits.HOSTILE_LOCALS,
    GlobalName: limits.HOSTILE_GLOBALS,
    CellName: limits.HOSTILE_CELLS,
    FreeName: limits.HOSTILE_FREE,
}
_BINDINGS: Weighted[Any] = Weighted([(46, LocalName), (30, GlobalName), (12, CellName), (12, FreeName)])


def some(builder: Builder, depth: int, kinds: tuple[Any, ...], families: tuple[Family, ...]) -> int | None:
    """An existing node of one of the kinds: one that is there, or else a new one; None: no name is free."""
    found = [at for at in builder.existing if isinstance(builder.nodes[at], kinds)]
    family = builder.draw.choice(families)
    at = builder.draw.choice(found) if found else bind(builder, depth, family)
    return at if isinstance(builder.nodes[at], kinds) and at in builder.existing else None
