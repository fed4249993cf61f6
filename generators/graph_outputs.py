"""Graph outputs: what the compiled graph computes or passes through, and what is made of them.

Claim: one proxy under several nodes, of several kinds, and the same node used many times, are the ordinary
case, since one proxy is one graph output however often it is asked for; a proxy of every form is drawn, where
a program can make the node of such a tensor.
"""

from __future__ import annotations

from collections.abc import Callable

from generators import limits
from generators.builder import Builder
from generators.draw import Weighted
from generators.forms import FORMS, ODD_FORMS, Form, form_of
from generators.nodes import (
    SUBCLASSES,
    ArrayNode,
    ListNode,
    Node,
    NumberNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    TupleNode,
)

Wanted = Callable[[Form], bool]
"""Is a form one that is wanted?"""


def output(builder: Builder, form: str = "tensor", wanted: Wanted = lambda form: form.is_strided) -> int:
    """A proxy of the form: one already used, or any. Of a tensor its own form is one that is wanted."""
    used = builder.outputs(form)
    reuse = builder.draw.chance(limits.REUSE_OUTPUT)
    if form != "tensor":
        numbers = limits.SYMBOLIC_OUTPUTS[form]
        if reuse and used:
            return builder.draw.choice(used)
        return builder.draw.integer(numbers.low, numbers.high)
    used = [proxy for proxy in used if wanted(form_of(proxy))]
    if reuse and used:
        return builder.draw.choice(used)
    odd = builder.draw.chance(limits.ODD_FORM)
    if odd:
        return builder.draw.choice([at for at in ODD_FORMS if wanted(FORMS[at])])
    return builder.draw.integer(limits.OUTPUTS.low, limits.OUTPUTS.high)


def draw_node(builder: Builder, depth: int) -> int:
    """A new node of a graph output, without a source; `depth` does not matter to a leaf."""
    return builder.add(graph_output(builder, None))


def draw_tensor(builder: Builder) -> int:
    """A new node of a tensor that the graph returns, without a source."""
    return builder.add(TensorNode(output(builder)))


def draw_sparse(builder: Builder, depth: int) -> int:
    """A new node of a sparse tensor, which only an exported graph returns."""
    return builder.add(TensorNode(output(builder, wanted=lambda form: not form.is_strided)))


def draw_attributed(builder: Builder, depth: int) -> int:
    """A new node of a tensor of a subclass, and its attributes."""
    attributes = []
    for name in limits.ATTRIBUTE_NAMES:
        attributes.append((name, builder.node(depth + 1)))
        if builder.full() or not builder.draw.chance(limits.MORE_CHILDREN):
            break
    subclass = builder.draw.choice(SUBCLASSES)
    return builder.add(SubclassNode(output(builder), None, subclass, tuple(attributes)))


def draw_many(builder: Builder, depth: int) -> int:
    """A container of more tensors than one byte counts, each an output of its own."""
    count = builder.draw.integer(limits.MANY_OUTPUTS.low, limits.MANY_OUTPUTS.high)
    # behind those that single nodes have
    every = range(len(FORMS), limits.FILE_OUTPUTS.high + 1)
    found = [proxy for proxy in every if form_of(proxy).is_strided][:count]
    items = tuple([builder.add(TensorNode(proxy)) for proxy in found])
    nodes: tuple[Node, ...] = (ListNode(items), TupleNode(items))
    return builder.add(builder.draw.choice(nodes))


def graph_output(builder: Builder, source: int | None) -> Node:
    """A graph output of any kind at `source`."""
    return builder.draw.weighted(_KINDS)(builder, source)


def _symbolic(builder: Builder, source: int | None) -> Node:
    form = builder.draw.weighted(_TYPES)
    return SymbolicNode(output(builder, form), form, source)


def number_output(builder: Builder) -> int:
    """A proxy of a tensor that stands for a number."""
    return output(builder, wanted=lambda form: form.is_number)


def array_output(builder: Builder) -> int:
    """A proxy of a tensor that an array is made of."""
    return output(builder, wanted=lambda form: form.is_array)


def _number(builder: Builder, source: int | None) -> Node:
    unwrap = builder.draw.chance(limits.UNWRAP)
    return NumberNode(number_output(builder), unwrap, source)


def _array(builder: Builder, source: int | None) -> Node:
    return ArrayNode(array_output(builder), source)


def _subclass(builder: Builder, source: int | None) -> Node:
    subclass = builder.draw.choice(SUBCLASSES)
    return SubclassNode(output(builder), source, subclass)


_KINDS: Weighted[Callable[[Builder, int | None], Node]] = Weighted(
    [
        (60, lambda builder, source: TensorNode(output(builder), source)),
        (15, _symbolic),
        (7, _number),
        (8, _array),
        (10, _subclass),
    ]
)
_TYPES: Weighted[str] = Weighted([(40, "int"), (40, "float"), (20, "bool")])
