"""What a call with a break gives is stored in an attribute, an item and a global."""

import torch

LAST = None


def noisy(value):
    print("noise")
    return value


class Box:
    pass


def program(x, box, held):
    global LAST
    box.a = noisy(x + 1)
    held[noisy("k")] = noisy([box.a])
    LAST = noisy(held)
    return LAST is held


def make():
    return program, (torch.ones(2), Box(), {})
