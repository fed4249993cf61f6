"""Two functions of one code object and two namespaces: the code compiled for one runs for both.

Eager: each function sees its own globals. Compiled: NameError: name '__compiled_fn_1' is not defined. Exits
1 when they differ. Needs torch only.
"""

import sys
import types

import torch

SCALE = 2


def scaled(x):
    return x * SCALE


OTHER = types.FunctionType(scaled.__code__, {"SCALE": 3, "__builtins__": __builtins__})


def as_it_is(function):
    return function


def compiled_by(function):
    return torch.compile(function, backend="eager")


def run(how):
    try:
        return [how(each)(torch.ones(1)).item() for each in (scaled, OTHER)]
    except NameError as error:
        return type(error).__name__


eager, compiled = run(as_it_is), run(compiled_by)
print(f"results of the two: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
