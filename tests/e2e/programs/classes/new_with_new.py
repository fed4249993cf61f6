"""A class whose __new__ gives back the same instance."""

import torch


class Single:
    held = None

    def __new__(cls, *args):
        if cls.held is None:
            cls.held = super().__new__(cls)
            cls.held.count = 0
        return cls.held

    def __init__(self, *args):
        self.count += 1


def program(x):
    one, two = Single(), Single(1)
    return x + one.count, one is two, one


def make():
    return program, (torch.ones(2),)
