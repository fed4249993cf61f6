"""Frozensets among what is returned, and a set that is updated."""

import torch


def program(x, held):
    new = frozenset(held)
    held.update([5, 6])
    held.difference_update({1})
    return x + 1, new, held - new, new | {7}


def make():
    return program, (torch.ones(2), {1, 2})
