"""torch.compile fails on a new list that holds itself.

Eager: the list. Compiled: a RecursionError within the compiler. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def circular(x):
    made = [x + 1]
    made.append(made)
    return made


def holds_itself(compiled):
    run = torch.compile(circular, backend="eager", fullgraph=True) if compiled else circular
    try:
        made = run(torch.ones(1))
    except torch._dynamo.exc.TorchDynamoException as error:
        return str(error).partition("\n")[0]
    return made[1] is made


eager, compiled = holds_itself(False), holds_itself(True)
print(f"the list holds itself: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
