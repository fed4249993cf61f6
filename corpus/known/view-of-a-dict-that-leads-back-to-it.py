"""A view of a new dict, in which something leads back to the view, breaks the graph.

Eager: the view. Compiled: "Reconstruction failure (self-referential)", in torch 2.8 a RecursionError in the
compiler. Exits 1 when it fails. Needs torch only.
"""

import sys

import torch


def keys(x):
    held = {}
    view = {0: held}.keys()
    held[0] = view
    return x + 1, view


def values(x):
    held = {}
    view = {0: held}.values()
    held[0] = view
    return x + 1, view


differ = False
for function in (keys, values):
    torch._dynamo.reset()
    eager = type(function(torch.ones(1))[1]).__name__
    try:
        compiled = type(torch.compile(function, backend="eager", fullgraph=True)(torch.ones(1))[1]).__name__
    except torch._dynamo.exc.TorchDynamoException as error:
        compiled = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    print(f"{function.__name__}: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
