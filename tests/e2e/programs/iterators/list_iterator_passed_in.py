"""An iterator over a list that came in is asked, and the list grows."""

import torch


def program(x, items, held):
    first = next(items)
    held.append(4)
    return x + first


def make():
    held = [1, 2, 3]
    return program, (torch.ones(2), iter(held), held)
