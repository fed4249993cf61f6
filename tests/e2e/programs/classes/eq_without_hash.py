"""Equality of the program's own decides membership and index."""

import torch


class Close:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return abs(self.n - other.n) <= 1


def program(x, held):
    wanted = Close(3)
    return x + held.index(wanted), wanted in held, held.count(wanted), [Close(1)] == [Close(2)]


def make():
    return program, (torch.ones(2), [Close(9), Close(4), Close(2)])
