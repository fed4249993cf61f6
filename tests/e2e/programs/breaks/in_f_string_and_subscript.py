"""A break inside a formatted string, a subscript and a dict display."""

import torch


def noisy(value):
    print("noise")
    return value


def program(x, held):
    y = x + 1
    text = f"{len(held)}-{noisy('a')!r:>5}"
    return text, held[noisy(1)], {"y": y, noisy("k"): noisy(y)}, (noisy(1) < 2 < noisy(3))


def make():
    return program, (torch.ones(2), [1, 2])
