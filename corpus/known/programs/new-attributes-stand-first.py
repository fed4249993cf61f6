"""A new attribute of an existing object stands before the old ones while the function is traced.

Eager: old, new. Compiled: new, old. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class Thing:
    pass


def named(x, thing):
    thing.new = 1
    return x + 1, list(vars(thing))


def run(function):
    thing = Thing()
    thing.old = 0
    return function(torch.ones(1), thing)[1]


eager, compiled = run(named), run(torch.compile(named, backend="eager"))
print(f"names of the attributes: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
