"""A new deque with a bound."""

import collections

import torch


def program(x, held):
    new = collections.deque(held, maxlen=2)
    new.append(x + 1)
    new.rotate(1)
    return new, new.maxlen, list(new)[0]


def make():
    return program, (torch.ones(2), [1, 2, 3])
