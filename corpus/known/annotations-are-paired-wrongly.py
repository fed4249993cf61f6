"""The annotations of a function made under torch.compile get entries that nobody wrote.

Eager: x and y. Compiled: the value of x is a name too. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def make(x):
    def nested(x: 0, y: 1):
        return x

    return nested, x + 1


def annotations(compiled):
    run = torch.compile(make, backend="eager", fullgraph=True) if compiled else make
    return run(torch.ones(1))[0].__annotations__


eager, compiled = annotations(False), annotations(True)
print(f"annotations: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
