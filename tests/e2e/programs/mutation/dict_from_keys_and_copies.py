"""Dicts made in every way, shallow copies and deep ones."""

import copy

import torch


def program(x, held):
    shallow = held.copy()
    other = dict(held, new=x + 1)
    keyed = dict.fromkeys("ab", [])
    again = copy.copy(held)
    held["list"].append(1)
    return shallow, other, keyed, again, shallow["list"] is held["list"]


def make():
    return program, (torch.ones(2), {"list": [], "n": 1})
