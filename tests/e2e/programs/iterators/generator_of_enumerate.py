"""Two iterators over one list, one of them inside of an enumerate."""

import torch


def program(x, held):
    plain = iter(held)
    numbered = enumerate(plain, 1)
    a = next(numbered)
    b = next(plain)
    c = next(numbered)
    return x + b, a, c


def make():
    return program, (torch.ones(2), [5, 6, 7, 8])
