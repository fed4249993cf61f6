"""A deque with a bound drops what is first."""

import collections

import torch


def program(x, held):
    held.append(x + 1)
    held.appendleft(0)
    first = held.popleft()
    held.extend([7, 8])
    return first, len(held)


def make():
    return program, (torch.ones(2), collections.deque([1, 2, 3], maxlen=4))
