"""A step of an optimizer on two parameters."""

import torch


def make():
    weights = [torch.ones(2, requires_grad=True), torch.zeros(2, requires_grad=True)]
    optimizer = torch.optim.SGD(weights, lr=0.1, momentum=0.9)
    for each in weights:
        each.grad = torch.ones(2)

    def program(x):
        optimizer.step()
        optimizer.zero_grad()
        return x + weights[0].detach()

    return program, (torch.ones(2),), lambda: (weights, [optimizer.state[each] for each in weights])
