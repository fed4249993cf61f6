"""List, dict and set comprehensions, nested and with conditions."""

import torch


def program(x, held):
    table = {n: [x * n for _ in range(n)] for n in held if n % 2}
    pairs = [(a, b) for a in held for b in "xy" if a > 1]
    return table, pairs, {n % 2 for n in held}, [[n for n in range(m)] for m in held]


def make():
    return program, (torch.ones(2), [1, 2, 3])
