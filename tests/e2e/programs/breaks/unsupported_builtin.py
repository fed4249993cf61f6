"""Builtins that Dynamo does not trace: id, open files, sorting by a key that came in."""

import operator

import torch


def program(x, held, key):
    same = id(held) == id(held)
    ordered = sorted(held, key=key)
    held.sort(key=operator.neg)
    return x + ordered[0], same, ordered


def make():
    return program, (torch.ones(2), [3, 1, 2], abs)
