"""Three functions in each other, the innermost binds a variable of the outermost."""

import torch


def program(x):
    total = x

    def middle(n):
        factor = n * 2

        def low():
            nonlocal total, factor
            total = total + factor
            factor += 1
            return factor

        return low

    low = middle(1)
    return low(), low(), total, low


def make():
    return program, (torch.ones(2),)
