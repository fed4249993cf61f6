"""An exception is raised while another is handled."""

import torch


def fail(x):
    try:
        raise KeyError("first")
    except KeyError:
        raise ValueError("second")


def program(x):
    y = x + 1
    try:
        fail(y)
    except ValueError as error:
        return y, type(error.__context__).__name__, error.__suppress_context__


def make():
    return program, (torch.ones(2),)
