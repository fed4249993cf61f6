"""Which results are leaves, and which share a graph."""

import torch


def program(x, w):
    a = x * 2
    b = w * 2
    c = b.detach()
    d = torch.zeros(2, requires_grad=True)
    return a, b, c, d, [each.is_leaf for each in (a, b, c, d)]


def make():
    return program, (torch.ones(2), torch.ones(2, requires_grad=True))
