"""A variable of a cell is deleted and bound again, after something was compiled."""

import torch


def inner(x):
    return x + 1


def program(x):
    held = [x]

    def read():
        return held

    first = read()
    y = inner(x)
    del held
    held = y
    return first, read()


def make():
    return program, (torch.ones(2),)
