"""A `torch.no_grad()` that a compiled function gives back has turned gradients off for the whole process.

Eager: a `no_grad`, and nothing has changed until somebody enters it. Compiled: a `set_grad_enabled`, whose
making has set the mode. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def give_back(x):
    return x + 1, torch.no_grad()


def after(function):
    manager = function(torch.ones(1))[1]
    enabled = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    return type(manager).__name__, enabled


eager = after(give_back)
compiled = after(torch.compile(give_back, backend="eager", fullgraph=True))
print(f"eager: {eager[0]}, gradients enabled afterwards: {eager[1]}")
print(f"compiled: {compiled[0]}, gradients enabled afterwards: {compiled[1]}")
sys.exit(eager != compiled)
