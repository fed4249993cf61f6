"""An item of an existing iterator that is stored elsewhere is another one under torch.compile.

Eager: the first item is stored. Compiled: the iterator is advanced first, and the item is looked for from
where it stands then: the second is stored, or the emitted code raises IndexError where there is none. Exits 1
when they differ. Needs torch only.
"""

import sys

import torch


def store(x, items, kept):
    first = next(items)
    kept.append(first)
    return x + 1


def store_all(x, items, kept):
    for item in items:
        kept.append(item)
    return x + 1


def run(function):
    kept = []
    try:
        function(torch.ones(1), iter(([1], [2])), kept)
    except IndexError as error:
        return repr(error)
    return repr(kept)


differ = False
for function in (store, store_all):
    eager, compiled = run(function), run(torch.compile(function, backend="eager", fullgraph=True))
    print(f"{function.__name__}: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
