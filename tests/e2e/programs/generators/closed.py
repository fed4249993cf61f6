"""A generator is closed, and its finally runs."""

import torch


def held(x, log):
    try:
        yield x + 1
        yield x + 2
    finally:
        log.append("closed")


def program(x, log):
    made = held(x, log)
    y = next(made)
    made.close()
    return y, log


def make():
    return program, (torch.ones(2), [])
