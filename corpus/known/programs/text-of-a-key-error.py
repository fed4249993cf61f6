"""`str` of a KeyError lacks the quotes under torch.compile.

Eager: the representation of the key. Compiled: the key. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def told(x):
    return x + 1, str(KeyError("key"))


def run(function):
    return function(torch.ones(1))[1]


eager, compiled = run(told), run(torch.compile(told, backend="eager"))
print(f"text of the error: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
