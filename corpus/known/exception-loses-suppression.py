"""An exception of Python's own class comes back with the suppression that its cause implies, not its own.

Eager: `raise … from None` hides the context (`__suppress_context__` is True). Compiled: it is False, so that
a traceback shows what the program hid. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def f(x):
    try:
        try:
            raise KeyError("inner")
        except KeyError:
            raise ValueError("outer") from None
    except ValueError as error:
        return error, x + 1


x = torch.ones(1)
eager = f(x)[0].__suppress_context__
compiled = torch.compile(f, backend="eager", fullgraph=True)(x)[0].__suppress_context__
print(f"eager: {eager}, compiled: {compiled}")
sys.exit(eager != compiled)
