"""Graph outputs: tensors that the compiled graph computes or passes through.

Claim: one proxy under several nodes, and the same node used many times, are the ordinary case, since one
proxy is one graph output however often it is asked for.
"""

from __future__ import annotations

from generators import limits
from generators.builder import Builder
from generators.nodes import TensorNode


def output(builder: Builder) -> int:
    """A proxy: one already used, or any."""
    used = builder.outputs()
    reuse = builder.draw.chance(limits.REUSE_OUTPUT)
    if reuse and used:
        return builder.draw.choice(used)
    return builder.draw.integer(limits.OUTPUTS.low, limits.OUTPUTS.high)


def draw_node(builder: Builder, depth: int) -> int:
    """A new tensor node without a source; `depth` does not matter to a leaf."""
    return builder.add(TensorNode(output(builder)))
