"""Defaults, keyword-only arguments, stars in the signature."""

import torch


def inner(a, /, b=2, *rest, c, d=4, **named):
    return a + b + c + d, rest, named


def program(x):
    return inner(x, c=3), inner(x, 1, 2, 3, c=4, e=5), inner(x, **{"c": 1, "b": x})


def make():
    return program, (torch.ones(2),)
