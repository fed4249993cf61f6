"""Graph outputs: what the compiled graph computes or passes through, and what is made of it.

Claim: one proxy under several nodes, of several kinds, and the same node used many times, are the ordinary
case, since one proxy is one graph output however often it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from generators import limits
from generators.builder import Builder
from generators.draw import Weighted
from generators.nodes import ArrayNode, Node, NumberNode, SubclassNode, SymbolicNode, TensorNode


def output(builder: Builder, form: str = "tensor") -> int:
    """A proxy of the form: one already used, or any."""
    used = builder.outputs(form)
    reuse = builder.draw.chance(limits.REUSE_OUTPUT)
    if reuse and used:
        return builder.draw.choice(used)
    numbers = limits.OUTPUTS if form == "tensor" else limits.SYMBOLIC_OUTPUTS[form]
    return builder.draw.integer(numbers.low, numbers.high)


def draw_node(builder: Builder, depth: int) -> int:
    """A new node of a graph output, without a source; `depth` does not matter to a leaf."""
    return builder.add(graph_output(builder, None))


def draw_tensor(builder: Builder) -> int:
    """A new node of a tensor that the graph returns, without a source."""
    return builder.add(TensorNode(output(builder)))


def graph_output(builder: Builder, source: int | None) -> Node:
    """A graph output of any kind at `source`."""
    return builder.draw.weighted(_KINDS)(builder, source)


def _symbolic(builder: Builder, source: int | None) -> Node:
    form = builder.draw.weighted(_TYPES)
    return SymbolicNode(output(builder, form), form, source)


def _number(builder: Builder, source: int | None) -> Node:
    unwrap = builder.draw.chance(limits.UNWRAP)
    return NumberNode(output(builder), unwrap, source)


_KINDS: Weighted[Callable[[Builder, int | None], Node]] = Weighted(
    [
        (64, lambda builder, source: TensorNode(output(builder), source)),
        (15, _symbolic),
        (7, _number),
        (7, lambda builder, source: ArrayNode(output(builder), source)),
        (7, lambda builder, source: SubclassNode(output(builder), source)),
    ]
)
_TYPES: Weighted[str] = Weighted([(40, "int"), (40, "float"), (20, "bool")])
