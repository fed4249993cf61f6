"""Every method of a list that changes it."""

import torch


def program(x, held):
    held.append(x + 1)
    held.extend([4, 5])
    held.insert(0, "first")
    held.remove(2)
    last = held.pop()
    held.reverse()
    held[1:2] = [7, 8]
    return last, held.index(7)


def make():
    return program, (torch.ones(2), [1, 2, 3])
