"""A print breaks the graph: what is printed is printed."""

import torch


def program(x, held):
    y = x + 1
    held.append(y)
    print("held", len(held))
    return y * 2, held


def make():
    return program, (torch.ones(2), [])
