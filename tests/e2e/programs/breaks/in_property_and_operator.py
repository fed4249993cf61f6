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
    y = x * 2
    total = loud + 1
    return y + total.value + loud[3], total


def make():
    return program, (torch.ones(2), Loud(1))
