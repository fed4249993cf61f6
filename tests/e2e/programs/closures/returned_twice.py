"""Two calls of one maker give two functions with cells of their own."""

import torch


def counter(start):
    n = start

    def step():
        nonlocal n
        n = n + 1
        return n

    return step


def program(x):
    one, two = counter(0), counter(x)
    one()
    two()
    return one, two, one(), two()


def make():
    return program, (torch.ones(2),)
