"""A partial of a function with an unassigned free variable is refused under torch.compile.

Eager: the partial, which nobody has called. Compiled: a graph break "Read uninitialized cell", though nothing
reads it; the function alone is compiled. Exits 1 when it is refused. Needs torch only.
"""

import functools
import sys

import torch


def make(x):
    def nested(a):
        return late

    if x is None:
        late = 1
    return functools.partial(nested, 1)


def outer(x):
    return x + 1, make(x)


print("eager:", type(outer(torch.ones(1))[1]).__name__)
try:
    torch.compile(outer, backend="eager", fullgraph=True)(torch.ones(1))
except torch._dynamo.exc.Unsupported as error:
    print("compiled:", str(error).splitlines()[0])
    sys.exit(1)
print("compiled: the same")
