"""The defaults of a function change between the calls."""

import torch


def scaled(x, n=2, *, bias=0):
    return x * n + bias


def change():
    scaled.__defaults__ = (5,)
    scaled.__kwdefaults__ = {"bias": 1}


def program(x, changes):
    if changes:
        torch._dynamo.disable(change)()
    return scaled(x)


def make():
    return program, [(torch.ones(2), False), (torch.ones(2), True), (torch.ones(2), False)]
