"""An exception is raised from another one, after a call that is compiled."""

import torch


def step(x):
    return x * 2


def program(x):
    y = step(x)
    try:
        raise KeyError("inner")
    except KeyError as error:
        raise ValueError("outer", y.shape[0]) from error


def make():
    return program, (torch.ones(2),)
