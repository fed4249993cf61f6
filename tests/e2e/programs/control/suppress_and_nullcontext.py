"""Managers of contextlib."""

import contextlib

import torch


def program(x, log):
    with contextlib.suppress(KeyError):
        log.append(1)
        raise KeyError("gone")
    with contextlib.nullcontext(5) as five:
        log.append(five)
    return x + five


def make():
    return program, (torch.ones(2), [])
