"""A class that notes what is set on it."""

import torch


class Noting:
    def __init__(self):
        object.__setattr__(self, "log", [])

    def __setattr__(self, name, value):
        self.log.append(name)
        object.__setattr__(self, name, value)


def program(x, thing):
    thing.a = x + 1
    thing.b = 2
    return thing.a


def make():
    return program, (torch.ones(2), Noting())
