"""A caught exception is raised again with a bare raise, after a call that is compiled."""

import torch


def step(x, log):
    log.append(x + 1)


def program(x, log):
    try:
        step(x, log)
        raise RuntimeError("again")
    except RuntimeError:
        log.append("seen")
        raise


def make():
    return program, (torch.ones(2), [])
