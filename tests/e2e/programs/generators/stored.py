"""A half consumed generator is put into an object."""

import torch


class Box:
    pass


def program(x, box):
    box.rest = (i * 2 for i in range(4))
    box.first = x + next(box.rest)
    return box.first


def make():
    return program, (torch.ones(2), Box())
