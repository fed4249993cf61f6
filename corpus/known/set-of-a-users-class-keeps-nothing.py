"""What is added to an instance of a subclass of set is lost under torch.compile, old or new.

Eager: `{1, 2}` and `{3}`. Compiled: `{1}` and an empty set. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class Tags(set):
    pass


def add(tags, x):
    tags.add(2)
    return Tags([3]), x + 1


def added(compiled):
    torch._dynamo.reset()
    run = torch.compile(add, backend="eager", fullgraph=True) if compiled else add
    tags = Tags([1])
    new, _ = run(tags, torch.ones(1))
    return sorted(tags), sorted(new)


eager, compiled = added(False), added(True)
print(f"existing and new: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
