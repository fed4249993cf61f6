"""takewhile, dropwhile, groupby, pairwise, starmap, zip_longest, repeat."""

import itertools

import torch


def program(x, held):
    taken = list(itertools.takewhile(lambda n: n < 3, held))
    dropped = list(itertools.dropwhile(lambda n: n < 3, held))
    groups = [(key, list(group)) for key, group in itertools.groupby(held, lambda n: n // 2)]
    longest = list(itertools.zip_longest(taken, dropped, fillvalue=0))
    products = list(itertools.starmap(lambda a, b: a * b, itertools.pairwise(held)))
    return x + sum(products), taken, dropped, groups, longest, list(itertools.repeat(1, 3))


def make():
    return program, (torch.ones(2), [1, 2, 3, 4])
