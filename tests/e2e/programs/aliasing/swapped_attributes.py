"""Two attributes of an existing object are swapped."""

import torch


class Pair:
    def __init__(self, left, right):
        self.left, self.right = left, right


def program(x, pair):
    pair.left, pair.right = pair.right, pair.left
    return x + 1, pair


def make():
    return program, (torch.ones(2), Pair([1], [2]))
