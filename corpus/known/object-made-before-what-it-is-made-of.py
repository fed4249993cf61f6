"""A new object made with a list that later gets another new object breaks the graph under torch.compile.

Eager: `p.items[0]` is the second object. Compiled: graph break "Reconstruction failure". Exits 1 when they
differ. Needs torch only.
"""

import sys

import torch


class Node:
    def __init__(self, items):
        self.items = items


def two(x):
    items = []
    first = Node(items)
    items.append(Node(x + 1))
    return first


def made(compiled):
    torch._dynamo.reset()
    run = torch.compile(two, backend="eager", fullgraph=True) if compiled else two
    try:
        return type(run(torch.ones(1)).items[0]).__name__
    except torch._dynamo.exc.Unsupported as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"


eager, compiled = made(False), made(True)
print(f"eager {eager!r}, compiled {compiled!r}")
sys.exit(eager != compiled)
