"""An OrderedDict that holds the function whose attribute it is breaks the graph under torch.compile.

Eager: the function. Compiled: graph break "Reconstruction failure (self-referential)". Exits 1 when they
differ. Needs torch only.
"""

import sys
from collections import OrderedDict

import torch


def make(x):
    held = OrderedDict()

    def nested():
        return x

    nested.held = held
    held["function"] = nested
    return nested, x + 1


def made(compiled):
    run = torch.compile(make, backend="eager", fullgraph=True) if compiled else make
    try:
        function = run(torch.ones(1))[0]
    except torch._dynamo.exc.TorchDynamoException as error:
        return str(error).splitlines()[0]
    return function.held["function"] is function


eager, compiled = made(False), made(True)
print(f"the function holds itself: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
