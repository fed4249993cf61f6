"""`move_to_end` on an existing ordered dict that gets a new key is forgotten under torch.compile.

Eager: the key is last. Compiled: the new one is. Exits 1 when they differ. Needs torch only.
"""

import collections
import sys

import torch


def move(x, d):
    d["b"] = 2
    d.move_to_end("a")
    return x + 1


def keys(compiled):
    run = torch.compile(move, backend="eager", fullgraph=True) if compiled else move
    d = collections.OrderedDict(a=1)
    run(torch.ones(1), d)
    return list(d)


eager, compiled = keys(False), keys(True)
print(f"keys in order: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
