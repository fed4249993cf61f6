"""Two views of a new tensor share its memory with each other."""

import torch


def program(x):
    new = x + 1
    return new[:2], new[1:], new.t() if new.dim() == 2 else new.flip(0)


def make():
    return program, [(torch.arange(4.0),), (torch.ones(2, 2),)]
