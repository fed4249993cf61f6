"""A zip, map or filter given back under torch.compile goes over copies of its iterators.

Eager: what the zip takes is gone from the iterator beside it. Compiled: nothing is gone. The same holds for
map and filter. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def with_zip(x):
    held = iter((1, 2, 3))
    return zip(held), held, x + 1


def with_map(x):
    held = iter((1, 2, 3))
    return map(str, held), held, x + 1


def with_filter(x):
    held = iter((1, 2, 3))
    return filter(None, held), held, x + 1


def left(function, compiled):
    torch._dynamo.reset()
    run = torch.compile(function, backend="eager", fullgraph=True) if compiled else function
    over, held, _ = run(torch.ones(1))
    next(over)
    return list(held)


differ = False
for function in (with_zip, with_map, with_filter):
    eager, compiled = left(function, False), left(function, True)
    print(f"{function.__name__}, left of the iterator after one: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
