"""`add` to an existing OrderedSet is forgotten under torch.compile.

Exits 1 when they differ. Needs torch only.
"""

import sys

import torch
from torch.utils._ordered_set import OrderedSet


def change(x, elements):
    elements.add(2)
    return x + 1


def run(function):
    elements = OrderedSet([1])
    function(torch.ones(1), elements)
    return list(elements)


eager, compiled = run(change), run(torch.compile(change, backend="eager", fullgraph=True))
print(f"the set after add(2): eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
