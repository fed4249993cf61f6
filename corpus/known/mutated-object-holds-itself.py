"""An existing list that comes to hold itself holds a copy of itself under torch.compile.

Eager: `a[0] is a`. Compiled: `a[0]` is a new list. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def append_itself(a, x):
    a.append(a)
    return x + 1


def store_itself_and_return(d, x):
    d[0] = d
    return d, x + 1


def held(function, make, compiled):
    torch._dynamo.reset()
    run = torch.compile(function, backend="eager", fullgraph=True) if compiled else function
    value = make()
    run(value, torch.ones(1))
    return value[0] is value


different = False
for function, make in ((append_itself, list), (store_itself_and_return, dict)):
    eager, compiled = held(function, make, False), held(function, make, True)
    print(f"{function.__name__}: holds itself: eager {eager}, compiled {compiled}")
    different |= eager != compiled
sys.exit(different)
