"""retain_grad of what is no leaf, in a function between compiled ones."""

import torch


def double(w):
    return w * 2


def program(w):
    y = double(w)
    y.retain_grad()
    z = (y * y).sum()
    z.backward()
    return y.grad, y, w.grad


def make():
    return program, (torch.ones(2, requires_grad=True),)
