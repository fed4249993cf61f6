"""An exception with arguments comes out of the compiled function at its second call."""

import torch


def program(x, log):
    log.append(x.shape[0])
    y = x + 1
    if x.shape[0] == 3:
        raise ValueError("three", y.shape)
    return y


def make():
    log = []
    return program, [(torch.ones(2), log), (torch.ones(3), log)]
