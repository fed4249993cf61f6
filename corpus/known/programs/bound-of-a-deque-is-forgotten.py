"""An existing deque with a `maxlen` grows beyond it under torch.compile.

Eager: 3 items. Compiled: 4 items while the function is traced, and other items are left in the end. Exits 1
when they differ. Needs torch only.
"""

import collections
import sys

import torch


def grown(x, held):
    held.append(4)
    held.appendleft(0)
    return x + 1, len(held)


def run(function):
    held = collections.deque([1, 2, 3], maxlen=3)
    return function(torch.ones(1), held)[1], list(held)


eager, compiled = run(grown), run(torch.compile(grown, backend="eager"))
print(f"length of the deque, and its items: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
