"""An exception of a user's class comes back without its cause, its context and their suppression.

Eager: `error.__cause__` is the KeyError. Compiled: None. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class WrongError(ValueError):
    pass


def f(x):
    try:
        raise WrongError("outer") from KeyError("inner")
    except WrongError as error:
        return error, x + 1


x = torch.ones(1)
eager = repr(f(x)[0].__cause__)
compiled = repr(torch.compile(f, backend="eager", fullgraph=True)(x)[0].__cause__)
print(f"eager: {eager}, compiled: {compiled}")
sys.exit(eager != compiled)
