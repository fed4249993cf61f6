"""One list under two names: a change through one is seen through the other."""

import torch


def program(x, one, other):
    one.append(x + 1)
    return len(other), other[-1] is one[-1]


def make():
    held = [0]
    return program, (torch.ones(2), held, held)
