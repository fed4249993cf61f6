"""A `torch.fx.traceback.annotate(...)` that a compiled function gives back is the function `annotate` itself.

Eager: a context manager. Compiled: the function that makes one, which no `with` takes. Exits 1 when they
differ. Needs torch only.
"""

import sys

import torch
import torch.fx.traceback


def give_back(x):
    return x + 1, torch.fx.traceback.annotate({"note": "a"})


eager = give_back(torch.ones(1))[1]
compiled = torch.compile(give_back, backend="eager", fullgraph=True)(torch.ones(1))[1]
print("eager:", type(eager).__name__, "- enters:", hasattr(eager, "__enter__"))
print("compiled:", type(compiled).__name__, "- enters:", hasattr(compiled, "__enter__"))
sys.exit(type(eager) is not type(compiled))
