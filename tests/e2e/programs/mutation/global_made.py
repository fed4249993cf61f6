"""A global that was not there is bound."""

import torch


def note(x):
    global MADE
    MADE = [x]
    return x + 1


def program(x):
    return note(x * 2)


def make():
    return program, [(torch.ones(2),), (torch.ones(2),)]
