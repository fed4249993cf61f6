"""A deque without a bound is walked over and emptied from both ends."""

import collections

import torch


def program(x, held):
    total = 0
    while len(held) > 1:
        total = total + held.pop() * x
        held.popleft()
    held.extendleft([1, 2])
    return total


def make():
    return program, (torch.ones(2), collections.deque([1, 2, 3, 4, 5]))
