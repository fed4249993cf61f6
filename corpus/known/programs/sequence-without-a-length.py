"""`list` of an object that has `__getitem__` alone is an internal error under torch.compile.

Eager: the items. Compiled: InternalTorchDynamoError. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class Squares:
    def __getitem__(self, n):
        if n > 3:
            raise IndexError(n)
        return n * n


def listed(x, squares):
    return x + 1, list(squares)


def run(function):
    try:
        return function(torch.ones(1), Squares())[1]
    except Exception as error:  # noqa: BLE001 - whatever the compiler raises
        return type(error).__name__


eager, compiled = run(listed), run(torch.compile(listed, backend="eager"))
print(f"list of the object: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
