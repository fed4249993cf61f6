"""An ExitStack of managers and callbacks, around what is compiled."""

import contextlib

import torch


def double(x):
    return x * 2


def program(x, log):
    with contextlib.ExitStack() as stack:
        stack.callback(log.append, "last")
        stack.enter_context(torch.no_grad())
        stack.callback(log.append, "first")
        y = double(x)
    return y, y.requires_grad


def make():
    return program, (torch.ones(2, requires_grad=True), [])
