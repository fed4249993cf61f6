"""Shape changes in place: unsqueeze_, t_, squeeze_, resize_."""

import torch


def program(x, y):
    x.unsqueeze_(0)
    y.t_()
    return x.shape, y.stride(), x + 1


def make():
    return program, (torch.ones(2), torch.arange(6.0).view(2, 3))
