"""`torch._dynamo.export` of a function that returns an existing named tuple fails on an assertion.

Eager: the named tuple. Exported: AssertionError inside of Dynamo; a plain tuple in its place works. Exits 1
when it fails. Needs torch only.
"""

import collections
import sys

import torch
import torch._dynamo

Pair = collections.namedtuple("Pair", "x y")


def give_back(x, pair):
    return x + 1, pair


def exported(pair):
    torch._dynamo.reset()
    try:
        graph, _ = torch._dynamo.export(give_back)(torch.ones(1), pair)
    except AssertionError as error:
        return str(error).splitlines()[0]
    return type(graph(torch.ones(1), pair)[1]).__name__


x = torch.ones(1)
plain, named = exported((x, x)), exported(Pair(x, x))
print(f"exported: a tuple gives {plain}, a named tuple gives {named}")
sys.exit(named != "Pair")
