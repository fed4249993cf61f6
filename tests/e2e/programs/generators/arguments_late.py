"""A generator looks at a list when it is asked, not when it is made."""

import torch


def program(x, held):
    late = (x + each for each in held)
    held.append(5)
    first = next(late)
    held.append(6)
    return first, list(late)


def make():
    return program, (torch.ones(2), [1])
