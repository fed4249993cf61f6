"""A new OrderedSet comes back in the order of the elements' hashes under torch.compile.

Eager: in the order in which they came. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch
from torch.utils._ordered_set import OrderedSet


def ordered(x):
    return OrderedSet([2, 1])


eager = list(ordered(torch.ones(1)))
compiled = list(torch.compile(ordered, backend="eager", fullgraph=True)(torch.ones(1)))
print(f"OrderedSet([2, 1]): eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
