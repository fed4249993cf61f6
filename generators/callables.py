"""Functions made in the frame, over cells that several may share, and partials of functions.

Claim: a cell is named by closures only; a function in its own closure, directly or through what the cell
holds, is drawn often.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from generators import limits
from generators.builder import Builder
from generators.members import more
from generators.nodes import CellNode, FunctionNode, PartialNode


def draw_function(builder: Builder, depth: int) -> int:
    """A new function node, its cells and its defaults."""
    itself = builder.draw.chance(limits.CLOSE_OVER_ITSELF)
    own_cell = [builder.add(CellNode())] if itself else []
    cells = [_cell(builder, depth) for _ in _few(builder)]
    defaults = tuple([builder.node(depth + 1) for _ in _few(builder)])
    named = _named(builder, depth)
    node = FunctionNode((*own_cell, *cells), defaults, named)
    if builder.draw.chance(limits.SET_ON_FUNCTION):
        node = _with_what_is_set(builder, depth, node)
    function = builder.add(node)
    for cell in own_cell:
        builder.nodes[cell] = CellNode(function)
    return function


def _with_what_is_set(builder: Builder, depth: int, node: FunctionNode) -> FunctionNode:
    annotations = _named(builder, depth)
    attributes = _named(builder, depth)
    doc = builder.node(depth + 1) if builder.draw.chance(limits.WITH_DOC) else None
    return dataclasses.replace(node, annotations=annotations, attributes=attributes, doc=doc)


def _few(builder: Builder) -> Iterator[int]:
    return itertools.islice(more(builder), limits.FEW.high)


def _named(builder: Builder, depth: int) -> tuple[tuple[str, int], ...]:
    return tuple([(limits.ATTRIBUTE_NAMES[at], builder.node(depth + 1)) for at in _few(builder)])


def _cell(builder: Builder, depth: int) -> int:
    reuse = builder.draw.chance(limits.REUSE_CELL)
    if reuse and builder.cells:
        return builder.draw.choice(builder.cells)
    if builder.draw.chance(limits.EMPTY_CELL):
        return builder.add(CellNode())
    return builder.add(CellNode(builder.node(depth + 1)))


def draw_partial(builder: Builder, depth: int) -> int:
    """A new partial node, its function and its arguments."""
    reuse = builder.draw.chance(limits.REUSE_FUNCTION)
    if reuse and builder.functions:
        function = builder.draw.choice(builder.functions)
    else:
        function = draw_function(builder, depth + 1)
    arguments = tuple([builder.node(depth + 1) for _ in _few(builder)])
    named = _named(builder, depth)
    return builder.add(PartialNode(function, arguments, named))
