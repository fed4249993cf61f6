"""A list becomes an item of itself."""

import torch


def program(x, held):
    held.append(held)
    held.append(x + 1)
    return held[0] is held, len(held[0])


def make():
    return program, (torch.ones(2), [])
