"""A dict that is changed and then stored into another object is stored as a copy under torch.compile.

Eager: `o[0] is d`. Compiled: `o[0]` is a dict that equals `d`. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def change_and_store(d, o, x):
    d["k"] = 1
    o.append(d)
    return x + 1


def stored(compiled):
    torch._dynamo.reset()
    run = torch.compile(change_and_store, backend="eager", fullgraph=True) if compiled else change_and_store
    d, o = {}, []
    run(d, o, torch.ones(1))
    return o[0] is d


eager, compiled = stored(False), stored(True)
print(f"the stored object is the changed one: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
