"""A generator that came in is walked over to its end, and each item goes into a compiled function."""

import torch


def count(n):
    for i in range(n):
        yield i
    return n


def step(x, each):
    return x + each


def program(x, items):
    for each in items:
        x = step(x, each)
    return x


def make():
    return program, (torch.ones(2), count(3))
