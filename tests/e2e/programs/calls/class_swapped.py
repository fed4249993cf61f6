"""The class of an object changes between the calls."""

import torch


class Plus:
    def apply(self, x):
        return x + 1


class Times:
    def apply(self, x):
        return x * 5


def program(x, thing):
    y = thing.apply(x)
    thing.__class__ = Times
    return y


def make():
    thing = Plus()
    return program, [(torch.ones(2), thing)] * 2
