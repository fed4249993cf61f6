"""A cell is changed before and after a graph break."""

import torch


def program(x):
    value = x + 1

    def add(n):
        nonlocal value
        value = value + n

    add(1)
    torch._dynamo.graph_break()
    add(2)
    return value, add


def make():
    return program, (torch.ones(2),)
