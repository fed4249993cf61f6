"""What the first call put into a list is still the same after the second."""

import torch


def program(x, held):
    new = [x + len(held)]
    held.append(new)
    return new, held[0]


def make():
    held = []
    return program, [(torch.ones(2), held), (torch.zeros(2), held)]
