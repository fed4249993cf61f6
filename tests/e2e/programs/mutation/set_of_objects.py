"""A set of objects of the program's own loses and gains some."""

import torch


class Item:
    def __init__(self, n):
        self.n = n


def program(x, items, one):
    new = Item(x + 1)
    items.add(new)
    items.discard(one)
    items.add(one)
    return len(items), new in items, new


def make():
    one = Item(1)
    return program, (torch.ones(2), {one, Item(2)}, one)
