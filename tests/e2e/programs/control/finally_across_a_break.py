"""A graph break in the try of a finally, in a function that a compiled one calls."""

import torch


def guarded(y, log):
    try:
        log.append("try")
        print("break")
        y = y * 2
    finally:
        log.append("finally")
    return y


def program(x, log):
    return guarded(x + 1, log) + len(log)


def make():
    return program, (torch.ones(2), [])
