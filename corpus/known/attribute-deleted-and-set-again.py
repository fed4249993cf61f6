"""An attribute that is deleted and set again keeps its old place in `__dict__` under torch.compile.

Eager: y, x. Compiled: x, y. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class Thing:
    pass


def delete_and_set(o, x):
    del o.x
    o.x = 1
    return x + 1


def names(compiled):
    torch._dynamo.reset()
    run = torch.compile(delete_and_set, backend="eager", fullgraph=True) if compiled else delete_and_set
    o = Thing()
    o.x, o.y = 5, 6
    run(o, torch.ones(1))
    return list(vars(o))


eager, compiled = names(False), names(True)
print(f"attributes in order: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
