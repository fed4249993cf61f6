"""Mappings of the library that are written in Python."""

import collections

import torch


def program(x, layers):
    layers["new"] = x + 1
    found = layers["b"]
    child = layers.new_child({"a": "child"})
    return found, child["a"], len(layers), layers.maps[0]


def make():
    return program, (torch.ones(2), collections.ChainMap({"a": 1}, {"b": 2}))
