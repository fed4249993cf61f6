"""A loss is computed, and the gradient lies at the parameter."""

import torch


def program(x, w):
    return ((w * x) ** 2).sum()


def make():
    w = torch.ones(2, requires_grad=True)
    compiled = []

    def observe():
        compiled[0].backward()
        return w.grad

    def run(x, w):
        loss = program(x, w)
        compiled.append(loss)
        return loss

    return run, (torch.arange(2.0), w), observe
