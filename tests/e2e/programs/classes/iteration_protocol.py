"""A class that is its own iterator, left half way."""

import torch


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


def program(x, down):
    for n in down:
        x = x + n
        if n == 2:
            break
    return x, list(Countdown(3))


def make():
    return program, (torch.ones(2), Countdown(5))
