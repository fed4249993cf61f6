"""Export of a function that is given `append` of a list and returns it breaks the graph.

Eager: the method. Exported: graph break "Reconstruction failure", where the method of the list can be loaded
and what export does not take is a UserError that says so. Exits 1 when it fails so. Needs torch only.
"""

import sys

import torch


def give_back(x, method):
    return x + 1, method


try:
    torch._dynamo.export(give_back)(torch.ones(1), [].append)
    exported = "no error"
except torch._dynamo.exc.Unsupported as error:
    exported = f"graph break: {str(error).splitlines()[0]}"
except torch._dynamo.exc.UserError as error:
    exported = type(error).__name__
print(f"eager: the method, exported: {exported}")
sys.exit(exported.startswith("graph break: Reconstruction failure"))
