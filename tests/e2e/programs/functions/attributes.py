"""A nested function gets attributes."""

import torch


def program(x):
    def inner():
        return inner.count

    inner.count = x + 1
    inner.note = "kept"
    return inner, inner()


def make():
    return program, (torch.ones(2),)
