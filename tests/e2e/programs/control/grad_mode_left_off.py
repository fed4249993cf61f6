"""The mode that a function sets stays set."""

import torch


def program(x):
    y = x + 1
    torch.set_grad_enabled(False)
    return y * 2


def make():
    return program, (torch.ones(2, requires_grad=True),), torch.is_grad_enabled
