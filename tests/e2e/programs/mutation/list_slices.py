"""Slices are deleted, doubled and filled."""

import torch


def program(x, held):
    del held[::2]
    held *= 2
    held += [x + 1]
    held[:1] = []
    return held


def make():
    return program, (torch.ones(2), [1, 2, 3, 4, 5])
