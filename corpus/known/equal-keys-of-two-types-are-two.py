"""Keys that are equal and of different types are two keys under torch.compile.

Eager: the one key is deleted. Compiled: another is left. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def change(x, d):
    d[1.0] = 0
    d[1] = 0
    del d[1.0]
    return x + 1


def keys(compiled):
    run = torch.compile(change, backend="eager", fullgraph=True) if compiled else change
    d = {}
    run(torch.ones(1), d)
    return list(d)


eager, compiled = keys(False), keys(True)
print(f"keys: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
