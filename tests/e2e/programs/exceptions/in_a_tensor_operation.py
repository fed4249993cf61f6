"""An operation on tensors of the wrong shapes raises at run time."""

import torch


def program(x, y, log):
    log.append(x + 1)
    return x @ y


def make():
    return program, (torch.ones(2, 3), torch.ones(2, 3), [])
