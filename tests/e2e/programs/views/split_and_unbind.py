"""The parts of a tensor, one of them changed in place."""

import torch


def program(x):
    a, b = x.split(2)
    rows = x.view(2, 2).unbind(0)
    a.mul_(2)
    return a, b, rows, torch.chunk(x, 3)


def make():
    return program, (torch.arange(4.0),)
