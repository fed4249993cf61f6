"""One array in two places, changed and read."""

import numpy as np
import torch


def program(x, a, b):
    a += 1
    c = b * 2
    return x + 1, a is b, c, [a, b]


def make():
    a = np.arange(3)
    return program, (torch.ones(2), a, a)
