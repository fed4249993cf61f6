"""The version of a tensor counts changes; retain_grad of what is no leaf."""

import torch


def program(w):
    y = w * 2
    y.retain_grad()
    z = (y * y).sum()
    z.backward()
    return y.grad, y, w.grad


def make():
    return program, (torch.ones(2, requires_grad=True),)
