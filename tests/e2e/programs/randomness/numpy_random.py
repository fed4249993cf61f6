"""Random arrays of numpy."""

import numpy as np
import torch


def program(x):
    return x + 1, np.random.rand(2), np.random.randint(0, 5)


def make():
    return program, (torch.ones(2),)
