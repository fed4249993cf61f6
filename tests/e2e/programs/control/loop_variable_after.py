"""What a loop leaves in its variables, and what an empty one does not."""

import torch


def last(held):
    n = -1
    for n in held:
        pass
    return n


def unbound(held):
    try:
        for m in held:
            pass
        return m
    except UnboundLocalError as error:
        return type(error).__name__


def program(x, held):
    y = x + last(held)
    torch._dynamo.graph_break()
    return y, unbound([]), unbound([1])


def make():
    return program, (torch.ones(2), [1, 2])
