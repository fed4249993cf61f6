"""More than 255 of what an instruction counts or numbers: arguments, keywords, defaults, cells, names, roots.

Claim: few nodes are drawn, and repeated, so that such a case is wide and no larger than another.
"""

from __future__ import annotations

from collections.abc import Callable

from generators import limits
from generators.builder import Builder
from generators.links import children
from generators.nodes import CellNode, FunctionNode, MadeNode, PartialNode


def draw_wide(builder: Builder, depth: int) -> int:
    """A new function, partial or tuple with more than 255 parts of one sort."""
    kind = builder.draw.choice(_KINDS)
    return builder.node(depth) if _is_wide(builder) else kind(builder)


def _is_wide(builder: Builder) -> bool:
    """Is something wide there? A codegen's first pass builds it each time that something wide names it."""
    return any(len(children(node)) > 255 for node in builder.nodes)


def _several(builder: Builder) -> tuple[int, ...]:
    variety = builder.draw.integer(limits.WIDE_VARIETY.low, limits.WIDE_VARIETY.high)
    some = [builder.node(limits.DEPTH.high) for _ in range(variety)]
    count = builder.draw.integer(limits.WIDE.low, limits.WIDE.high)
    return tuple([some[at % variety] for at in range(count)])


def _named(builder: Builder) -> tuple[tuple[str, int], ...]:
    return tuple([(f"n{at}", index) for at, index in enumerate(_several(builder))])


def _cells(builder: Builder) -> int:
    first, second = (builder.add(CellNode(builder.node(limits.DEPTH.high))) for _ in range(2))
    count = builder.draw.integer(limits.WIDE.low, limits.WIDE.high)
    return builder.add(FunctionNode(tuple([(first, second)[at % 2] for at in range(count)])))


_KINDS: tuple[Callable[[Builder], int], ...] = (
    _cells,
    lambda builder: builder.add(FunctionNode((), _several(builder))),
    lambda builder: builder.add(FunctionNode((), (), _named(builder))),
    lambda builder: builder.add(FunctionNode(annotations=_named(builder))),
    lambda builder: builder.add(FunctionNode(attributes=_named(builder))),
    lambda builder: builder.add(PartialNode(builder.add(FunctionNode()), _several(builder))),
    lambda builder: builder.add(PartialNode(builder.add(FunctionNode()), (), _named(builder))),
    lambda builder: builder.add(MadeNode("user_error", _several(builder))),
    lambda builder: builder.add(MadeNode("pair", _several(builder))),
)


def wide_roots(builder: Builder, roots: list[int]) -> list[int]:
    """The roots, repeated until there are more than 255; they themselves where something is wide already."""
    if _is_wide(builder):
        return roots
    count = builder.draw.integer(limits.WIDE.low, limits.WIDE.high)
    return [roots[at % len(roots)] for at in range(count)]
