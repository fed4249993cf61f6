"""A weak reference that is returned comes back as what it refers to under torch.compile.

Eager: the reference. Compiled: the object. Exits 1 when they differ. Needs torch only.
"""

import sys
import weakref

import torch


class Thing:
    pass


thing = Thing()
reference = weakref.ref(thing)


def give(x):
    return reference, x + 1


eager = give(torch.ones(1))[0]
compiled = torch.compile(give, backend="eager", fullgraph=True)(torch.ones(1))[0]
print(f"a weak reference: eager a {type(eager).__name__}, compiled a {type(compiled).__name__}")
sys.exit(compiled is not eager)
