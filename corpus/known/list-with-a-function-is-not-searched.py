"""Searching a list that holds a new function ends compilation with an InternalTorchDynamoError.

Eager: 0 is taken out of the list. Compiled: `ClosureConversionError: failed to convert closure cell to Python
constant`. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def replace(items, x):
    y = x + 1

    def function(given=y):
        return given

    items.append(function)
    items.remove(0)
    return y


def left(compiled):
    torch._dynamo.reset()
    items = [0]
    run = torch.compile(replace, backend="eager", fullgraph=True) if compiled else replace
    try:
        run(items, torch.ones(1))
    except (torch._dynamo.exc.TorchDynamoException, NotImplementedError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return str(len(items))


eager, compiled = left(False), left(True)
print(f"items left: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
