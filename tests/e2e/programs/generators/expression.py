"""A generator expression is given to the functions that take any iterable."""

import torch


def program(x, items):
    return (
        sum(x + i for i in items),
        any(i > 2 for i in items),
        max(i * 2 for i in items),
        tuple(i for i in items if i % 2),
        dict((i, x * i) for i in items),
    )


def make():
    return program, (torch.ones(2), [1, 2, 3])
