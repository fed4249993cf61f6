"""`sum`, `all` and `any` take nothing from a new iterator of constants under torch.compile.

Eager: they take the iterator's items. Compiled: it has them all still. Exits 1 when they differ. Needs torch
only.
"""

import sys

import torch


def summed(x):
    numbers = iter((1, 2))
    return x + sum(numbers), numbers


def all_true(x):
    numbers = iter((1, 2))
    return x + all(numbers), numbers


def any_true(x):
    numbers = iter((0, 2))
    return x + any(numbers), numbers


differ = False
for function in (summed, all_true, any_true):
    torch._dynamo.reset()
    eager = list(function(torch.ones(1))[1])
    compiled = list(torch.compile(function, backend="eager", fullgraph=True)(torch.ones(1))[1])
    print(f"{function.__name__}, left of the iterator: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
