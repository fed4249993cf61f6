"""`reversed` of a range is rebuilt as a range that ends at 0 under torch.compile.

Eager: 2, 1, 0. Compiled: 2, 1. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def backwards(x):
    return reversed(range(3))


eager = list(backwards(torch.ones(1)))
compiled = list(torch.compile(backwards, backend="eager", fullgraph=True)(torch.ones(1)))
print(f"reversed(range(3)): eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
