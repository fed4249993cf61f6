"""A Counter counts, and is asked for what is most common."""

import collections

import torch


def program(x, counts):
    for letter in "abca":
        counts[letter] += 1
    return x + counts["a"], counts["missing"]


def make():
    return program, (torch.ones(2), collections.Counter("ab"))
