"""The keys of a dict that a global holds come back as a set where existing values are rebuilt, as in export.

`torch._dynamo.export` then says that a set is no output that it supports; here is what its tracer alone
gives. Exits 1 when it differs from eager. Needs torch only.
"""

import sys

import torch
from torch._dynamo.eval_frame import optimize_assert

KEYS = {"a": 1}.keys()


def give_back(x):
    return x + 1, KEYS


traced = optimize_assert(lambda graph, example: graph.forward, export=True)(give_back)
eager, compiled = (type(function(torch.ones(1))[1]).__name__ for function in (give_back, traced))
print(f"the keys of a dict: eager {eager}, rebuilt {compiled}")
sys.exit(eager != compiled)
