"""A parameter that is made in the function."""

import torch


def program(x):
    p = torch.nn.Parameter(x * 2, requires_grad=False)
    return p, isinstance(p, torch.nn.Parameter), p + 1


def make():
    return program, (torch.ones(2),)
