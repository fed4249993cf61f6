"""Whether two arguments are one object changes between the calls."""

import torch


def program(x, a, b):
    a.append(x + 1)
    return a is b, len(b)


def make():
    one, two = [], []
    return program, [(torch.ones(2), one, two), (torch.ones(2), one, one), (torch.ones(2), two, one)]
