"""A free variable that nothing was assigned to holds None under torch.compile.

Eager: calling the function raises NameError. Compiled: it returns None. Exits 1 when they differ. Needs torch
only.
"""

import sys

import torch


def make(x):
    def nested():
        return late

    if x is None:
        late = 1
    return nested


def outer(x):
    return x + 1, make(x)


def call(run):
    try:
        return repr(run(torch.ones(1))[1]())
    except NameError as error:
        return type(error).__name__


eager, compiled = call(outer), call(torch.compile(outer, backend="eager", fullgraph=True))
print(f"calling it: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
