"""Functions come in, and are called and compared."""

import torch


def double(x):
    return x * 2


def program(x, function, table):
    table[function] = function(x)
    return function is double, function, table[double]


def make():
    return program, [(torch.ones(2), double, {}), (torch.ones(2), abs, {double: 1})]
