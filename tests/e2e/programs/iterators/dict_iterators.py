"""The views of a dict, walked over and given back."""

import torch


def program(x, held):
    for key, value in held.items():
        x = x + len(key) * value
    keys = held.keys()
    return x, sorted(keys), keys, list(reversed(held))


def make():
    return program, (torch.ones(2), {"a": 1, "bb": 2})
