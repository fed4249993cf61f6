"""An iterator over a list stands between its items when the graph breaks."""

import torch


def program(x, held):
    items = iter(held)
    first = next(items)
    torch._dynamo.graph_break()
    return x + first + next(items), items


def make():
    return program, (torch.ones(2), [1, 2, 3])
