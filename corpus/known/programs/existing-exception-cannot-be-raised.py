"""An exception that came in cannot be raised under torch.compile.

Eager: the exception is caught. Compiled: TypeError: exceptions must derive from BaseException, not
LookupError. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def raised(x, error):
    try:
        raise error
    except Exception as caught:  # noqa: BLE001
        return x + 1, caught


def run(function):
    try:
        return repr(function(torch.ones(1), LookupError("made before"))[1])
    except Exception as error:  # noqa: BLE001 - whatever the compiler raises
        return type(error).__name__


eager, compiled = run(raised), run(torch.compile(raised, backend="eager"))
print(f"what was caught: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
