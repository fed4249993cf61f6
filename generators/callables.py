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
from generators.members import children, more
from generators.nodes import (
    FUNCTION_NAMES,
    METHODS,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    ContextManagerNode,
    FunctionNode,
    GeneratorNode,
    ListNode,
    PartialNode,
    TupleNode,
)


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


def draw_functions(builder: Builder, depth: int) -> int:
    """A new function, or two that share cells, in a tuple."""
    function = draw_function(builder, depth)
    node = builder.nodes[function]
    two = builder.draw.chance(limits.TWO_FUNCTIONS)
    if not two or not isinstance(node, FunctionNode):
        return function
    if not node.closure:
        node = FunctionNode((builder.add(CellNode(function)),))
        function = builder.add(node)
    second = builder.add(FunctionNode(tuple(reversed(node.closure))))
    return builder.add(TupleNode((function, second)))


def _with_what_is_set(builder: Builder, depth: int, node: FunctionNode) -> FunctionNode:
    annotations = _named(builder, depth)
    attributes = (*_named(builder, depth), *_own_names(builder))
    doc = builder.node(depth + 1) if builder.draw.chance(limits.WITH_DOC) else None
    return dataclasses.replace(node, annotations=annotations, attributes=attributes, doc=doc)


def _own_names(builder: Builder) -> tuple[tuple[str, int], ...]:
    """Names that the function is given after it was made, and what it says that it wraps."""
    names: list[tuple[str, int]] = []
    for name in FUNCTION_NAMES:
        if not builder.draw.chance(limits.OWN_NAME):
            continue
        if name != "__wrapped__":
            text = builder.draw.choice(("", "f", "a.b", "é", "<lambda>"))
            names.append((name, builder.add(ConstantNode(text))))
        elif builder.functions:
            names.append((name, builder.draw.choice(builder.functions)))
    return tuple(names)


def _few(builder: Builder) -> Iterator[int]:
    return itertools.islice(more(builder), limits.FEW.high)


def _named(builder: Builder, depth: int) -> tuple[tuple[str, int], ...]:
    return tuple([(limits.ATTRIBUTE_NAMES[at], builder.node(depth + 1)) for at in _few(builder)])


def _cell(builder: Builder, depth: int) -> int:
    reuse = builder.draw.chance(limits.REUSE_CELL)
    if reuse and builder.cells:
        return builder.draw.choice(builder.cells)
    bound = {**builder.cell_variables, **builder.free_variables}
    own = builder.draw.chance(limits.FRAME_CELL)
    names = [name for name, index in bound.items() if index >= 0]
    if own and names:
        return frame_cell(builder, bound, builder.draw.choice(names))
    if builder.draw.chance(limits.EMPTY_CELL):
        return builder.add(CellNode())
    if builder.draw.chance(limits.CELL_OF_NONE):
        return builder.add(CellNode(builder.add(ConstantNode(None))))
    return builder.add(CellNode(builder.node(depth + 1)))


def draw_frame_function(builder: Builder) -> int | None:
    """A new function over one of the frame's own cells, or none: there is no such cell."""
    bound = {**builder.cell_variables, **builder.free_variables}
    if not bound:
        return None
    cell = frame_cell(builder, bound, builder.draw.choice(list(bound)))
    return builder.add(FunctionNode((cell,)))


def frame_cell(builder: Builder, bound: dict[str, int], name: str) -> int:
    """The frame's own cell of that name."""
    for at in builder.cells:
        node = builder.nodes[at]
        if isinstance(node, CellNode) and node.variable == name:
            return at
    return builder.add(CellNode(bound[name], None, name))


def draw_partial(builder: Builder, depth: int) -> int:
    """A new partial node, its function and its arguments; a function where it could come to hold what is
    being drawn around it, mostly: compilers refuse such a cycle."""
    around = builder.draw.chance(limits.PARTIAL_IN_OPEN)
    if builder.opened and not around:
        return draw_function(builder, depth)
    reuse = builder.draw.chance(limits.REUSE_FUNCTION)
    if reuse and builder.functions:
        function = builder.draw.choice(builder.functions)
    else:
        function = draw_function(builder, depth + 1)
    arguments = tuple([builder.node(depth + 1) for _ in _few(builder)])
    named = _named(builder, depth)
    return builder.add(PartialNode(function, arguments, named))


def draw_bound_method(builder: Builder, depth: int) -> int:
    """A method of something that is there already, or of a new list, or two in a tuple."""
    reuse = builder.draw.chance(limits.REUSE_HOLDER)
    holders = [at for at in builder.shareable if type(builder.nodes[at]) in METHODS] if reuse else []
    bound_to = builder.draw.choice(holders) if holders else builder.add(ListNode(children(builder, depth)))
    names = METHODS[type(builder.nodes[bound_to])]
    method = builder.add(BoundMethodNode(bound_to, builder.draw.choice(names)))
    if not builder.draw.chance(limits.TWO_METHODS):
        return method
    return builder.add(
        TupleNode((method, builder.add(BoundMethodNode(bound_to, builder.draw.choice(names)))))
    )


def draw_generator(builder: Builder, depth: int) -> int:
    """A drained generator, at times with the function that made it; seldom one that cannot be given back."""
    items = children(builder, depth)
    named = builder.draw.chance(limits.MADE_BY_FUNCTION)
    makers = [at for at in builder.functions if builder.nodes[at].source is not None] if named else []
    function = builder.draw.choice(makers) if makers else None
    refused = builder.draw.chance(limits.RETURNED_CONTEXT_MANAGER)
    return builder.add(GeneratorNode(items, None, function, refused))


def draw_context_manager(builder: Builder, depth: int) -> int:
    """A new context manager."""
    return builder.add(context_manager(builder, None))


def context_manager(builder: Builder, source: int | None) -> ContextManagerNode:
    """A context manager at the source, or a new one."""
    state = builder.draw.choice((None, True, False))
    if state is None:
        return ContextManagerNode("null", (), source)
    return ContextManagerNode("mode", (builder.add(ConstantNode(state)),), source)
