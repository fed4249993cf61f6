"""A result goes into a tensor that came in."""

import torch


def program(x, out):
    y = torch.add(x, 1, out=out)
    return y is out, y


def make():
    return program, (torch.ones(3), torch.zeros(3))
