"""Bound methods are stored, called and given back."""

import torch


class Adder:
    def __init__(self, n):
        self.n = n

    def add(self, x):
        return x + self.n


def program(x, adder, table):
    table["add"] = adder.add
    new = Adder(5)
    table["new"] = new.add
    return table["add"](x), new.add


def make():
    return program, (torch.ones(2), Adder(1), {})
