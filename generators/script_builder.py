"""A script that is being drawn, and the nodes that it is about.

Claim: the symbolic stack is that after the steps so far, whatever the operations choose.
"""

from __future__ import annotations

from collections.abc import Sequence

from generators import compiler_values, constants, graph_outputs, limits, sources, trackers
from generators.builder import Builder
from generators.case import Attribute, LocalName
from generators.constants import scalar
from generators.draw import Draw, Weighted
from generators.limits import Limit
from generators.nodes import ConstantNode, ObjectNode
from generators.stacks import Model
from generators.steps import Step
from generators.taking import take


class Script:
    """A script that is being drawn: its table of nodes, its steps, and the symbolic stack after them."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.builder = Builder(draw, _draw_node)
        self.steps: list[Step] = []
        self.model = Model(self.builder.nodes, self.builder.locals)

    def add(self, step: Step) -> None:
        """The step comes next. It has to be possible."""
        take(self.model, step)
        self.steps.append(step)

    def node(self) -> int:
        """A node to be asked for: what was asked for last, one that is there, or a new one."""
        again = self.draw.chance(limits.SAME_AGAIN)
        if again and self.model.generated:
            return self.model.generated[-1]
        return self.builder.node(limits.SCRIPT_DEPTH)

    def pushed(self) -> tuple[Step, ...]:
        """Steps that push the value of a node: always possible."""
        asked = Step("tracker", nodes=(self.node(),))
        return (Step("clear_tos"), asked) if self.model.copy_on_top else (asked,)

    def one(self, found: Sequence[int]) -> tuple[int, ...]:
        """One of the nodes found, as the nodes of a step; none if there are none."""
        return (self.draw.choice(found),) if found else ()

    def up_to(self, limit: Limit) -> int:
        """A number of values that are on the stack."""
        return self.draw.integer(limit.low, min(limit.high, self.model.singles()))


# --- nodes: small ones, of the kinds whose rebuilding is no business of scripts ---------------------------

_LEAVES = Weighted([(40, constants.draw_node), (30, graph_outputs.draw_node), (30, sources.draw_node)])
_FAMILIES = Weighted(
    [
        (16, constants.draw_node),
        (18, graph_outputs.draw_node),
        (32, sources.draw_node),
        (6, compiler_values.draw_node),
        (12, trackers.draw_list),
        (10, trackers.draw_tuple),
        (6, trackers.draw_dict),
        (3, trackers.draw_set),
        (3, trackers.draw_deque),
    ]
)


def _draw_node(builder: Builder, depth: int) -> int:
    reuse = builder.draw.chance(limits.REUSE_BINDING)
    if reuse and builder.shareable:
        return builder.draw.choice(builder.shareable)
    leaf = depth >= limits.DEPTH.high or builder.full()
    return builder.draw.weighted(_LEAVES if leaf else _FAMILIES)(builder, depth)


def draw_object(builder: Builder) -> int | None:
    """A new object in a local of its own, or None where no name is left."""
    free = [name for name in limits.LOCAL_NAMES if name not in builder.locals]
    if not free:
        return None
    source = builder.add_source(LocalName(free[0]))
    name = limits.ATTRIBUTE_NAMES[0]
    value = ConstantNode(scalar(builder.draw), builder.add_source(Attribute(source, name)))
    held = builder.add(value)
    builder.locals[free[0]] = builder.add(ObjectNode(((name, held),), source))
    return builder.locals[free[0]]


def objects(builder: Builder) -> list[int]:
    return [at for at in builder.existing if isinstance(builder.nodes[at], ObjectNode)]
