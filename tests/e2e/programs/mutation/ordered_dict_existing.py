"""An existing OrderedDict gets keys and loses some."""

import collections

import torch


def program(x, held):
    held["new"] = x + 1
    del held["a"]
    held["a"] = 1
    return held


def make():
    return program, (torch.ones(2), collections.OrderedDict(a=0, b=1))
