"""Random tensors, and the state that is left."""

import torch


def program(x):
    return x + torch.rand(2), torch.randint(0, 10, (3,)), torch.nn.functional.dropout(x, 0.5)


def make():
    return program, (torch.ones(2),)
