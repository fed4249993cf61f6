"""Export of a function that returns `operator.add` ends with an AssertionError, and not with a graph break.

Eager: the function. Exported: `AssertionError: Expected builtins module, got _operator`. A builtin of
Python's own that a global hides is the same: `AssertionError: shadowed global`. Exits 1 when it fails. Needs
torch only.
"""

import operator
import sys

import torch


def f(x):
    return operator.add, x + 1


try:
    torch._dynamo.export(f)(torch.ones(1))
    exported = "no error"
except AssertionError as error:
    exported = f"AssertionError: {str(error).splitlines()[0]}"
except (torch._dynamo.exc.Unsupported, torch._dynamo.exc.UserError) as error:
    exported = type(error).__name__  # a graph break, or an output that export says it does not take
print(f"eager: {f(torch.ones(1))[0]}, exported: {exported}")
sys.exit(exported.startswith("AssertionError"))
