"""A generator as a context manager."""

import contextlib

import torch


@contextlib.contextmanager
def noted(log, name):
    log.append(("enter", name))
    try:
        yield name.upper()
    finally:
        log.append(("exit", name))


def program(x, log):
    with noted(log, "a") as a, noted(log, "b") as b:
        log.append(x + 1)
    return a + b


def make():
    return program, (torch.ones(2), [])
