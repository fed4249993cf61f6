"""The empty dict of hooks of a module comes back from a compiled function as another dict.

Eager: the module's own OrderedDict, and what is put there is called. Compiled: a new plain dict, so a hook
that is put there is never called. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def give_back(module, x):
    return x + 1, module._forward_hooks


def told(function):
    module = torch.nn.Linear(1, 1)
    hooks = function(module, torch.ones(1))[1]
    return type(hooks).__name__, hooks is module._forward_hooks


eager = told(give_back)
compiled = told(torch.compile(give_back, backend="eager", fullgraph=True))
print(f"eager: {eager[0]}, the module's own: {eager[1]}")
print(f"compiled: {compiled[0]}, the module's own: {compiled[1]}")
sys.exit(eager != compiled)
