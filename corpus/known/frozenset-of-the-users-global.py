"""A frozenset that an inlined function makes is made by whatever the frame's module calls `frozenset`.

Eager: a frozenset. Compiled: a list. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch

make = eval("lambda y: frozenset([y])", {})  # a function of another module
frozenset = list  # noqa: A001 - the name is the point


def f(x):
    return make(x), frozenset, x + 1


x = torch.ones(1)
eager = type(f(x)[0]).__name__
compiled = type(torch.compile(f, backend="eager", fullgraph=True)(x)[0]).__name__
print(f"eager: {eager}, compiled: {compiled}")
sys.exit(eager != compiled)
