"""An iterator zipped with itself: pairs of neighbours."""

import torch


def program(x, held):
    items = iter(held)
    pairs = list(zip(items, items))
    return x + len(pairs), pairs


def make():
    return program, (torch.ones(2), [1, 2, 3, 4, 5])
