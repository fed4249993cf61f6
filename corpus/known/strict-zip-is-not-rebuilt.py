"""A strict zip cannot be given back under torch.compile.

Eager: the zip. Compiled: AssertionError in the compiler. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def pair(x):
    return zip([1], [2], strict=True), x + 1


def made(compiled):
    run = torch.compile(pair, backend="eager", fullgraph=True) if compiled else pair
    try:
        return type(run(torch.ones(1))[0]).__name__
    except AssertionError as error:
        return f"AssertionError: {str(error).splitlines()[0]}"


eager, compiled = made(False), made(True)
print(f"a strict zip: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
