"""Tree cases: roots over shared trees of trackers, with the options a codegen is driven by.

Claim: `tree_case(draw)` gives a well-formed case from either driver; six to seven nodes at the mean.
"""

from __future__ import annotations

from generators import callables, effects, families, limits, trackers
from generators.builder import Builder
from generators.case import TAKING, Case, Effect, LocalName, Options
from generators.draw import Draw, SeededDraw
from generators.makers import MAKERS
from generators.nodes import (
    LINKS,
    AliasNode,
    CellNode,
    MadeNode,
    Node,
    ObjectNode,
    WeakRefNode,
    children,
    is_stored_later,
)


def tree_case(draw: Draw) -> Case:
    """A well-formed case of kind `tree`."""
    builder = Builder(draw, families.draw_node)
    roots = [_root(builder)]
    while len(roots) < limits.ROOTS.high and draw.chance(limits.MORE_ROOTS):
        if draw.chance(limits.REPEAT_ROOT):
            roots.append(draw.choice(roots))
        else:
            roots.append(_root(builder))
    if draw.chance(limits.INNER_ROOT_FIRST) and builder.shareable:
        # so that what is shared, or on a cycle, is met elsewhere first
        roots.insert(0, draw.choice(builder.shareable))
    changes = effects.draw_effects(builder)
    over_a_cell = draw.chance(limits.FRAME_FUNCTION)
    function = callables.draw_frame_function(builder) if over_a_cell else None
    if function is not None and len(roots) < limits.ROOTS.high:
        roots.append(function)
    options = _options(builder, roots, changes)
    return builder.case(roots, changes, options)


def _root(builder: Builder) -> int:
    if builder.draw.chance(limits.DEEP_CHAIN):
        return trackers.draw_chain(builder, 0)
    if builder.draw.chance(limits.RING):
        return trackers.draw_ring(builder, 0)
    return builder.node(0)


def seeded_case(seed: int, index: int) -> Case:
    """Case `index` of the campaign with this seed: the same on every machine and run."""
    return tree_case(SeededDraw(seed, index))


def _options(builder: Builder, roots: list[int], changes: list[Effect]) -> Options:
    draw = builder.draw
    passes = 1 if draw.chance(limits.ONE_PASS) else 2
    # An existing object of a user's class cannot be rebuilt from its contents: every codegen refuses that,
    # so asking for it is worth little.
    rebuildable = all(node.source is None or not _loaded_only(node) for node in builder.nodes)
    rebuild = draw.chance(limits.REBUILD_FROM_CONTENTS if rebuildable else limits.MARK_OTHER // 2)
    if changes or any(map(is_stored_later, builder.nodes)):
        rebuild = False
    inlined = draw.chance(limits.INLINED)
    export = draw.chance(limits.EXPORT)
    marks = _temporaries(builder, roots, changes, passes)
    overrides = _overrides(builder)
    lazy = () if rebuild or not draw.chance(limits.ANY_LAZY) else _lazy(builder)
    realized = bool(lazy) and draw.chance(limits.REALIZED)
    replay = not draw.chance(limits.NO_REPLAY) or any(change.operation in TAKING for change in changes)
    return Options(
        *(passes, not rebuild, marks, overrides, inlined, export),
        lazy=lazy,
        realized=realized,
        replay=replay,
        modes=draw.chance(limits.MODES),
    )


def _lazy(builder: Builder) -> tuple[int, ...]:
    existing = [at for at, node in enumerate(builder.nodes) if node.source is not None]
    return tuple([at for at in existing if builder.draw.chance(limits.LAZY)])


LOADED_ONLY = frozenset(
    {
        *("object", "ordered_dict", "defaultdict", "function", "bound_method", "context_manager"),
        *("weakref", "library", "instance"),
    }
)
"""Kinds that, where they exist, no codegen can rebuild."""


def _loaded_only(node: Node) -> bool:
    if isinstance(node, MadeNode):
        return MAKERS[node.name].existing == "loaded"
    return node.kind in LOADED_ONLY


def _temporaries(builder: Builder, roots: list[int], changes: list[Effect], passes: int) -> tuple[int, ...]:
    draw = builder.draw
    uses = [0] * len(builder.nodes)
    stored = [change.value for change in changes if change.value is not None]
    for index in [child for node in builder.nodes for child in children(node)] + roots + stored:
        uses[index] += 1
    temporaries = []
    for index, node in enumerate(builder.nodes):
        if LINKS[type(node)] and not isinstance(node, CellNode | AliasNode | ObjectNode | WeakRefNode):
            shared = passes == 1 and uses[index] > 1
            if draw.chance(limits.MARK_SHARED if shared else limits.MARK_OTHER):
                temporaries.append(index)
    return tuple(temporaries)


def _overrides(builder: Builder) -> tuple[tuple[int, int], ...]:
    """Once in a while, for a source a local that holds the same object."""
    draw = builder.draw
    overrides: dict[int, int] = {}
    for name in limits.OVERRIDE_NAMES:
        wanted = draw.chance(limits.OVERRIDE)
        if not wanted or not builder.existing:
            continue
        at = draw.choice(builder.existing)
        source = builder.nodes[at].source
        if source is not None and source not in overrides:
            builder.locals[name] = at
            overrides[source] = builder.add_source(LocalName(name))
    return tuple(overrides.items())
