"""The seed is set in the function."""

import torch


def program(x):
    torch.manual_seed(7)
    return x + torch.rand(2)


def make():
    return program, [(torch.ones(2),)] * 2
