"""The `__dict__` of a new function is another dict than the function has under torch.compile.

Eager: the function's own. Compiled: a copy, with the annotations in it as well. Exits 1 when they differ.
Needs torch only.
"""

import sys

import torch


def make(x):
    def function(a: "text"): ...  # noqa: F821

    return function, function.__dict__


def told(result):
    function, attributes = result
    return list(attributes), attributes is function.__dict__


eager = told(make(torch.ones(1)))
compiled = told(torch.compile(make, backend="eager", fullgraph=True)(torch.ones(1)))
print(f"names, and is it the function's own: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
