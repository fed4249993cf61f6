"""One code object in two functions with globals of their own."""

import types

import torch

SCALE = 2


def scaled(held):
    held.append(SCALE)
    return SCALE


OTHER = types.FunctionType(scaled.__code__, {"SCALE": 3})


def program(x, held):
    return x * scaled(held), x * OTHER(held)


def make():
    return program, (torch.ones(2), [])
