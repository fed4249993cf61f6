"""A comprehension is left by an exception half way, what it changed stays."""

import torch


def note(n, log):
    if n == 2:
        raise OverflowError(n)
    log.append(n)
    return n


def program(x, log):
    try:
        made = [note(n, log) for n in range(4)]
    except OverflowError as error:
        made = error.args
    return x + len(log), made


def make():
    return program, (torch.ones(2), [])
