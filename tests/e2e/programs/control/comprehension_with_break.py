"""A comprehension whose element breaks the graph."""

import torch


def loud(n):
    print(n)
    return n + 1


def program(x, held):
    y = x + 1
    made = [loud(n) for n in held]
    return y, made


def make():
    return program, (torch.ones(2), [1, 2, 3])
