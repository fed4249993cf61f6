"""A generator that comes out of a compiled function is no generator, and has run to its end.

Eager: a generator that has not begun. Compiled: a tuple_iterator, after all that the generator does has
been done. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def steps(x):
    yield x
    yield x + 1


def made(x):
    return steps(x * 2)


def run(function):
    return type(function(torch.ones(1))).__name__


eager, compiled = run(made), run(torch.compile(made, backend="eager"))
print(f"class of the generator: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
