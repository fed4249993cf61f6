"""A deque with a bound is appended to at both ends."""

import collections

import torch


def program(x, held):
    held.append(4)
    first = held[0]
    held.appendleft(0)
    return x + first, held[-1], held.maxlen


def make():
    return program, (torch.ones(2), collections.deque([1, 2, 3], maxlen=3))
