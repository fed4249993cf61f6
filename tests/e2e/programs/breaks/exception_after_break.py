"""An exception after a graph break: what was done before it stays."""

import torch


def program(x, log):
    log.append(x + 1)
    torch._dynamo.graph_break()
    log.append(x + 2)
    if len(log) == 2:
        raise ValueError("after", len(log))
    return log


def make():
    return program, (torch.ones(2), [])
