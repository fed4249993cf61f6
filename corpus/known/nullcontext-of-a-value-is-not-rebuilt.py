"""A `contextlib.nullcontext(value)` cannot be given back by a compiled function.

Eager: the context manager. Compiled: a TypeError inside of Dynamo; one without a value works. Exits 1 when it
fails. Needs torch only.
"""

import contextlib
import sys

import torch
import torch._dynamo


def give_back(x):
    return x + 1, contextlib.nullcontext(1)


print("eager:", give_back(torch.ones(1))[1].enter_result)
try:
    compiled = torch.compile(give_back, backend="eager", fullgraph=True)(torch.ones(1))[1]
except torch._dynamo.exc.InternalTorchDynamoError as error:
    print("compiled:", str(error).splitlines()[0])
    sys.exit(1)
print("compiled:", compiled.enter_result)
sys.exit(compiled.enter_result != 1)
