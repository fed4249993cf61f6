"""A metaclass's own `__call__` is not called under torch.compile.

Eager: an instance is counted. Compiled: none is. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class Counting(type):
    made = 0

    def __call__(cls, *args):
        Counting.made += 1
        return super().__call__(*args)


class Thing(metaclass=Counting):
    def __init__(self, n):
        self.n = n


def made(x):
    return Thing(x + 1).n


def run(function):
    Counting.made = 0
    function(torch.ones(1))
    return Counting.made


eager, compiled = run(made), run(torch.compile(made, backend="eager"))
print(f"calls of the metaclass: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
