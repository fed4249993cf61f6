"""A graph break inside a function that is called with a value on the stack."""

import torch


def inner(x):
    y = x + 1
    torch._dynamo.graph_break()
    return y * 2


def program(x, held):
    held.append(1)
    return [held, inner(x), inner(x + 1)], len(held)


def make():
    return program, (torch.ones(2), [])
