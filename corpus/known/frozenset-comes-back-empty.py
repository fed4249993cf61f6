"""A frozenset made under torch.compile comes back empty, and what it held is left on the stack.

Eager: the frozenset of 1 and 2, and after 1 the frozenset of a tensor. Compiled: empty frozensets, and in the
place of the 1 the tensor. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def constants(x):
    return frozenset([1, 2]), x + 1


def tensors(x):
    return 1, frozenset([x + 1])


def held(function, compiled):
    run = torch.compile(function, backend="eager", fullgraph=True) if compiled else function
    first, second = run(torch.ones(1))
    return repr(first), repr(second)


differ = False
for function in (constants, tensors):
    eager, compiled = held(function, False), held(function, True)
    print(f"{function.__name__}: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
