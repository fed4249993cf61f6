"""The same tensor twice in the first call, two in the second."""

import torch


def program(a, b):
    a.add_(1)
    return a * b


def make():
    one, two = torch.ones(2), torch.ones(2)
    return program, [(one, one), (one, two), (two, two)]
