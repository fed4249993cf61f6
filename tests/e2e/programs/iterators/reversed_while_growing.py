"""A list grows while an iterator stands in it."""

import torch


def program(x, held):
    items = iter(held)
    first = next(items)
    held.append(x + first)
    rest = list(items)
    return rest, len(rest)


def make():
    return program, (torch.ones(2), [1, 2])
