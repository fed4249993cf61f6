"""Shapes change from call to call: code is made again, then with a size that is a symbol."""

import torch


def program(x, log):
    log.append(x.shape[0])
    return x.sum() * x.shape[0], [x.shape[0]] * 2


def make():
    log = []
    return program, [(torch.ones(n), log) for n in (2, 3, 4, 5)]
