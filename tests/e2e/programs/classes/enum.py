"""Members of an enumeration are compared, stored and given back."""

import enum

import torch


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = "slow"

    def flipped(self):
        return Mode.SLOW if self is Mode.FAST else Mode.FAST


def program(x, mode, log):
    log.append(mode.flipped())
    if mode is Mode.FAST:
        x = x + 1
    return x, mode, Mode.SLOW, mode.value


def make():
    return program, [(torch.ones(2), Mode.FAST, []), (torch.ones(2), Mode.SLOW, [])]
