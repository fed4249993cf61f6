"""A property with a setter, read and set."""

import torch


class Cell:
    def __init__(self):
        self._value = 1

    @property
    def value(self):
        return self._value * 2

    @value.setter
    def value(self, new):
        self._value = new


def program(x, cell):
    cell.value = cell.value + 3
    cell.value += 1
    return x + cell.value


def make():
    return program, (torch.ones(2), Cell())
