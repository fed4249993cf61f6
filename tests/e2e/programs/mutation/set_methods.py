"""A set gets and loses elements in every way."""

import torch


def program(x, held):
    held.add(10)
    held.discard(1)
    held.remove(2)
    held |= {20, 30}
    held &= {3, 10, 20}
    held ^= {3, 4}
    return x + len(held), held


def make():
    return program, (torch.ones(2), {1, 2, 3})
