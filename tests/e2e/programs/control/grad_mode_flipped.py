"""The mode is turned into the other one: both runs start from the same."""

import torch


def program(w):
    y = w * 2
    torch.set_grad_enabled(not torch.is_grad_enabled())
    return y, w * 3


def make():
    return program, (torch.ones(2, requires_grad=True),), torch.is_grad_enabled
