"""A detached tensor shares its memory with what it is of."""

import torch


def program(w):
    alias = w.detach()
    alias.mul_(3)
    return alias, w * 1


def make():
    return program, (torch.ones(2, requires_grad=True),)
