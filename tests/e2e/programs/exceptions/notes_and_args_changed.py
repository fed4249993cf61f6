"""The arguments of a caught exception are changed, a note is added."""

import torch


def program(x, kept):
    try:
        raise ValueError("one")
    except ValueError as error:
        error.args = ("two", 3)
        error.extra = x + 1
        kept.append(error)
    return x * 2


def make():
    return program, (torch.ones(2), [])
