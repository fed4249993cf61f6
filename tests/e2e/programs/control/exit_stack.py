"""An ExitStack of managers and callbacks."""

import contextlib

import torch


def program(x, log):
    with contextlib.ExitStack() as stack:
        stack.callback(log.append, "last")
        stack.enter_context(torch.no_grad())
        stack.callback(log.append, "first")
        y = x * 2
    return y, y.requires_grad


def make():
    return program, (torch.ones(2, requires_grad=True), [])
