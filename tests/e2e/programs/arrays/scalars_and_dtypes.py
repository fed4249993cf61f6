"""Numbers and types of numpy in arguments and results."""

import numpy as np
import torch


def program(x, n, kind):
    return x + float(n), np.zeros(2, dtype=kind), n


def make():
    return program, (torch.ones(2), np.float32(1.5), np.dtype("int16"))
