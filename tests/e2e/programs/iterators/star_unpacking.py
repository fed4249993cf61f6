"""Iterables are taken apart with a star, in calls and in targets."""

import torch


def total(*args, **named):
    return sum(args) + named.get("bias", 0)


def program(x, held):
    first, *middle, last = held
    (a, b), c = (first, last), middle
    return total(x, *held, bias=a), middle, [*c, b], {**{"k": last}}


def make():
    return program, (torch.ones(2), [1, 2, 3, 4])
