"""A function that is compiled itself is called by the compiled one."""

import torch


@torch.compile(backend="eager")
def inner(x, held):
    held.append(x + 1)
    return held


def program(x, held):
    same = inner(x * 2, held)
    return same is held, same


def make():
    return program, (torch.ones(2), [])
