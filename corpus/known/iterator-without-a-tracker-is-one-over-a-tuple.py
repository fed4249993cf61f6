"""`enumerate`, `itertools.chain` and `reversed` come back as iterators over a tuple under torch.compile.

So they give what the list held then, where eager ones give what it holds when they are asked. Exits 1 when
they differ. Needs torch only.
"""

import itertools
import sys

import torch


def enumerated(x, held):
    return enumerate(held)


def chained(x, held):
    return itertools.chain(held)


def backwards(x, held):
    return reversed(held)


def run(function):
    held = [1]
    made = function(torch.ones(1), held)
    held[0] = 2
    return type(made).__name__, list(made)


differ = False
for function in (enumerated, chained, backwards):
    eager, compiled = run(function), run(torch.compile(function, backend="eager", fullgraph=True))
    print(f"{function.__name__}: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
