"""A deep copy of a nested argument."""

import copy

import torch


def program(x, held):
    new = copy.deepcopy(held)
    new["list"].append(x + 1)
    return new, len(held["list"])


def make():
    inner = [1, 2]
    return program, (torch.ones(2), {"list": inner, "again": inner})
