"""A named tuple is made, changed by _replace, and taken apart."""

import collections

import torch

Point = collections.namedtuple("Point", "x y")


def program(x, point):
    new = Point(x + 1, point)
    a, b = new
    return new, new._replace(y=0), new.y.x, b is point


def make():
    return program, (torch.ones(2), Point(1, [2]))
