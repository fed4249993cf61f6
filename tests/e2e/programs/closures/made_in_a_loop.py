"""Functions of a loop see the last value, those with a default their own."""

import torch


def program(x):
    late = [lambda: i for i in range(3)]
    early = [lambda i=i: x + i for i in range(3)]
    return [each() for each in late], [each() for each in early]


def make():
    return program, (torch.ones(2),)
