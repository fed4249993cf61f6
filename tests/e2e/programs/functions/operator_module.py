"""Getters of operator, builtins as values, and reduce."""

import functools
import operator

import torch


class Thing:
    value = 3


def program(x, held):
    third = operator.itemgetter(2)
    total = functools.reduce(operator.add, held, x)
    return total, third(held), operator.attrgetter("value")(Thing), operator.mul(x, 2), max, len


def make():
    return program, (torch.ones(2), [1, 2, 3])
