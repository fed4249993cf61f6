"""A new object made with a list that later gets another new object breaks the graph under torch.compile.

Eager: `p.items[0]` is the second object. Compiled: graph break "Reconstruction failure". A frozen dataclass
that is later given a tensor of a subclass is an UnboundLocalError instead, on 2.13 and 2.15. Exits 1 when
they differ. Needs torch only.
"""

import dataclasses
import sys

import torch


class Node:
    def __init__(self, items):
        self.items = items


class Odd(torch.Tensor):
    pass


@dataclasses.dataclass(frozen=True)
class Frozen:
    held: object = None


def two(x):
    items = []
    first = Node(items)
    items.append(Node(x + 1))
    return first


def frozen(x):
    first = Frozen()
    object.__setattr__(first, "held", (x + 1).as_subclass(Odd))
    return first


def made(function, compiled):
    torch._dynamo.reset()
    run = torch.compile(function, backend="eager", fullgraph=True) if compiled else function
    try:
        first = run(torch.ones(1))
    except (torch._dynamo.exc.Unsupported, UnboundLocalError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return type(first.items[0] if function is two else first.held).__name__


differ = False
for function in (two, frozen):
    eager, compiled = made(function, False), made(function, True)
    print(f"{function.__name__}: eager {eager!r}, compiled {compiled!r}")
    differ |= eager != compiled
sys.exit(differ)
