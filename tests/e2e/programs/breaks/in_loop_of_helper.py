"""A helper that breaks the graph is called in a loop."""

import torch


def noisy(x, n):
    print(n)
    return x + n


def program(x):
    results = []
    for n in range(3):
        results.append(noisy(x, n))
    return results


def make():
    return program, (torch.ones(2),)
