"""A slice is loaded as one constant under torch.compile, whatever it holds.

An existing list in it: eager the list, compiled a copy, one and the same in every call. A tuple with a tensor
in it: compiled the compiler's own tracker; in torch 2.8 for a class too. Exits 1 when they differ. Needs
torch only.
"""

import sys

import torch


def slice_of_list(x, a):
    return x + 1, slice(a, None)


def slice_of_tuple(x, a):
    return slice((x + 1,), None), a


def slice_of_class(x, a):
    return x + 1, slice(type_given, None)


type_given = int
wrong = 0
for function in (slice_of_list, slice_of_tuple, slice_of_class):
    for run in (function, torch.compile(function, backend="eager", fullgraph=True)):
        a = [1]
        found = next(value for value in run(torch.ones(1), a) if isinstance(value, slice)).start
        told = f"a {type(found).__name__}{', the list given' if found is a else ''}"
        if run is function:
            eager = told
    print(f"{function.__name__}: start is eager {eager}, compiled {told}")
    wrong += eager != told
sys.exit(wrong > 0)
