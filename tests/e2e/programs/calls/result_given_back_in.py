"""What one call gives is an argument of the next, by a shared list."""

import torch


def program(x, state):
    if state:
        x = x + state[-1]
    state.append(x * 2)
    return x


def make():
    state = []
    return program, [(torch.ones(2), state)] * 3
