"""A global is bound to an argument, and to what is new."""

import torch

LAST = None
NEWEST = None


def program(x, held):
    global LAST, NEWEST
    LAST = held
    NEWEST = [x + 1]
    return NEWEST


def make():
    return program, (torch.ones(2), {"a": 1})
