"""An operation that raises is not caught by the function's own handler under torch.compile.

Eager: the handler is reached, and what was done before stays. Compiled: a TorchRuntimeError comes out of
the compiled function, which has done nothing. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


def multiplied(x, y, log):
    log.append("before")
    try:
        return x @ y
    except RuntimeError:
        log.append("caught")
        return x


def run(function):
    log = []
    try:
        function(torch.ones(2, 3), torch.ones(2, 3), log)
    except RuntimeError as error:
        log.append(type(error).__name__)
    return log


eager, compiled = run(multiplied), run(torch.compile(multiplied, backend="eager"))
print(f"what was done: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
