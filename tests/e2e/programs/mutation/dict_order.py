"""A key that is deleted and set again stands last."""

import torch


def program(x, held):
    value = held.pop("a")
    held["a"] = value
    last = held.popitem()
    held["first"] = x + 1
    return last


def make():
    return program, (torch.ones(2), {"a": 1, "b": 2})
