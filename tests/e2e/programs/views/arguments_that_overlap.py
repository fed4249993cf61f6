"""Two arguments are views over one memory, and one is changed."""

import torch


def program(a, b):
    a.add_(1)
    return b * 2, a, b


def make():
    base = torch.arange(6.0)
    return program, (base[:4], base[2:]), lambda: base
