"""Changes of an OrderedDict are replayed by whatever the frame's module calls `type`.

Eager: the dict. Compiled: `TypeError: 'str' object is not callable` when the compiled code runs. The same
holds of `list` and changes of a subclass of list. Exits 1 when they differ. Needs torch only.
"""

import sys
from collections import OrderedDict

import torch

type = "training"  # noqa: A001 - the name is the point


def f(x):
    d = OrderedDict()
    d["a"] = x
    return d, x + 1


x = torch.ones(1)
eager = list(f(x)[0])
try:
    compiled = list(torch.compile(f, backend="eager", fullgraph=True)(x)[0])
except TypeError as error:
    compiled = f"TypeError: {error}"
print(f"eager: {eager}, compiled: {compiled}")
sys.exit(eager != compiled)
