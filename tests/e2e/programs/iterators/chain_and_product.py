"""Iterators of itertools that are walked over to the end."""

import itertools

import torch


def program(x, a, b):
    for each in itertools.chain(a, b):
        x = x + each
    pairs = list(itertools.product(a, b))
    return x, pairs, list(itertools.combinations(a, 2)), list(itertools.accumulate(b))


def make():
    return program, (torch.ones(2), [1, 2], [3, 4])
