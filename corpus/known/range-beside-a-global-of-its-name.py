"""A range made by an inlined function ends compilation where the frame's module has a global `range`.

Eager: the range. Compiled: `AssertionError: 'range' must not be shadowed in f_globals`. Exits 1 when they
differ. Needs torch only.
"""

import sys

import torch

make = eval("lambda n: range(n)", {})  # a function of another module
range = (0, 10)  # noqa: A001 - the name is the point


def f(x):
    return make(3), x + 1


x = torch.ones(1)
eager = repr(f(x)[0])
try:
    compiled = repr(torch.compile(f, backend="eager", fullgraph=True)(x)[0])
except AssertionError as error:
    compiled = f"AssertionError: {str(error).splitlines()[0]}"
print(f"eager: {eager}, compiled: {compiled}")
sys.exit(eager != compiled)
