"""A break in a function with stars, defaults and cells."""

import torch


def inner(a, *rest, flag=True, **named):
    held = list(rest)

    def note():
        held.append(a)
        return named

    print(flag)
    note()["new"] = a * 2
    return held, named


def program(x):
    return inner(x + 1, 1, 2, k=[3])


def make():
    return program, (torch.ones(2),)
