"""Arguments are of other classes from call to call."""

import torch


def program(x, value):
    return x + 1, value, isinstance(value, int), [value]


def make():
    x = torch.ones(2)
    return program, [(x, 1), (x, 2.5), (x, "s"), (x, None), (x, [1]), (x, True)]
