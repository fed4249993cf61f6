"""A global is another one in each call."""

import torch

SCALE = 1
TABLE = {"n": 1}


def change():
    global SCALE
    SCALE += 1.5
    TABLE["n"] = [TABLE["n"]]


def program(x, changes):
    if changes:
        torch._dynamo.disable(change)()
    return x * SCALE, TABLE["n"]


def make():
    x = torch.ones(2)
    return program, [(x, False), (x, True), (x, False)]
