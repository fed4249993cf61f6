"""A Counter is updated, subtracted from and added."""

import collections

import torch


def program(x, counts):
    counts.update("abb")
    counts.subtract({"a": 5})
    new = collections.Counter("xyx")
    return x + counts["b"], counts.most_common(1), new, sum(new.values())


def make():
    return program, (torch.ones(2), collections.Counter("ab"))
