"""An exception that came in is raised, caught and given back: the same object."""

import torch


def program(x, error):
    try:
        raise error
    except Exception as caught:
        return x + 1, caught is error, caught, caught.__cause__


def make():
    error = LookupError("made before")
    error.__cause__ = KeyError("why")
    return program, (torch.ones(2), error)
