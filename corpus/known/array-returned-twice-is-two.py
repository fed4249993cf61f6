"""One array that is returned in two places comes back as two arrays under torch.compile.

Eager: the two are one object. Compiled: they are two objects over one memory. Exits 1 when they differ. Needs
torch and NumPy only.
"""

import sys

import torch


def twice(x):
    array = x.numpy()
    return array, 1, array


def is_one(result):
    return result[0] is result[2]


eager = is_one(twice(torch.ones(2)))
compiled = is_one(torch.compile(twice, backend="eager", fullgraph=True)(torch.ones(2)))
print(f"an array returned twice: eager one object {eager}, compiled one object {compiled}")
sys.exit(eager != compiled)
