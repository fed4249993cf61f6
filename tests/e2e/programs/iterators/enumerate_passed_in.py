"""An enumeration that came in is walked over for two rounds, each with a compiled call."""

import torch


def step(x, at, value):
    return x + at * value


def program(x, items):
    for at, value in items:
        x = step(x, at, value)
        if at == 1:
            break
    return x


def make():
    return program, (torch.ones(2), enumerate([5, 6, 7, 8]))
