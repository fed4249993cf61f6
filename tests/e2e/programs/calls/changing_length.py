"""A list grows from call to call."""

import torch


def program(x, held):
    held.append(len(held))
    total = x
    for each in held:
        total = total + each
    return total


def make():
    held = []
    return program, [(torch.ones(2), held)] * 4
