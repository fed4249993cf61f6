"""A generator is made and comes back unstarted."""

import torch


def steps(x):
    yield x
    yield x + 1


def program(x):
    y = x * 2
    return y, steps(y)


def make():
    return program, (torch.ones(2),)
