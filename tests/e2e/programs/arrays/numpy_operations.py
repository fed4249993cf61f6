"""Operations of numpy are traced."""

import numpy as np
import torch


def program(x, a):
    b = np.add(a, 1) * 2
    return x + torch.from_numpy(b).sum(), b, b.shape, a.mean()


def make():
    return program, (torch.ones(2), np.arange(3.0))
