"""A frozenset of a tensor that an inlined function makes ends compilation with an AssertionError.

Eager: the frozenset. Compiled: `AssertionError: frozenset not in co_names`, unless the frame itself names
`frozenset`. Exits 1 when it fails. Needs torch only.
"""

import sys

import torch


def make(y):
    return frozenset([y])


def outer(x):
    return make(x + 1)


eager = type(outer(torch.ones(1))).__name__
try:
    compiled = type(torch.compile(outer, backend="eager", fullgraph=True)(torch.ones(1))).__name__
except AssertionError as error:
    compiled = f"{type(error).__name__}: {str(error).splitlines()[0]}"
print(f"eager: {eager}, compiled: {compiled}")
sys.exit(eager != compiled)
