"""A subclass of Tensor in a tuple, or given to `as_subclass`, is that of the first call under torch.compile.

Eager: each call gives back the class that it was given. Compiled: the second call, with another class, gives
back the first. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class First(torch.Tensor):
    pass


class Second(torch.Tensor):
    pass


def in_a_tuple(x, kind):
    return x + 1, (kind,)


def converted(x, kind):
    return x + 1, (type((x + 1).as_subclass(kind)),)


differ = False
for function in (in_a_tuple, converted):
    torch._dynamo.reset()
    compiled = torch.compile(function, backend="eager", fullgraph=True)
    for kind in (First, Second):
        ((eager,), (found,)) = (run(torch.ones(1), kind)[1] for run in (function, compiled))
        print(f"{function.__name__} of {kind.__name__}: eager {eager.__name__}, compiled {found.__name__}")
        differ |= eager is not found
sys.exit(differ)
