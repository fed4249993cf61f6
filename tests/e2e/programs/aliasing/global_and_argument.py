"""A list that is an argument and a global too."""

import torch

HELD = [1]


def program(x, held):
    held.append(x * 2)
    HELD.append(3)
    return held is HELD, HELD


def make():
    return program, (torch.ones(3), HELD)
