"""A nested function comes back with its cell."""

import torch


def program(x, k):
    y = x + k

    def inner(z):
        return y * z

    return inner, inner(2)


def make():
    return program, (torch.ones(2), 3)
