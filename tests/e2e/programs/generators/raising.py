"""A generator raises in the middle, and is at its end then."""

import torch


def failing(x):
    yield x
    raise ValueError("inside")


def program(x):
    made = failing(x + 1)
    first = next(made)
    try:
        next(made)
    except ValueError as error:
        told = error.args
    return first, told, next(made, "end")


def make():
    return program, (torch.ones(2),)
