"""Integers and floats that become symbols."""

import torch


def program(x, n, f):
    return x * n + f, n + 1, f * 2, [n, f], n // 2


def make():
    return program, [(torch.ones(2), n, n / 4) for n in (1, 2, 3, 7)]
