"""A new iterator of which all is taken at once still has its items under torch.compile.

Eager: nothing is left after `list`, `tuple` and `max`. Compiled: all is. Exits 1 when they differ. Needs
torch only.
"""

import sys

import torch

differ = False
for take in (list, tuple, max):

    def function(x, take=take):
        held = iter((1, 2))
        take(held)
        return x + 1, held

    torch._dynamo.reset()
    eager = list(function(torch.ones(1))[1])
    compiled = list(torch.compile(function, backend="eager", fullgraph=True)(torch.ones(1))[1])
    print(f"left of the iterator after {take.__name__}: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
