"""An attribute that a dict does not have raises nothing under torch.compile.

Eager: AttributeError is caught. Compiled: the handler is not reached. Exits 1 when they differ. Needs torch
only.
"""

import sys

import torch


def asked(x, held):
    told = "found"
    try:
        held.nothing  # noqa: B018 - to be asked is enough
    except AttributeError:
        told = "missing"
    return x + 1, told


def run(function):
    return function(torch.ones(1), {})[1]


eager, compiled = run(asked), run(torch.compile(asked, backend="eager"))
print(f"a missing attribute: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
