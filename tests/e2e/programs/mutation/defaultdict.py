"""A missing key of a defaultdict makes its entry."""

import collections

import torch


def program(x, groups):
    groups["a"].append(x + 1)
    groups["b"].append(2)
    return groups["a"]


def make():
    return program, (torch.ones(2), collections.defaultdict(list, a=[0]))
