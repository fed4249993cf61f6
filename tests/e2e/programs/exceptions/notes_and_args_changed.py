"""A caught exception gets other arguments, an attribute and the place in a list."""

import torch


def double(x):
    return x * 2


def program(x, kept):
    try:
        raise ValueError("one")
    except ValueError as error:
        error.args = ("two", 3)
        error.extra = double(x)
        kept.append(error)
    return kept


def make():
    return program, (torch.ones(2), [])
