"""`yield from` gives None under torch.compile, and not what the inner generator returns.

Eager: the text. Compiled: None. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def inner(x):
    yield x
    return "returned"


def outer(x):
    told = yield from inner(x + 1)
    yield told


def listed(x):
    return list(outer(x))


def run(function):
    return function(torch.ones(1))[1]


eager, compiled = run(listed), run(torch.compile(listed, backend="eager"))
print(f"value of yield from: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
