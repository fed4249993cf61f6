"""Tree cases: roots over shared trees of trackers, with the options a codegen is driven by.

Claim: `tree_case(draw)` gives a well-formed case from either driver; six to seven nodes at the mean.
"""

from __future__ import annotations

import dataclasses

from generators import callables, constants, effects, families, graph_outputs, limits, trackers, wide
from generators.builder import Builder
from generators.case import TAKING, Case, Effect, LocalName, Options
from generators.draw import Draw, SeededDraw
from generators.forms import is_sparse
from generators.kinds import can_be_called, module_in_a_dict
from generators.links import LINKS, children
from generators.made import draw_entered, draw_looked_into
from generators.makers import MAKERS, is_made_aside
from generators.members import more
from generators.nodes import (
    LOGGED,
    AliasNode,
    CellNode,
    InstanceNode,
    ListNode,
    MadeNode,
    Node,
    ObjectNode,
    WeakRefNode,
    is_stored_later,
)


def tree_case(draw: Draw) -> Case:
    """A well-formed case of kind `tree`."""
    builder = Builder(draw, families.draw_node, hostile=True)
    looked_into = draw_looked_into(builder) if draw.chance(limits.LOOKED_INTO) else None
    if looked_into is not None:
        return _small(builder, looked_into)
    roots = [_root(builder)]
    while len(roots) < limits.ROOTS.high and draw.chance(limits.MORE_ROOTS):
        if draw.chance(limits.REPEAT_ROOT):
            roots.append(draw.choice(roots))
        else:
            roots.append(_root(builder))
    if draw.chance(limits.WIDE_ROOTS):
        roots = wide.wide_roots(builder, roots)
    if draw.chance(limits.INNER_ROOT_FIRST) and builder.shareable:
        # so that what is shared, or on a cycle, is met elsewhere first
        roots.insert(0, draw.choice(builder.shareable))
    called = _to_call(builder) if draw.chance(limits.CALLED) else None
    if called is not None:
        roots.append(called)
    changes = effects.draw_effects(builder)
    entered = draw_entered(builder) if draw.chance(limits.ENTERED) else None
    if entered is not None:
        # the frame is left inside a `with`, whose exit lies below all else on its stack
        roots.insert(0, entered)
    over_a_cell = draw.chance(limits.FRAME_FUNCTION)
    function = callables.draw_frame_function(builder) if over_a_cell else None
    if function is not None and len(roots) < limits.ROOTS.high:
        roots.append(function)
    options = _options(builder, roots, changes)
    if called is not None:
        options = dataclasses.replace(options, called=True)
    return builder.case(roots, changes, options)


def _small(builder: Builder, root: int) -> Case:
    """A case of a root and a list of constants that may hold it again, mostly rebuilt: little else can be."""
    held = [root if builder.draw.chance(limits.REUSE_NODE) else _constant(builder) for _ in more(builder)]
    roots = [root, builder.add(ListNode(tuple(held)))]
    options = _options(builder, roots, [])
    rebuild = not (options.lazy or options.logged) and builder.draw.chance(limits.REBUILD_LOOKED_INTO)
    return builder.case(roots, [], dataclasses.replace(options, value_from_source=not rebuild))


def _constant(builder: Builder) -> int:
    return constants.draw_node(builder, limits.DEPTH.high)


def _to_call(builder: Builder) -> int | None:
    """A function that can be called with nothing: one that is there, or a new one if it is such a one."""
    found = [at for at in builder.functions if can_be_called(builder.nodes, at)]
    if found:
        return builder.draw.choice(found)
    function = callables.draw_function(builder, limits.DEPTH.high)
    return function if can_be_called(builder.nodes, function) else None


def _root(builder: Builder) -> int:
    if builder.draw.chance(limits.DEEP_CHAIN):
        return trackers.draw_chain(builder, 0)
    if builder.draw.chance(limits.MANY_TENSORS):
        return graph_outputs.draw_many(builder, 0)
    if builder.draw.chance(limits.RING):
        return trackers.draw_ring(builder, 0)
    if builder.draw.chance(limits.WIDE_ROOT):
        return wide.draw_wide(builder, 0)
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
    often = limits.REBUILD_MADE if any(map(_made_anew, builder.nodes)) else limits.REBUILD_FROM_CONTENTS
    rebuild = draw.chance(often if rebuildable else limits.MARK_OTHER // 2)
    if changes or any(is_stored_later(node) or is_made_aside(node) for node in builder.nodes):
        rebuild = False
    if any(isinstance(node, MadeNode) and node.name == "attributes" for node in builder.nodes):
        rebuild = False
    inlined = draw.chance(limits.INLINED)
    export = draw.chance(limits.EXPORT) and not module_in_a_dict(builder.nodes)
    export = export or any(map(is_sparse, builder.nodes))
    marks = _temporaries(builder, roots, changes, passes)
    overrides = _overrides(builder)
    lazy = () if rebuild or not draw.chance(limits.ANY_LAZY) else _lazy(builder)
    realized = bool(lazy) and draw.chance(limits.REALIZED)
    replay = not draw.chance(limits.NO_REPLAY) or any(change.operation in TAKING for change in changes)
    reported = bool(changes) and draw.chance(limits.REPORTED)
    resumed = not export and draw.chance(limits.RESUMED)
    logged = _logged(builder) if not (export or rebuild) and draw.chance(limits.LOGGED) else ()
    return Options(
        *(passes, not rebuild, marks, overrides, inlined, export),
        lazy=lazy,
        realized=realized,
        replay=replay,
        modes=draw.chance(limits.MODES),
        resumed=resumed,
        logged=logged,
        reported=reported,
    )


def _logged(builder: Builder) -> tuple[int, ...]:
    can_be = [at for at, node in enumerate(builder.nodes) if isinstance(node, LOGGED)]
    logged: list[int] = []
    while can_be and (not logged or builder.draw.chance(limits.MORE_LOGGED)):
        logged.append(builder.draw.choice(can_be))
    return tuple(logged)


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


def _made_anew(node: Node) -> bool:
    """Does what a maker makes exist beforehand, where a codegen may rebuild it? Or a frozen instance?"""
    if _is_frozen(node):
        return node.source is not None
    return isinstance(node, MadeNode) and node.source is not None and MAKERS[node.name].existing == "rebuilt"


def _loaded_only(node: Node) -> bool:
    if isinstance(node, MadeNode):
        return MAKERS[node.name].existing == "loaded"
    # what would rebuild a frozen instance loads it
    return node.kind in LOADED_ONLY and not _is_frozen(node)


def _is_frozen(node: Node) -> bool:
    return isinstance(node, InstanceNode) and node.name == "FrozenRecord"


_NEVER_MARKED = (CellNode, AliasNode, ObjectNode, WeakRefNode)


def _temporaries(builder: Builder, roots: list[int], changes: list[Effect], passes: int) -> tuple[int, ...]:
    draw = builder.draw
    uses = [0] * len(builder.nodes)
    stored = [change.value for change in changes if change.value is not None]
    for index in [child for node in builder.nodes for child in children(node)] + roots + stored:
        uses[index] += 1
    temporaries = []
    for index, node in enumerate(builder.nodes):
        if LINKS[type(node)] and not isinstance(node, _NEVER_MARKED):
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
