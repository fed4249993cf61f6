"""One parameter in two modules."""

import torch


def make():
    one, two = torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False)
    two.weight = one.weight

    def program(x):
        with torch.no_grad():
            one.weight.add_(1)
        return two(x), one.weight is two.weight, two.weight

    return program, (torch.ones(1, 2),), lambda: (one, two)
