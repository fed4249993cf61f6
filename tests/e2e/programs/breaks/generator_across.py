"""A generator is asked before and after a graph break."""

import torch


def numbers(x):
    yield x
    yield x + 1


def program(x):
    made = numbers(x * 2)
    first = next(made)
    torch._dynamo.graph_break()
    second = next(made)
    return first, second


def make():
    return program, (torch.ones(2),)
