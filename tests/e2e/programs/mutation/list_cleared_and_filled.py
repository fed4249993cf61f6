"""A list is emptied and filled with what it held."""

import torch


def program(x, held):
    copy = held.copy()
    held.clear()
    held.extend(reversed(copy))
    return x + len(copy), copy


def make():
    return program, (torch.ones(2), [[1], [2], [3]])
