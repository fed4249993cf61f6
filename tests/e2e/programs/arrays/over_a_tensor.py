"""An array over the memory of a tensor."""

import torch


def program(x):
    a = x.numpy()
    x.add_(1)
    return a, a.sum()


def make():
    return program, (torch.ones(3),)
