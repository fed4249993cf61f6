"""The dict of an object is read, updated and cleared."""

import torch


class Bag:
    pass


def program(x, bag):
    bag.__dict__.update(a=x + 1, b=2)
    vars(bag)["c"] = 3
    names = list(vars(bag))
    del bag.b
    return names, bag.__dict__, bag.a


def make():
    bag = Bag()
    bag.z = 0
    return program, (torch.ones(2), bag)
