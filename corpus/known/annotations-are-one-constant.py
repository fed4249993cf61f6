"""The annotations of a function made under torch.compile are copies, the same in every call.

Eager: the annotation is the list that the name stands for, another one in each call. Compiled: it is another
list than that, and the same one in each call. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def make(x):
    held = [1]

    def nested(y: held):
        return y

    return nested, held, x + 1


def annotated(compiled):
    run = torch.compile(make, backend="eager", fullgraph=True) if compiled else make
    (first, held, _), (second, _, _) = run(torch.ones(1)), run(torch.ones(1))
    one, other = first.__annotations__["y"], second.__annotations__["y"]
    return one is held, one is other


eager, compiled = annotated(False), annotated(True)
print(f"the annotation is the list, and that of the next call: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
