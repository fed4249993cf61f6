"""Every method of a dict that changes it."""

import torch


def program(x, held):
    held["new"] = x + 1
    held.update(a=10, z=26)
    gone = held.pop("b")
    missing = held.pop("none", 0)
    found = held.setdefault("c", []), held.setdefault("d", [])
    del held["a"]
    return gone, missing, found, list(held)


def make():
    return program, (torch.ones(2), {"a": 1, "b": 2, "c": 3})
