"""A graph break inside a with block of no_grad."""

import torch


def program(x, w):
    with torch.no_grad():
        y = w * x
        torch._dynamo.graph_break()
        z = y + w
    return y.requires_grad, z, (w * 2), torch.is_grad_enabled()


def make():
    return program, (torch.ones(2), torch.ones(2, requires_grad=True))
