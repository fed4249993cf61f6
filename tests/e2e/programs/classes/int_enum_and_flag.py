"""Numbers that are members: arithmetic and flags."""

import enum

import torch


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5


class Right(enum.Flag):
    READ = 1
    WRITE = 2


def program(x, level, right):
    return x + level, level + 1, level, right, Level.HIGH > level


def make():
    return program, (torch.ones(2), Level.LOW, Right.READ)
