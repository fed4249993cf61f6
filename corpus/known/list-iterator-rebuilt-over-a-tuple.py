"""An iterator over a list comes back as an iterator over a tuple under torch.compile.

Eager: list_iterator. Compiled: tuple_iterator, which `copy`, `pickle` and `type` tell apart. Exits 1 when
they differ. Needs torch only.
"""

import sys

import torch


def iterate(x):
    return iter([x + 1, x])


eager = type(iterate(torch.ones(1))).__name__
compiled = type(torch.compile(iterate, backend="eager", fullgraph=True)(torch.ones(1))).__name__
print(f"iter of a list: eager a {eager}, compiled a {compiled}")
sys.exit(eager != compiled)
