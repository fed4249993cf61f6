"""Functions that came in over one cell are called, and the cell is read after."""

import torch


def make():
    total = torch.zeros(2)

    def add(y):
        nonlocal total
        total = total + y

    def program(x, put):
        put(x)
        put(x * 2)
        return x

    return program, (torch.ones(2), add), lambda: total
