"""A list grows while it is walked over."""

import torch


def program(x, held):
    for each in held:
        if len(held) < 5:
            held.append(each + 1)
    return x + len(held)


def make():
    return program, (torch.ones(2), [1, 2])
