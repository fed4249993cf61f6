"""The union of two dicts, in place and new."""

import torch


def program(x, one, other):
    new = one | other
    one |= {"x": x + 1}
    new["one"] = one
    return new


def make():
    return program, (torch.ones(2), {"a": 1}, {"a": 2, "b": 3})
