"""A break inside a property, an operator and an item of the program's own."""

import torch


class Loud:
    def __init__(self, n):
        self.n = n

    @property
    def value(self):
        print("value")
        return self.n

    def __add__(self, other):
        print("add")
        return Loud(self.n + other)

    def __getitem__(self, key):
        print("item")
        return self.n * key


def program(x, loud):
    return x * 2 + loud.value


def operators(x, loud):
    total = loud + 1
    return x + loud[3], total


def make():
    loud = Loud(1)

    def both(x):
        return program(x, loud), operators(program(x, loud), loud)

    return both, (torch.ones(2),)
