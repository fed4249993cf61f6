"""`list` of an existing iterator leaves the iterator where it was under torch.compile.

Eager: nothing is left. Compiled: all is. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def drain(x, items):
    return x + len(list(items))


def run(function):
    items = iter((1, 2))
    function(torch.ones(1), items)
    return list(items)


eager, compiled = run(drain), run(torch.compile(drain, backend="eager", fullgraph=True))
print(f"left of the iterator after list: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
