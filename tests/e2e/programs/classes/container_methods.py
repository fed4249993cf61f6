"""A class that is a container: length, items, membership, calls."""

import torch


class Bag:
    def __init__(self):
        self.held = {}

    def __len__(self):
        return len(self.held)

    def __getitem__(self, key):
        return self.held[key]

    def __setitem__(self, key, value):
        self.held[key] = value

    def __delitem__(self, key):
        del self.held[key]

    def __contains__(self, key):
        return key in self.held

    def __call__(self, value):
        self["called"] = value
        return value


def program(x, bag):
    bag["a"] = x + 1
    bag["b"] = 2
    del bag["b"]
    return bag(x * 3), len(bag), "a" in bag, "b" in bag


def make():
    return program, (torch.ones(2), Bag())
