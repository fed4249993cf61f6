"""The default of a parameter is one list for all calls."""

import torch


def program(x, seen=[]):
    seen.append(x + 1)
    return seen


def make():
    return program, [(torch.ones(2),), (torch.ones(2),)]
