"""Tree cases: roots over shared trees of trackers, with the options a codegen is driven by.

Claim: `tree_case(draw)` gives a well-formed case from either driver; about eight nodes at the mean.
"""

from __future__ import annotations

from generators import effects, families, limits
from generators.builder import Builder
from generators.case import Case, DictNode, Effect, ListNode, Options, TupleNode, children
from generators.draw import Draw, SeededDraw


def tree_case(draw: Draw) -> Case:
    """A well-formed case of kind `tree`."""
    builder = Builder(draw, families.draw_node)
    roots = [builder.node(0)]
    while len(roots) < limits.ROOTS.high and draw.chance(limits.MORE_ROOTS):
        if draw.chance(limits.REPEAT_ROOT):
            roots.append(draw.choice(roots))
        else:
            roots.append(builder.node(0))
    changes = effects.draw_effects(builder)
    return builder.case(roots, changes, _options(builder, roots, changes))


def seeded_case(seed: int, index: int) -> Case:
    """Case `index` of the campaign with this seed: the same on every machine and run."""
    return tree_case(SeededDraw(seed, index))


def _options(builder: Builder, roots: list[int], changes: list[Effect]) -> Options:
    draw = builder.draw
    passes = 1 if draw.chance(limits.ONE_PASS) else 2
    # An existing object of a user's class cannot be rebuilt from its contents: every codegen refuses that,
    # so asking for it is worth little.
    rebuildable = all(node.kind != "object" for node in builder.nodes)
    rebuild = draw.chance(limits.REBUILD_FROM_CONTENTS if rebuildable else limits.MARK_OTHER // 2)
    if changes:
        rebuild = False
    uses = [0] * len(builder.nodes)
    stored = [change.value for change in changes if change.value is not None]
    for index in [child for node in builder.nodes for child in children(node)] + roots + stored:
        uses[index] += 1
    temporaries = []
    for index, node in enumerate(builder.nodes):
        if isinstance(node, ListNode | TupleNode | DictNode):
            shared = passes == 1 and uses[index] > 1
            if draw.chance(limits.MARK_SHARED if shared else limits.MARK_OTHER):
                temporaries.append(index)
    return Options(passes, not rebuild, tuple(temporaries))
