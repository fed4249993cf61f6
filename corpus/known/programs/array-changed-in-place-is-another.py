"""`a += 1` makes another array of an existing one under torch.compile.

Eager: the name still stands for the array. Compiled: it stands for another array over the same memory.
Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def changed(x, a):
    before = a
    a += 1
    return x + 1, a, before


def run(function):
    a = torch.zeros(2).numpy()
    _, after, before = function(torch.ones(1), a)
    return after is a, before is a


eager, compiled = run(changed), run(torch.compile(changed, backend="eager"))
print(f"the arrays are the one that came in: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
