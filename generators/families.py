"""The families of nodes, listed: what a place in a tree may be drawn as, and how often.

Claim: a family not in this list is never drawn; adding one is one line here.
"""

from __future__ import annotations

from collections.abc import Callable

from generators import (
    bindings,
    callables,
    compiler_values,
    constants,
    graph_outputs,
    limits,
    made,
    sources,
    trackers,
    user_objects,
)
from generators.builder import Builder
from generators.draw import Weighted

Family = Callable[[Builder, int], int]
"""Draws a node (and what it needs) at a depth into the builder, and gives its index."""

LEAVES: Weighted[Family] = Weighted(
    [
        (38, constants.draw_node),
        (32, graph_outputs.draw_node),
        (30, sources.draw_node),
    ]
)
FAMILIES: Weighted[Family] = Weighted(
    [
        (22, constants.draw_node),
        (30, graph_outputs.draw_node),
        (40, sources.draw_node),
        (26, trackers.draw_list),
        (22, trackers.draw_tuple),
        (16, trackers.draw_dict),
        (3, trackers.draw_set),
        (3, trackers.draw_frozenset),
        (3, trackers.draw_slice),
        (3, trackers.draw_range),
        (2, bindings.draw_class),
        (11, compiler_values.draw_node),
        (1, compiler_values.draw_function),
        (5, trackers.draw_named_tuple),
        (2, trackers.draw_ordered_dict),
        (4, trackers.draw_deque),
        (4, trackers.draw_iterator),
        (4, callables.draw_functions),
        (2, callables.draw_partial),
        (5, callables.draw_bound_method),
        (2, trackers.draw_default_dict),
        (3, trackers.draw_struct_sequence),
        (4, callables.draw_generator),
        (4, callables.draw_context_manager),
        (37, made.draw_made),
        (3, graph_outputs.draw_attributed),
        (2, graph_outputs.draw_sparse),
        (9, user_objects.draw_instance),
    ]
)


def draw_node(builder: Builder, depth: int) -> int:
    """A node for a place at `depth` below the roots: one that is there already or is being drawn around
    it, or a new one."""
    # drawn whether or not there is a node to name: Hypothesis deletes draws, and what follows must keep
    # its meaning
    inside = builder.draw.chance(limits.NAME_OPEN)
    if inside and builder.opened:
        return builder.draw.choice(builder.opened)
    reuse = builder.draw.chance(limits.REUSE_NODE)
    if reuse and builder.shareable:
        return builder.draw.choice(builder.shareable)
    leaf = depth >= limits.DEPTH.high or builder.full()
    return builder.draw.weighted(LEAVES if leaf else FAMILIES)(builder, depth)
