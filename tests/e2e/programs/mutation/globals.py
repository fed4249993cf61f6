"""Globals are bound anew and counted up."""

import torch

COUNT = 0
MADE = None
HELD = {"a": 1}


def program(x):
    global COUNT, MADE
    COUNT += 1
    MADE = [x + COUNT]
    HELD["b"] = MADE
    return MADE


def make():
    return program, [(torch.ones(2),), (torch.ones(2),)]
