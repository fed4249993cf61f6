"""A list inside of a tuple inside of an object."""

import torch


class Holder:
    def __init__(self, pair):
        self.pair = pair


def program(x, holder):
    name, held = holder.pair
    held += [x + 1]
    holder.pair = (name + "!", held)
    return holder.pair[1] is held


def make():
    return program, (torch.ones(2), Holder(("name", [])))
