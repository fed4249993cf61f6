"""A function of a namespace without `__builtins__` is an internal error under torch.compile.

Eager: Python finds the builtins without it. Compiled: InternalTorchDynamoError: KeyError: __builtins__.
Exits 1 when they differ. Needs torch only.
"""

import sys
import types

import torch


def scaled(x):
    return x * SCALE


SCALE = 2
OTHER = types.FunctionType(scaled.__code__, {"SCALE": 3})


def run(function):
    try:
        return function(torch.ones(1)).item()
    except Exception as error:  # noqa: BLE001 - whatever the compiler raises
        return type(error).__name__


eager, compiled = run(OTHER), run(torch.compile(OTHER, backend="eager"))
print(f"result: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
