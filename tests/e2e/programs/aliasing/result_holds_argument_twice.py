"""A new dict holds the same argument under two keys."""

import torch


def program(x, held):
    y = x.sum()
    return {"a": held, "b": held, "y": y, "z": [y]}


def make():
    return program, (torch.arange(4.0), {"k": 1})
