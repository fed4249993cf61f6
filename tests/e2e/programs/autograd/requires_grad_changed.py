"""What requires a gradient is changed in the function."""

import torch


def program(x, y):
    x.requires_grad_(True)
    z = (x * y).detach()
    w = (x * y).requires_grad_()
    return z, w, x.requires_grad, z.requires_grad


def make():
    return program, (torch.ones(2), torch.ones(2))
