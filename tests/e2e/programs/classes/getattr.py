"""Attributes that are made up when they are missed."""

import torch


class Open:
    def __init__(self):
        self.there = 1

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return len(name)


def program(x, thing):
    return x + thing.there + thing.four, getattr(thing, "_none", "default"), hasattr(thing, "_x")


def make():
    return program, (torch.ones(2), Open())
