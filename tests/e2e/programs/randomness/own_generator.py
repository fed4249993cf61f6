"""A random.Random of the program's own, as an argument."""

import random

import torch


def program(x, source):
    return x * source.random(), source.randint(0, 9)


def make():
    return program, (torch.ones(2), random.Random(3))
