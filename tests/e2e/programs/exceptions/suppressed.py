"""An exception is raised from None, after a call that is compiled."""

import torch


def step(x, log):
    log.append(x + 1)


def program(x, log):
    step(x, log)
    try:
        raise KeyError("first")
    except KeyError:
        raise ValueError("second") from None


def make():
    return program, (torch.ones(2), [])
