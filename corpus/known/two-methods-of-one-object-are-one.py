"""Two mentions of a method of an object are one bound method under torch.compile.

Eager: `o.method is not o.method`. Compiled: both are one object. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class Thing:
    def method(self):
        return self


def mention(o, x):
    return o.method, o.method, x + 1


def same(function):
    first, second, _ = function(Thing(), torch.ones(1))
    return first is second


eager = same(mention)
compiled = same(torch.compile(mention, backend="eager", fullgraph=True))
print(f"o.method is o.method: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
