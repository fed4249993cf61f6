"""A view of a dict shows what is changed after it was made."""

import torch


def program(x, held):
    keys, values, items = held.keys(), held.values(), held.items()
    held["c"] = x + 1
    return len(keys), "c" in keys, list(values)[:2], keys, len(items)


def make():
    return program, (torch.ones(2), {"a": 1, "b": 2})
