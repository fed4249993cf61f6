"""An attribute deleted from a new frozen dataclass breaks the graph under torch.compile.

Eager: the object, without the attribute. Compiled: graph break "Reconstruction failure". Exits 1 when they
differ.
Needs torch only.
"""

import dataclasses
import sys

import torch


@dataclasses.dataclass(frozen=True)
class Point:
    a: object
    b: object


def delete(x):
    point = Point(x + 1, 2)
    del point.__dict__["b"]
    return point


def left(compiled):
    torch._dynamo.reset()
    run = torch.compile(delete, backend="eager", fullgraph=True) if compiled else delete
    try:
        return list(vars(run(torch.ones(1))))
    except torch._dynamo.exc.Unsupported as error:
        return str(error).splitlines()[0]


eager, compiled = left(False), left(True)
print(f"eager {eager!r}, compiled {compiled!r}")
sys.exit(eager != compiled)
